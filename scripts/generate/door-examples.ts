import type { Protocol } from '#platform/ai';

/** Values of a field by a short name; the generator tries each. */
export type Examples = Readonly<Record<string, unknown>>;

const TEXT = 'Hello.';
const TAGS: Examples = { pairs: { team: 'search' } };
const PNG = 'iVBORw0KGgo=';
const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const DATA_URL = `data:image/png;base64,${PNG}`;
const URL_OF_PICTURE = 'https://example.com/a.png';

const user = (...content: readonly object[]) => [{ role: 'user', content }];
const assistant = (message: object, ...more: readonly object[]) => [
  { role: 'user', content: TEXT },
  { role: 'assistant', ...message },
  ...more,
];
const chatCall = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const chatTool = { type: 'function', function: { name: 'f', parameters: SCHEMA } };
const asked = { type: 'message', role: 'user', content: TEXT };
const jsonSchema = { name: 'answer', schema: SCHEMA, strict: true };

const CHAT: Readonly<Record<string, Examples>> = {
  messages: {
    texts: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: TEXT },
    ],
    'pictures as data': user({ type: 'image_url', image_url: { url: DATA_URL } }),
    'pictures by URL': user({ type: 'image_url', image_url: { url: URL_OF_PICTURE } }),
    'calls of tools and results': assistant(
      { content: null, tool_calls: [chatCall] },
      { role: 'tool', tool_call_id: 'c', content: TEXT },
    ),
    'a system message in the midst': assistant({ content: TEXT }, { role: 'system', content: TEXT }),
    'a `name`': [{ role: 'user', name: 'ann', content: TEXT }],
    files: user({ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE' } }),
    'stored files': user({ type: 'file', file: { file_id: 'f' } }),
    sounds: user({ type: 'input_audio', input_audio: { data: PNG, format: 'wav' } }),
  },
  temperature: { '0.5': 0.5 },
  top_p: { '0.5': 0.5 },
  stop: { texts: ['END'] },
  seed: { '7': 7 },
  presence_penalty: { '0': 0, others: 0.5 },
  frequency_penalty: { '0': 0, others: 0.5 },
  logit_bias: { pairs: { '50256': -100 } },
  logprobs: { false: false, true: true },
  top_logprobs: { '2': 2 },
  response_format: {
    text: { type: 'text' },
    json_object: { type: 'json_object' },
    json_schema: { type: 'json_schema', json_schema: jsonSchema },
  },
  tools: {
    functions: [chatTool],
    'custom tools': [{ type: 'custom', custom: { name: 'f' } }],
    'tools of the vendor': [{ type: 'web_search' }],
  },
  tool_choice: {
    '"auto"': 'auto',
    '"none"': 'none',
    '"required"': 'required',
    'a name': { type: 'function', function: { name: 'f' } },
  },
  parallel_tool_calls: { true: true, false: false },
  functions: { functions: [{ name: 'f', parameters: SCHEMA }] },
  function_call: { '"auto"': 'auto' },
  reasoning_effort: {
    '"none"': 'none',
    '"minimal"': 'minimal',
    '"low" to "high"': 'low',
    '"xhigh"': 'xhigh',
  },
  verbosity: { '"medium"': 'medium', others: 'low' },
  user: { 'a text': 'u' },
  prompt_cache_key: { 'a text': 'k' },
  metadata: TAGS,
  max_tokens: { '9': 9 },
  max_completion_tokens: { '9': 9 },
  safety_identifier: { 'a text': 's' },
  store: { true: true },
  stream: { true: true },
  stream_options: { include_usage: { include_usage: true } },
  n: { '1': 1, more: 2 },
  service_tier: { '"auto"': 'auto', others: 'flex' },
};

