import { wordIn } from '../../dialects/words.ts';
import { isRecord, jsonIn } from '#platform/kernel';
import { isSet, objectsIn, refuseLost } from '../../endpoint/fields.ts';
import { APART, type Fields, refuseLostMembers } from '../translation.ts';

/** Members of generationConfig that chats have under another name. */
const CONFIG: Readonly<Record<string, string>> = {
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  temperature: 'temperature',
  top_p: 'topP',
  n: 'candidateCount',
  seed: 'seed',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
};
/** Values that ask for what a model does anyway. */
const USUAL: Fields = {
  logprobs: false,
  parallel_tool_calls: true,
  service_tier: 'auto',
  verbosity: 'medium',
};
/** As Google's own answers to OpenAI's clients have it (ai.google.dev/gemini-api/docs/openai): a budget before its third generation. */
const BUDGETS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
};
const LEVELS: Readonly<Record<string, string>> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
};
const EARLIER = /^gemini-(?:1|2)[.-]/;

/** A chat request as a request for content (ai.google.dev/api/generate-content). */
export function toGemini(chat: Fields): Fields {
  const config: Record<string, unknown> = {};
  const body: Record<string, unknown> = { ...contentsOf(chat['messages']), generationConfig: config };
  for (const [field, value] of Object.entries(chat)) {
    if (!isSet(value) || APART.has(field) || USUAL[field] === value) continue;
    const name = CONFIG[field];
    if (name !== undefined) config[name] = value;
    else if (field === 'stop') config['stopSequences'] = [value].flat();
    else if (field === 'reasoning_effort') config['thinkingConfig'] = thinkingOf(value, chat['model']);
    else if (field === 'response_format') Object.assign(config, formatOf(value));
    else if (field === 'service_tier' && value !== 'default') body['serviceTier'] = value;
    else if (field !== 'service_tier') refuseLost(field);
  }
  return { ...body, ...toolsOf(chat) };
}

function thinkingOf(effort: unknown, model: unknown): Fields {
  const name = String(effort);
  const budget = wordIn(BUDGETS, name);
  if (EARLIER.test(String(model)) || name === 'none')
    return budget === undefined ? refuseLost('reasoning_effort') : { thinkingBudget: budget };
  return { thinkingLevel: wordIn(LEVELS, name) ?? refuseLost('reasoning_effort') };
}

function formatOf(format: unknown): Fields {
  const { type, json_schema: declared } = isRecord(format) ? format : {};
  if (type === 'text') return {};
  const json = { responseMimeType: 'application/json' };
  if (type === 'json_object') return json;
  if (type !== 'json_schema' || !isRecord(declared)) return refuseLost('response_format');
  return { ...json, responseJsonSchema: declared['schema'] };
}

function toolsOf({ tools, tool_choice: choice }: Fields): Fields {
  if (!isSet(tools)) return {};
  const functions = objectsIn(tools, 'tools').map(({ type, function: declared }) =>
    type === 'function' && isRecord(declared) ? declared : refuseLost('tools'),
  );
  if (functions.length === 0) return {};
  const declarations = functions.map(({ name, description, parameters }) => ({
    name,
    ...(isSet(description) ? { description } : {}),
    ...(isSet(parameters) ? { parametersJsonSchema: parameters } : {}),
  }));
  // Each is read: `some` would end at the first.
  const isStrict = functions.filter(({ strict }) => strict === true).length > 0;
  const calling = callingOf(choice ?? 'auto', isStrict);
  return {
    tools: [{ functionDeclarations: declarations }],
    ...(calling === undefined ? {} : { toolConfig: { functionCallingConfig: calling } }),
  };
}

function callingOf(choice: unknown, isStrict: boolean): Fields | undefined {
  if (choice === 'auto') return isStrict ? { mode: 'VALIDATED' } : undefined;
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required') return { mode: 'ANY' };
  const named = isRecord(choice) ? choice['function'] : undefined;
  return isRecord(named) ? { mode: 'ANY', allowedFunctionNames: [named['name']] } : refuseLost('tool_choice');
}

