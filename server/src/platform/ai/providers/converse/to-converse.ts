import { isRecord, jsonIn } from '#platform/kernel';
import { refuseLost } from '../../endpoint/fields.ts';
import { invalid } from '../../wire.ts';
import type { Fields } from '../translation.ts';

/** Fields that no answer depends on. Their place is the path, or they say to OpenAI who asks and what it may keep. */
const SILENT = new Set([
  'messages',
  'metadata',
  'model',
  'prompt_cache_key',
  'safety_identifier',
  'store',
  'stream',
  'stream_options',
  'tool_choice',
  'tools',
  'user',
]);
/** Values that ask for what a model does anyway. */
const PLAIN: Readonly<Record<string, unknown>> = {
  frequency_penalty: 0,
  logprobs: false,
  n: 1,
  parallel_tool_calls: true,
  presence_penalty: 0,
  service_tier: 'auto',
  verbosity: 'medium',
};
const INFERENCE: Readonly<Record<string, string>> = {
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  temperature: 'temperature',
  top_p: 'topP',
};
const EFFORTS = new Set<unknown>(['low', 'medium', 'high', 'xhigh']);

/** A chat request as a request of Converse (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export function toConverse(chat: Fields): Fields {
  const inference: Record<string, unknown> = {};
  const output: Record<string, unknown> = {};
  const more: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(chat)) {
    if (!isSet(value) || SILENT.has(field) || PLAIN[field] === value) continue;
    const name = INFERENCE[field];
    if (name !== undefined) inference[name] = value;
    else if (field === 'stop') inference['stopSequences'] = Array.isArray(value) ? value : [value];
    else if (field === 'reasoning_effort' && EFFORTS.has(value)) output['effort'] = value;
    else if (field === 'response_format') Object.assign(output, toTextFormat(value));
    else if (field === 'service_tier') more['serviceTier'] = { type: value };
    else refuseLost(field);
  }
  const tools = toToolConfig(chat);
  return {
    ...toMessages(chat['messages']),
    ...(isEmpty(inference) ? {} : { inferenceConfig: inference }),
    ...(isEmpty(output) ? {} : { outputConfig: output }),
    ...(tools === undefined ? {} : { toolConfig: tools }),
    ...more,
  };
}

function toTextFormat(format: unknown): object {
  const { type, json_schema: json } = isRecord(format) ? format : {};
  if (type === 'text') return {};
  if (type !== 'json_schema' || !isRecord(json)) return refuseLost('response_format');
  const { name, description, schema } = json;
  const jsonSchema = { name, ...(isSet(description) ? { description } : {}), schema: JSON.stringify(schema) };
  return { textFormat: { type, structure: { jsonSchema } } };
}

function toToolConfig({ tools, tool_choice: choice }: Fields): object | undefined {
  const list = isSet(tools) ? listOf(tools, 'tools') : [];
  if (list.length === 0) return undefined;
  const toolChoice = isSet(choice) && choice !== 'auto' ? toToolChoice(choice) : undefined;
  return { tools: list.flatMap(toTool), ...(toolChoice === undefined ? {} : { toolChoice }) };
}

function toTool(tool: Fields): object[] {
  const { type, function: declared } = tool;
  if (type !== 'function' || !isRecord(declared)) return refuseLost('tools.type');
  const { name, description, parameters, strict } = declared;
  const spec = {
    name,
    ...(isSet(description) && description !== '' ? { description } : {}),
    inputSchema: { json: parameters ?? { type: 'object', properties: {} } },
    ...(strict === true ? { strict } : {}),
  };
  return [{ toolSpec: spec }, ...cachePointOf(tool)];
}

function toToolChoice(choice: unknown): object {
  if (choice === 'required') return { any: {} };
  const { function: named } = isRecord(choice) ? choice : {};
  return isRecord(named) ? { tool: { name: named['name'] } } : refuseLost('tool_choice');
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: object[];
}

/** Turns alternate there: what one side says in several messages is one. */
function toMessages(messages: unknown): { system?: object[]; messages: Turn[] } {
  const system: object[] = [];
  const turns: Turn[] = [];
  for (const message of listOf(messages, 'messages')) {
    const { role } = message;
    if (role === 'system' || role === 'developer') {
      if (turns.length > 0) refuseLost('messages.role');
      system.push(...toParts(message));
      continue;
    }
    const side = role === 'assistant' ? role : 'user';
    const content = contentOf(message);
    const last = turns.at(-1);
    if (last?.role === side) last.content.push(...content);
    else turns.push({ role: side, content });
  }
  return { ...(system.length > 0 ? { system } : {}), messages: turns };
}

