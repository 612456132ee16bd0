import { isRecord, jsonIn } from '#platform/kernel';
import { isSet, objectsIn, refuseLost } from '../../endpoint/fields.ts';
import { APART, type Fields, refuseLostMembers } from '../translation.ts';

/** Values that ask for what a model does anyway. */
const USUAL: Fields = {
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
  const parts: Record<string, Fields> = {};
  const add = (part: string, fields: Fields): void => {
    parts[part] = { ...parts[part], ...fields };
  };
  for (const [field, value] of Object.entries(chat)) {
    if (!isSet(value) || APART.has(field) || USUAL[field] === value) continue;
    const name = INFERENCE[field];
    if (name !== undefined) add('inferenceConfig', { [name]: value });
    else if (field === 'stop') add('inferenceConfig', { stopSequences: [value].flat() });
    else if (field === 'service_tier') add('serviceTier', { type: value });
    else if (field === 'reasoning_effort' && EFFORTS.has(value)) add('outputConfig', { effort: value });
    else if (field !== 'response_format') refuseLost(field);
    else if (!isRecord(value) || value['type'] !== 'text')
      add('outputConfig', { textFormat: toTextFormat(value) });
  }
  if (isSet(chat['tools'])) add('toolConfig', { tools: objectsIn(chat['tools'], 'tools').flatMap(toTool) });
  const choice = chat['tool_choice'];
  if (isSet(choice) && choice !== 'auto') add('toolConfig', { toolChoice: toToolChoice(choice) });
  return { ...toMessages(chat['messages']), ...parts };
}

function toTextFormat(format: unknown): object {
  const { type, json_schema: json } = isRecord(format) ? format : {};
  if (type !== 'json_schema' || !isRecord(json)) return refuseLost('response_format');
  const { name, description, schema } = json;
  return { type, structure: { jsonSchema: { name, description, schema: JSON.stringify(schema) } } };
}

function toTool(tool: Fields): object[] {
  const { type, function: declared } = tool;
  if (type !== 'function' || !isRecord(declared)) return refuseLost('tools.type');
  const { name, description, parameters = { type: 'object', properties: {} }, strict } = declared;
  const spec = { name, description, inputSchema: { json: parameters }, strict: strict ?? undefined };
  return [{ toolSpec: spec }, ...cachePointOf(tool)];
}

function toToolChoice(choice: unknown): object {
  if (choice === 'required') return { any: {} };
  const { function: named } = isRecord(choice) ? choice : {};
  return isRecord(named) ? { tool: { name: named['name'] } } : refuseLost('tool_choice');
}

/** Turns alternate there: what one side says in several messages is one. */
function toMessages(messages: unknown): Fields {
  const system: object[] = [];
  const turns: { readonly role: string; readonly content: object[] }[] = [];
  for (const message of objectsIn(messages, 'messages')) {
    const { role } = message;
    const last = turns.at(-1);
    if (role === 'system' || role === 'developer') {
      // In the midst of a conversation it would change its place.
      if (last !== undefined) refuseLost('messages.role');
      system.push(...toParts(message));
      continue;
    }
    const side = role === 'assistant' ? role : 'user';
    const content = contentOf(message);
    if (last?.role === side) last.content.push(...content);
    else turns.push({ role: side, content });
  }
  return { ...(system.length > 0 ? { system } : {}), messages: turns };
}

function contentOf(message: Fields): object[] {
  const { role, tool_call_id: toolUseId, tool_calls: calls } = message;
  if (role === 'tool') {
    const parts = toParts(message);
    const content = parts.filter((one) => !isMark(one));
    return [{ toolResult: { toolUseId, content } }, ...parts.filter(isMark)];
  }
  if (role !== 'user' && role !== 'assistant') return refuseLost('messages.role');
  refuseLostMembers(message);
  const called = isSet(calls) ? objectsIn(calls, 'messages.tool_calls') : [];
  return [...toReasoning(message), ...toParts(message), ...called.map(toToolUse)];
}

function toToolUse({ id, function: call }: Fields): object {
  const { name, arguments: text } = isRecord(call) ? call : {};
  const input = typeof text === 'string' && text !== '' ? jsonIn(text) : {};
  return isRecord(input) ? { toolUse: { toolUseId: id, name, input } } : refuseLost('messages.tool_calls');
}

/** Thoughts go back with their signature; without one they are another vendor's, which are not told again in a chat. */
function toReasoning({ reasoning_content: text, reasoning_details: details }: Fields): object[] {
  const known = isSet(details) ? objectsIn(details, 'messages.reasoning_details') : [];
  if (known.filter(({ signature }) => isSet(signature)).length > 1) refuseLost('messages.reasoning_details');
  return known.flatMap(({ signature, data }): object[] => {
    if (isSet(data)) return [{ reasoningContent: { redactedContent: data } }];
    return isSet(signature) ? [{ reasoningContent: { reasoningText: { text: text ?? '', signature } } }] : [];
  });
}

/** A block without a letter is refused there. */
function toParts(message: Fields): object[] {
  const { content } = message;
  const parts = typeof content === 'string' ? [{ ...message, type: 'text', text: content }] : content;
  if (!isSet(parts)) return [];
  return objectsIn(parts, 'messages.content').flatMap((part) =>
    part['text'] === '' ? [] : [toBlock(part), ...cachePointOf(part)],
  );
}

/** It takes a picture's bytes: one that lies elsewhere it does not fetch. */
const PICTURE = /^data:image\/(gif|jpe?g|png|webp);base64,/;

function toBlock({ type, text, refusal, image_url: image }: Fields): object {
  if (type === 'text') return { text };
  if (type === 'refusal') return { text: refusal };
  const url = isRecord(image) && typeof image['url'] === 'string' ? image['url'] : '';
  const [head = '', kind] = PICTURE.exec(url.slice(0, 50)) ?? [];
  if (kind === undefined) return refuseLost(`messages.content.${String(type)}`);
  return { image: { format: kind === 'jpg' ? 'jpeg' : kind, source: { bytes: url.slice(head.length) } } };
}

/** Anthropic's mark, as gateways take it in a chat: what stands before it is kept. */
function cachePointOf({ cache_control: mark }: Fields): object[] {
  if (!isRecord(mark)) return [];
  return [{ cachePoint: { type: 'default', ...(mark['ttl'] === '1h' ? { ttl: '1h' } : {}) } }];
}

const isMark = (block: object): boolean => 'cachePoint' in block;
