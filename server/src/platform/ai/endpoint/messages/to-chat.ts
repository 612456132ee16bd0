import { wordIn } from '../../dialects/words.ts';
import { isRecord } from '#platform/kernel';
import { contentOf } from '../chat-words.ts';
import { isSet, objectsIn, refuseLost } from '../fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that no answer depends on: what they say to Anthropic about caching and about who asks has no place in a chat. */
const SILENT = new Set(['model', 'metadata', 'messages', 'system', 'tools', 'stream', 'cache_control']);
/** Sequences that OpenAI takes. */
const MOST_STOPS = 4;

/** A request for a message (Anthropic's protocol) as a chat request. Throws field_refused for a field that would be lost. */
export function toChatRequest(body: Fields): Record<string, unknown> {
  const chat: Record<string, unknown> = { model: body['model'], messages: messagesOf(body) };
  if (body['stream'] === true) Object.assign(chat, { stream: true, stream_options: { include_usage: true } });
  if (isSet(body['tools'])) chat['tools'] = objectsIn(body['tools'], 'tools').map(toTool);
  for (const [field, value] of Object.entries(body)) {
    if (!isSet(value) || SILENT.has(field)) continue;
    if (field === 'max_tokens' || field === 'temperature' || field === 'top_p') chat[field] = value;
    else if (field === 'tool_choice') Object.assign(chat, toToolChoice(value));
    else if (field === 'stop_sequences' && Array.isArray(value) && value.length <= MOST_STOPS)
      chat['stop'] = value;
    else if (field === 'output_config') Object.assign(chat, toOutput(value));
    else if (!isPlainly(field, value)) refuseLost(field);
  }
  return chat;
}

/** Whether a field asks for what a chat does anyway. */
function isPlainly(field: string, value: unknown): boolean {
  if (field === 'service_tier') return value === 'auto';
  if (!isRecord(value)) return false;
  // A model of a chat thinks as it likes, and its thoughts of earlier turns are not told again: there is nothing to clear.
  if (field === 'thinking') return value['type'] === 'disabled' || value['type'] === 'adaptive';
  return (
    field === 'context_management' && JSON.stringify(value).match(/"type":"(?!clear_thinking_)/) === null
  );
}

function messagesOf({ system, messages }: Fields): unknown[] {
  const text = isSet(system) ? textIn(system, 'system') : '';
  const first = text === '' ? [] : [{ role: 'system', content: text }];
  return [...first, ...objectsIn(messages, 'messages').flatMap(toChatMessages)];
}

function toChatMessages(message: unknown): unknown[] {
  const { role, content } = isRecord(message) ? message : {};
  if (typeof content === 'string') return [{ role, content }];
  if (role === 'system') return [{ role, content: textIn(content, 'messages.content') }];
  const blocks = objectsIn(content, 'messages.content');
  return role === 'assistant' ? [toAssistant(blocks)] : toUser(blocks);
}

function toAssistant(blocks: readonly Fields[]): object {
  const texts = blocks.filter(({ type }) => type === 'text');
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  const other = blocks.find((block) => !texts.includes(block) && !calls.includes(block));
  if (other !== undefined) refuseLost(`messages.content.${String(other['type'])}`);
  const content = texts.length === 0 ? null : textIn(texts, 'messages.content');
  if (calls.length === 0) return { role: 'assistant', content: content ?? '' };
  return {
    role: 'assistant',
    content,
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input ?? {}) },
    })),
  };
}

/** Results of tools are messages of their own in a chat, and come before the words, as Anthropic asks for. */
function toUser(blocks: readonly Fields[]): object[] {
  const results = blocks.filter(({ type }) => type === 'tool_result');
  const parts = blocks.filter(({ type }) => type !== 'tool_result').map(toPart);
  const words = parts.length === 0 ? [] : [{ role: 'user', content: contentOf(parts) }];
  return [...results.map(toToolMessage), ...words];
}

function toToolMessage({ tool_use_id: id, content, is_error: isError }: Fields): object {
  if (isError === true) refuseLost('messages.content.is_error');
  const text = isSet(content) ? textIn(content, 'messages.content.content') : '';
  return { role: 'tool', tool_call_id: id, content: text };
}

function toPart(block: Fields): object {
  const { type, text, source } = block;
  if (type === 'text') return { type, text };
  if (type !== 'image' || !isRecord(source)) return refuseLost(`messages.content.${String(type)}`);
  const { type: kind, url, media_type: mediaType, data } = source;
  if (kind === 'url') return { type: 'image_url', image_url: { url } };
  if (kind !== 'base64') return refuseLost('messages.content.source');
  return { type: 'image_url', image_url: { url: `data:${String(mediaType)};base64,${String(data)}` } };
}

/** A text, or the texts of its blocks. */
function textIn(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  const texts = objectsIn(value, field).map(({ type, text, citations }) => {
    if (type !== 'text' || typeof text !== 'string') return refuseLost(`${field}.${String(type)}`);
    return isSet(citations) && objectsIn(citations, field).length > 0
      ? refuseLost(`${field}.citations`)
      : text;
  });
  return texts.join('\n\n');
}

const TOOL_FIELDS = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
  // It asks for pieces of arguments as they come, which they do in a chat.
  'eager_input_streaming',
]);

function toTool(tool: Fields): object {
  const other = Object.entries(tool).find(([field, value]) => isSet(value) && !TOOL_FIELDS.has(field));
  if (other !== undefined) refuseLost(`tools.${other[0]}`);
  const { type, name, description, input_schema: parameters, strict } = tool;
  if (isSet(type) && type !== 'custom') refuseLost('tools.type');
  return {
    type: 'function',
    function: {
      name,
      ...(isSet(description) ? { description } : {}),
      parameters,
      ...(isSet(strict) ? { strict } : {}),
    },
  };
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' };

function toToolChoice(choice: unknown): object {
  const { type, name, disable_parallel_tool_use: alone } = isRecord(choice) ? choice : {};
  const chosen = type === 'tool' ? { type: 'function', function: { name } } : wordIn(CHOICES, type);
  if (chosen === undefined) return refuseLost('tool_choice');
  return { tool_choice: chosen, ...(alone === true ? { parallel_tool_calls: false } : {}) };
}

/** Anthropic's answers are of high effort when nothing is said. */
function toOutput(config: unknown): object {
  const { effort = 'high', format, ...more } = isRecord(config) ? config : { other: true };
  if (Object.keys(more).length > 0 || !['low', 'medium', 'high'].includes(String(effort)))
    return refuseLost('output_config');
  return {
    ...(effort === 'high' ? {} : { reasoning_effort: effort }),
    ...(isSet(format) ? { response_format: toFormat(format) } : {}),
  };
}

function toFormat(format: unknown): object {
  const { type, schema } = isRecord(format) ? format : {};
  if (type !== 'json_schema') return refuseLost('output_config.format');
  return { type, json_schema: { name: 'answer', schema, strict: true } };
}