function contentOf(message: Fields): object[] {
  switch (message['role']) {
    case 'user':
      if (isSet(message['name'])) refuseLost('messages.name');
      return toParts(message);
    case 'assistant':
      return toAssistant(message);
    case 'tool': {
      const [parts, marks] = [toParts({ content: message['content'] }), cachePointOf(message)];
      const content = parts.length > 0 ? parts : [{ text: '' }];
      return [{ toolResult: { toolUseId: message['tool_call_id'], content } }, ...marks];
    }
    default:
      return refuseLost('messages.role');
  }
}

function toAssistant(message: Fields): object[] {
  const { tool_calls: calls, function_call: call, audio } = message;
  if (isSet(call)) refuseLost('messages.function_call');
  if (isSet(audio)) refuseLost('messages.audio');
  return [
    ...toReasoning(message),
    ...toParts(message),
    ...(isSet(calls) ? listOf(calls, 'messages.tool_calls') : []).map(toToolUse),
  ];
}

function toToolUse({ id, function: call }: Fields): object {
  const { name, arguments: text } = isRecord(call) ? call : {};
  const input = text === '' ? {} : jsonIn(String(text));
  if (!isRecord(input)) return refuseLost('messages.tool_calls');
  return { toolUse: { toolUseId: id, name, input } };
}

/** Thoughts go back with their signature; without one they are those of another vendor, which are not told again in a chat. */
function toReasoning({ reasoning_content: text, reasoning_details: details }: Fields): object[] {
  const known = isSet(details) ? listOf(details, 'messages.reasoning_details') : [];
  if (known.filter(({ signature }) => isSet(signature)).length > 1) refuseLost('messages.reasoning_details');
  return known.flatMap(({ signature, data }): object[] => {
    if (isSet(data)) return [{ reasoningContent: { redactedContent: data } }];
    return isSet(signature) ? [{ reasoningContent: { reasoningText: { text: text ?? '', signature } } }] : [];
  });
}

/** Blocks without a letter are refused there. */
function toParts(message: Fields): object[] {
  const { content } = message;
  if (!isSet(content) || content === '') return [];
  if (typeof content === 'string') return [{ text: content }, ...cachePointOf(message)];
  return listOf(content, 'messages.content').flatMap((part, index) => {
    const block = toBlock(part, index);
    return block === undefined ? [] : [block, ...cachePointOf(part)];
  });
}

function toBlock({ type, text, refusal, image_url: image, file }: Fields, index: number): object | undefined {
  if (type === 'text' || type === 'refusal') {
    const words = type === 'text' ? text : refusal;
    return words === '' ? undefined : { text: words };
  }
  if (type === 'image_url' && isRecord(image)) return { image: toSource(image['url'], PICTURES) };
  if (type !== 'file' || !isRecord(file)) return refuseLost(`messages.content.${String(type)}`);
  const name = String(file['filename'] ?? '').replace(/\.\w+$/, '');
  const plain = name.replace(/[^\p{L}\p{N}\s()[\]-]+/gu, '-').replace(/\s+/g, ' ');
  return {
    document: { name: plain === '' ? `document ${index}` : plain, ...toSource(file['file_data'], DOCUMENTS) },
  };
}

const PICTURES: Readonly<Record<string, string>> = {
  'image/gif': 'gif',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};
const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
};

/** It takes the bytes themselves: what lies elsewhere it does not fetch. */
function toSource(url: unknown, formats: Readonly<Record<string, string>>): object {
  const text = typeof url === 'string' ? url : '';
  const [head = '', kind = ''] = /^data:([\w.+/-]+);base64,/.exec(text.slice(0, 200)) ?? [];
  const format = formats[kind];
  if (format === undefined) return refuseLost(formats === PICTURES ? 'messages.image_url' : 'messages.file');
  return { format, source: { bytes: text.slice(head.length) } };
}

/** Anthropic's mark, as gateways take it in a chat: what stands before it is kept. */
function cachePointOf({ cache_control: mark }: Fields): object[] {
  if (!isRecord(mark)) return [];
  return [{ cachePoint: { type: 'default', ...(mark['ttl'] === '1h' ? { ttl: '1h' } : {}) } }];
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;
const isEmpty = (fields: object): boolean => Object.keys(fields).length === 0;

function listOf(value: unknown, field: string): readonly Fields[] {
  if (!Array.isArray(value) || !value.every(isRecord))
    throw invalid(`${field} must be a list of objects.`, field);
  return value;
}