const RESPONSES: typeof CHAT = {
  input: {
    'a text': TEXT,
    messages: [asked],
    'pictures as data': [{ ...asked, content: [{ type: 'input_image', image_url: DATA_URL }] }],
    'calls of functions and results': [
      asked,
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: TEXT },
    ],
    'pictures in results': [
      asked,
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: DATA_URL }] },
    ],
    'sealed reasoning': [asked, { type: 'reasoning', id: 'r', summary: [], encrypted_content: 'x' }],
    'calls of custom tools': [asked, { type: 'custom_tool_call', call_id: 'c', name: 'f', input: TEXT }],
    '`item_reference`': [asked, { type: 'item_reference', id: 'i' }],
    'stored files': [{ ...asked, content: [{ type: 'input_file', file_id: 'f' }] }],
    files: [{ ...asked, content: [{ type: 'input_file', file_data: PNG }] }],
  },
  instructions: { 'a text': TEXT },
  tools: {
    functions: [{ type: 'function', name: 'f', parameters: SCHEMA, strict: true }],
    namespaces: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] }],
    'custom tools': [{ type: 'custom', name: 'f' }],
    '`local_shell`, `apply_patch`': [{ type: 'local_shell' }],
    'tools of the vendor': [{ type: 'web_search' }],
  },
  tool_choice: {
    '"auto"': 'auto',
    'a name': { type: 'function', name: 'f' },
    others: { type: 'custom', name: 'f' },
  },
  parallel_tool_calls: { true: true, false: false },
  max_tool_calls: { '3': 3 },
  text: {
    json_schema: { format: { type: 'json_schema', ...jsonSchema } },
    verbosity: { verbosity: 'low' },
  },
  reasoning: { effort: { effort: 'low' }, summary: { summary: 'auto' } },
  temperature: { '0.5': 0.5 },
  top_p: { '0.5': 0.5 },
  top_logprobs: { '0': 0, more: 2 },
  truncation: { '"disabled"': 'disabled', '"auto"': 'auto' },
  include: {
    'reasoning.encrypted_content': ['reasoning.encrypted_content'],
    'message.input_image.image_url': ['message.input_image.image_url'],
    'message.output_text.logprobs': ['message.output_text.logprobs'],
    others: ['file_search_call.results'],
  },
  user: { 'a text': 'u' },
  prompt_cache_key: { 'a text': 'k' },
  stream_options: { include_obfuscation: { include_obfuscation: false } },
  max_output_tokens: { '9': 9 },
  metadata: TAGS,
  client_metadata: { pairs: { turn_id: 't' } },
  safety_identifier: { 'a text': 's' },
  store: { false: false, true: true },
  stream: { true: true },
  service_tier: { '"auto"': 'auto', others: 'flex' },
  background: { false: false, true: true },
};

const block = (content: object) => [{ role: 'user', content: [content] }];
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
const document = (source: object) => block({ type: 'document', source });
const result = { type: 'tool_result', tool_use_id: 'c', content: TEXT };
const called = (answer: object) => [
  { role: 'user', content: TEXT },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
  { role: 'user', content: [answer] },
];