/** A turn is one content: what the same side says next is a part of it. Calls have no ids there, and are answered in their order. */
function contentsOf(messages: unknown): Fields {
  const system: Fields[] = [];
  const contents: { readonly role: string; readonly parts: Fields[] }[] = [];
  const names = new Map<unknown, unknown>();
  for (const message of inOrderOfCalls(objectsIn(messages, 'messages'))) {
    const { role } = message;
    if (role === 'system' || role === 'developer') {
      // In the midst of a conversation it would change its place.
      if (contents.length > 0) refuseLost('messages.role');
      system.push(...partsOf(message['content']));
      continue;
    }
    if (role !== 'tool') refuseLostMembers(message);
    const side = role === 'assistant' ? 'model' : 'user';
    const parts =
      role === 'assistant'
        ? saidBy(message, names)
        : role === 'tool'
          ? [resultOf(message, names)]
          : partsOf(message['content']);
    const last = contents.at(-1);
    if (last?.role === side) last.parts.push(...parts);
    else contents.push({ role: side, parts });
  }
  return { contents, ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }) };
}

/** Results in the order of their calls, where several follow each other. */
function inOrderOfCalls(messages: readonly Fields[]): readonly Fields[] {
  const calls = messages.flatMap(({ tool_calls: of }) =>
    isSet(of) ? objectsIn(of, 'messages.tool_calls') : [],
  );
  const places = new Map(calls.map(({ id }, at) => [id, at]));
  const placeOf = ({ tool_call_id: id }: Fields) => places.get(id) ?? calls.length;
  const runs: Fields[][] = [];
  for (const message of messages) {
    const run = runs.at(-1);
    if (message['role'] === 'tool' && run?.[0]?.['role'] === 'tool') run.push(message);
    else runs.push([message]);
  }
  return runs.flatMap((run) => run.toSorted((a, b) => placeOf(a) - placeOf(b)));
}

function saidBy({ content, tool_calls: calls, refusal }: Fields, names: Map<unknown, unknown>): Fields[] {
  const said = [...(isSet(content) ? partsOf(content) : []), ...(isSet(refusal) ? partsOf(refusal) : [])];
  return [
    ...said,
    ...(isSet(calls) ? objectsIn(calls, 'messages.tool_calls') : []).map((call, nth) =>
      callOf(call, nth, names),
    ),
  ];
}

/** Google's own word for a call whose thought is not known (ai.google.dev/gemini-api/docs/thought-signatures). */
const UNSIGNED = 'skip_thought_signature_validator';

/** The signature stands where Google's own answers to OpenAI's clients have it, and comes back as it was. Only the first of a turn has one. */
function callOf(
  { id, function: called, extra_content: extra }: Fields,
  nth: number,
  names: Map<unknown, unknown>,
): Fields {
  const { name, arguments: text } = isRecord(called) ? called : {};
  names.set(id, name);
  const args = typeof text === 'string' && text !== '' ? jsonIn(text) : {};
  const google = isRecord(extra) ? extra['google'] : undefined;
  const signature =
    (isRecord(google) ? google['thought_signature'] : undefined) ?? (nth === 0 ? UNSIGNED : undefined);
  return {
    functionCall: { name, args: isRecord(args) ? args : refuseLost('messages.tool_calls') },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

function resultOf({ tool_call_id: id, content }: Fields, names: ReadonlyMap<unknown, unknown>): Fields {
  const texts = partsOf(content).map(({ text: said }) =>
    typeof said === 'string' ? said : refuseLost('messages.content'),
  );
  const text = texts.join('\n');
  const said = jsonIn(text);
  return {
    functionResponse: { name: names.get(id) ?? id, response: isRecord(said) ? said : { output: text } },
  };
}

const DATA_URL = /^data:([\w.+/-]{1,100});base64,/;

function partsOf(content: unknown): Fields[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }];
  return objectsIn(content, 'messages.content').map((part) => {
    const { type, image_url: image } = part;
    if (type === 'text' || type === 'refusal') return { text: part[type] };
    const url = String(isRecord(image) ? image['url'] : image);
    const [head = '', mimeType] = DATA_URL.exec(url.slice(0, 200)) ?? [];
    // Google fetches no picture that lies elsewhere.
    if (type !== 'image_url' || mimeType === undefined) return refuseLost(`messages.content.${String(type)}`);
    return { inlineData: { mimeType, data: url.slice(head.length) } };
  });
}
