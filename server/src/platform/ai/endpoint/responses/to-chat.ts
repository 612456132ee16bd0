import { isRecord } from '#platform/kernel';
import { refuseLost } from '../fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that are the same in both. */
const SAME = [
  'model',
  'stream',
  'temperature',
  'top_p',
  'parallel_tool_calls',
  'user',
  'prompt_cache_key',
  'service_tier',
];

/** How a field of a Responses request is told in chat completions: its members there, or none where nothing is lost without it. */
const TOLD: Readonly<Record<string, (value: unknown, body: Fields) => object>> = {
  ...Object.fromEntries(SAME.map((field) => [field, (value: unknown) => ({ [field]: value })])),
  input: (_value, body) => ({ messages: messagesOf(body) }),
  instructions: () => ({}),
  max_output_tokens: (value) => ({ max_completion_tokens: value }),
  tools: (value) => (isEmpty(value) ? {} : { tools: toolsOf(value) }),
  tool_choice: (value, { tools }) => (isEmpty(tools) ? {} : { tool_choice: choiceOf(value) }),
  text: textOf,
  reasoning: reasoningOf,
  // They ask for more of an answer than a chat has: there is no sealed reasoning, and each picture lies with the caller.
  include: (value) => (includesLogprobs(value) ? refuseLost('include') : {}),
  truncation: (value) => (value === 'disabled' ? {} : refuseLost('truncation')),
  top_logprobs: (value) => (value === 0 ? {} : refuseLost('top_logprobs')),
  // It counts tools that run at the vendor, which are refused.
  max_tool_calls: () => ({}),
  background: () => ({}),
  safety_identifier: () => ({}),
  client_metadata: () => ({}),
  store: () => ({}),
  stream_options: () => ({}),
};

/** The request in chat completions. Throws field_refused for the first field that would be lost. */
export function toChatRequest(body: Fields): Record<string, unknown> {
  const chat: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    if (value === null) continue;
    const tell = Object.hasOwn(TOLD, field) ? TOLD[field] : undefined;
    // A field that is in no table is one that the operator lets through.
    Object.assign(chat, tell === undefined ? { [field]: value } : tell(value, body));
  }
  return body['stream'] === true ? { ...chat, stream_options: { include_usage: true } } : chat;
}

const isEmpty = (value: unknown): boolean => !Array.isArray(value) || value.length === 0;

const includesLogprobs = (value: unknown): boolean =>
  Array.isArray(value) && value.includes('message.output_text.logprobs');

function messagesOf({ input, instructions }: Fields): object[] {
  const messages: Record<string, unknown>[] =
    typeof instructions === 'string' && instructions !== ''
      ? [{ role: 'system', content: instructions }]
      : [];
  if (!Array.isArray(input)) return [...messages, { role: 'user', content: input }];
  for (const item of input.filter(isRecord)) {
    const { call_id: id, name, arguments: given } = item;
    const last = messages.at(-1);
    if (item['type'] === 'function_call') {
      const call = { id, type: 'function', function: { name, arguments: given } };
      const calls = last?.['role'] === 'assistant' ? last['tool_calls'] : undefined;
      // Calls of one turn, and the words before them, are one message of the assistant.
      if (Array.isArray(calls)) calls.push(call);
      else if (last?.['role'] === 'assistant') last['tool_calls'] = [call];
      else messages.push({ role: 'assistant', content: null, tool_calls: [call] });
      continue;
    }
    const message = messageOf(item);
    // Words behind a call are of the same turn: results have to follow a message with calls.
    if (message['role'] === 'assistant' && last?.['tool_calls'] !== undefined && last['content'] === null)
      last['content'] = message['content'];
    else messages.push(message);
  }
  return messages;
}

function messageOf(item: Fields): Record<string, unknown> {
  const { type = 'message' } = item;
  if (type === 'function_call_output')
    return { role: 'tool', tool_call_id: item['call_id'], content: outputOf(item['output']) };
  if (type !== 'message') return refuseLost(typeof type === 'string' ? `input.${type}` : 'input');
  const { role, content } = item;
  return {
    role: role === 'developer' ? 'system' : role,
    content: Array.isArray(content) ? content.map(partOf) : content,
  };
}

/** A tool's message holds texts alone. */
function outputOf(output: unknown): unknown {
  if (!Array.isArray(output)) return output;
  return output.map((part) =>
    isRecord(part) && part['type'] === 'input_text' ? partOf(part) : refuseLost('input.output'),
  );
}

function partOf(part: unknown): object {
  const { type, text, refusal, image_url: url, detail } = isRecord(part) ? part : {};
  if (type === 'input_text' || type === 'output_text') return { type: 'text', text };
  if (type === 'refusal') return { type, refusal };
  if (type !== 'input_image') return refuseLost('input.content');
  return { type: 'image_url', image_url: { url, ...((detail ?? null) === null ? {} : { detail }) } };
}

const FUNCTION_FIELDS = ['name', 'description', 'parameters', 'strict'];

function toolsOf(tools: unknown): object[] {
  return (Array.isArray(tools) ? tools : []).map((tool: unknown) => {
    if (!isRecord(tool) || tool['type'] !== 'function') return refuseLost('tools');
    const { type, ...declared } = tool;
    const said = Object.entries(declared).filter(([, value]) => value !== null);
    const lost = said.find(([name]) => !FUNCTION_FIELDS.includes(name));
    return lost === undefined ? { type, function: Object.fromEntries(said) } : refuseLost(`tools.${lost[0]}`);
  });
}

function choiceOf(choice: unknown): unknown {
  if (typeof choice === 'string') return choice;
  if (!isRecord(choice) || choice['type'] !== 'function') return refuseLost('tool_choice');
  return { type: 'function', function: { name: choice['name'] } };
}

function textOf(text: unknown): object {
  const { format, verbosity, ...rest } = isRecord(text) ? text : {};
  refuseOthers('text', rest);
  const said = (verbosity ?? null) === null ? {} : { verbosity };
  if (!isRecord(format)) return said;
  const { type, ...schema } = format;
  if (type === 'text') return said;
  return {
    ...said,
    response_format: type === 'json_schema' ? { type, json_schema: schema } : format,
  };
}

/** A model that is asked in chat completions tells nothing of its thoughts. */
function reasoningOf(reasoning: unknown): object {
  const { effort, ...rest } = isRecord(reasoning) ? reasoning : {};
  refuseOthers('reasoning', rest);
  return (effort ?? null) === null ? {} : { reasoning_effort: effort };
}

function refuseOthers(field: string, rest: Fields): void {
  for (const [name, value] of Object.entries(rest)) if (value !== null) refuseLost(`${field}.${name}`);
}