const MESSAGES: typeof CHAT = {
  messages: {
    texts: [{ role: 'user', content: TEXT }],
    'pictures as data': block(image),
    'pictures by URL': block({ type: 'image', source: { type: 'url', url: URL_OF_PICTURE } }),
    'calls of tools and results': called(result),
    'results with `is_error`': called({ ...result, is_error: true }),
    'results with pictures': called({ ...result, content: [image] }),
    'documents in words': document({ type: 'text', media_type: 'text/plain', data: TEXT }),
    'documents of pages': document({ type: 'base64', media_type: 'application/pdf', data: 'JVBE' }),
    'thoughts of earlier turns': [
      { role: 'user', content: TEXT },
      { role: 'assistant', content: [{ type: 'thinking', thinking: TEXT, signature: 's' }] },
    ],
    'stored files': document({ type: 'file', file_id: 'f' }),
  },
  system: {
    'a text': TEXT,
    'texts with `cache_control`': [{ type: 'text', text: TEXT, cache_control: { type: 'ephemeral' } }],
  },
  max_tokens: { '9': 9 },
  metadata: { user_id: { user_id: 'u' } },
  stream: { true: true },
  temperature: { '0.5': 0.5 },
  top_p: { '0.5': 0.5 },
  top_k: { '5': 5 },
  stop_sequences: { 'up to four': ['END'], more: ['1', '2', '3', '4', '5'] },
  tools: {
    'tools of your own': [{ name: 'f', input_schema: SCHEMA }],
    'tools of the vendor': [{ type: 'web_search_20250305', name: 'web_search' }],
  },
  tool_choice: {
    auto: { type: 'auto' },
    any: { type: 'any' },
    none: { type: 'none' },
    'a name': { type: 'tool', name: 'f' },
    disable_parallel_tool_use: { type: 'auto', disable_parallel_tool_use: true },
  },
  thinking: {
    disabled: { type: 'disabled' },
    adaptive: { type: 'adaptive' },
    'a budget': { type: 'enabled', budget_tokens: 1_024 },
  },
  output_config: {
    'effort up to `high`': { effort: 'low' },
    'a higher effort': { effort: 'max' },
    format: { format: { type: 'json_schema', schema: SCHEMA } },
  },
  context_management: {
    clear_thinking: { edits: [{ type: 'clear_thinking_20251015' }] },
    clear_tool_uses: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    others: { edits: [{ type: 'compact_20260112' }] },
  },
  cache_control: { ephemeral: { type: 'ephemeral' } },
  service_tier: { '"auto"': 'auto', '"standard_only"': 'standard_only' },
};

const parts = (...values: readonly object[]) => [{ role: 'user', parts: values }];
const answered = (...values: readonly object[]) => [
  ...parts({ text: TEXT }),
  { role: 'model', parts: values },
];
const calls = { functionCall: { name: 'f', args: {} } };
const functions = [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: SCHEMA }] }];
const mode = (config: object) => ({ functionCallingConfig: config });

const GEMINI: typeof CHAT = {
  contents: {
    texts: parts({ text: TEXT }),
    'pictures as data': parts({ inlineData: { mimeType: 'image/png', data: PNG } }),
    'calls of functions and results': [
      ...answered(calls),
      ...parts({ functionResponse: { name: 'f', response: { output: TEXT } } }),
    ],
    'thoughts of earlier turns': answered({ ...calls, thoughtSignature: 's' }),
    documents: parts({ inlineData: { mimeType: 'application/pdf', data: 'JVBE' } }),
    'sounds, films': parts({ inlineData: { mimeType: 'audio/wav', data: PNG } }),
    fileData: parts({ fileData: { fileUri: URL_OF_PICTURE } }),
  },
  systemInstruction: { texts: { parts: [{ text: TEXT }] } },
  tools: { functions, 'tools of the vendor': [{ googleSearch: {} }] },
  toolConfig: {
    AUTO: mode({ mode: 'AUTO' }),
    NONE: mode({ mode: 'NONE' }),
    'ANY with one name': mode({ mode: 'ANY', allowedFunctionNames: ['f'] }),
    'ANY with several': mode({ mode: 'ANY', allowedFunctionNames: ['f', 'g'] }),
    VALIDATED: mode({ mode: 'VALIDATED' }),
    others: { retrievalConfig: {} },
  },
  safetySettings: {
    'BLOCK_NONE, OFF': [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
    others: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
  },
  generationConfig: { '{}': {} },
  model: { 'a name': 'models/m' },
  labels: TAGS,
  store: { true: true },
  serviceTier: { standard: 'standard', 'flex, priority': 'flex' },
  'generationConfig.temperature': { '0.5': 0.5 },
  'generationConfig.topP': { '0.5': 0.5 },
  'generationConfig.topK': { '5': 5 },
  'generationConfig.stopSequences': { 'up to four': ['END'], more: ['1', '2', '3', '4', '5'] },
  'generationConfig.seed': { '7': 7 },
  'generationConfig.presencePenalty': { '0.5': 0.5 },
  'generationConfig.frequencyPenalty': { '0.5': 0.5 },
  'generationConfig.responseLogprobs': { false: false, true: true },
  'generationConfig.logprobs': { '2': 2 },
  'generationConfig.responseMimeType': {
    'text/plain': 'text/plain',
    'application/json': 'application/json',
    'text/x.enum': 'text/x.enum',
  },
  'generationConfig.responseSchema': {
    'a schema': { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
  },
  'generationConfig.responseJsonSchema': { 'a schema': SCHEMA },
  'generationConfig.thinkingConfig': {
    'a level': { thinkingLevel: 'LOW' },
    'a budget': { thinkingBudget: 1_024 },
    includeThoughts: { includeThoughts: true },
  },
  'generationConfig.enableEnhancedCivicAnswers': { true: true },
  'generationConfig.responseModalities': { TEXT: ['TEXT'], others: ['IMAGE'] },
  'generationConfig.candidateCount': { '1': 1, more: 2 },
  'generationConfig.maxOutputTokens': { '9': 9 },
};

/** Values of every field that a door takes; a field that it never takes needs none. */
export const EXAMPLES: Readonly<Record<Protocol, typeof CHAT>> = {
  chat: CHAT,
  responses: RESPONSES,
  messages: MESSAGES,
  gemini: GEMINI,
  embeddings: {
    input: { 'a text': TEXT, texts: [TEXT, TEXT], 'lists of tokens': [[1, 2]] },
    dimensions: { '256': 256 },
    encoding_format: { float: 'float', base64: 'base64' },
    user: { 'a text': 'u' },
    metadata: TAGS,
  },
  moderations: {
    input: { 'a text': TEXT, 'texts and pictures': [{ type: 'text', text: TEXT }] },
    metadata: TAGS,
  },
  images: {
    prompt: { 'a text': TEXT },
    n: { '2': 2 },
    quality: { low: 'low' },
    size: { '1024x1024': '1024x1024' },
    background: { opaque: 'opaque' },
    output_compression: { '80': 80 },
    output_format: { png: 'png' },
    response_format: { b64_json: 'b64_json' },
    style: { vivid: 'vivid' },
    user: { 'a text': 'u' },
    metadata: TAGS,
    stream: { false: false, true: true },
  },
  speech: {
    input: { 'a text': TEXT },
    voice: { alloy: 'alloy' },
    instructions: { 'a text': TEXT },
    response_format: { mp3: 'mp3' },
    speed: { '1': 1 },
    metadata: TAGS,
    stream_format: { audio: 'audio', sse: 'sse' },
  },
  transcriptions: {
    file: { 'a file': 'RIFF' },
    language: { en: 'en' },
    languages: { texts: ['en'] },
    prompt: { 'a text': TEXT },
    keywords: { texts: [TEXT] },
    response_format: { json: 'json', 'text, srt, vtt': 'text', verbose_json: 'verbose_json' },
    temperature: { '0': '0' },
    timestamp_granularities: { texts: ['word'] },
    include: { logprobs: ['logprobs'] },
    stream: { false: 'false', true: 'true' },
  },
  embedContent: {
    content: {
      'a text': { parts: [{ text: TEXT }] },
      'several texts': { parts: [{ text: TEXT }, { text: TEXT }] },
      pictures: { parts: [{ inlineData: { mimeType: 'image/png', data: PNG } }] },
    },
    taskType: { TASK_TYPE_UNSPECIFIED: 'TASK_TYPE_UNSPECIFIED', others: 'RETRIEVAL_QUERY' },
    title: { 'a text': TEXT },
    outputDimensionality: { '256': 256 },
  },
  batchEmbedContents: {
    requests: {
      texts: [{ model: 'models/m', content: { parts: [{ text: TEXT }] } }],
      'with a task or a title': [
        { model: 'models/m', content: { parts: [{ text: TEXT }] }, taskType: 'RETRIEVAL_QUERY' },
      ],
    },
  },
};
