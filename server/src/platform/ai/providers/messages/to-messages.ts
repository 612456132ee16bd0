import { wordIn } from '../../dialects/words.ts';
import { isRecord } from '#platform/kernel';
import { isSet, objectsIn, refuseLost } from '../../endpoint/fields.ts';
import { APART, EFFORTS, type Fields, USUAL } from '../translation.ts';
import { type TurnWriter, turnsOf } from '../turns.ts';

const PLAIN: Fields = { ...USUAL, reasoning_effort: 'none' };
/** Fields under their name there. The last two are Anthropic's own, which an operator may allow in a chat. */
const NAMES: Readonly<Record<string, string>> = {
  max_tokens: 'max_tokens',
  max_completion_tokens: 'max_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  thinking: 'thinking',
};
const TIERS: Readonly<Record<string, string>> = { auto: 'auto', default: 'standard_only' };

/** A chat request as a request for a message (platform.claude.com/docs/en/api/messages). */
export function toMessages(chat: Fields): Fields {
  const { safety_identifier: identifier, stream } = chat;
  const { system, messages } = turnsOf(chat['messages'], TURNS);
  const body: Record<string, unknown> = { model: chat['model'], messages };
  if (system.length > 0) body['system'] = system;
  if (isSet(stream)) body['stream'] = stream;
  if (isSet(identifier)) body['metadata'] = { user_id: identifier };
  for (const [field, value] of Object.entries(chat)) {
    if (!isSet(value) || (APART.has(field) && field !== 'tool_choice') || PLAIN[field] === value) continue;
    Object.assign(body, fieldOf(field, value, body));
  }
  if (chat['parallel_tool_calls'] === false)
    body['tool_choice'] = { type: 'auto', ...recordOf(body['tool_choice']), disable_parallel_tool_use: true };
  return { ...body, ...toolsOf(chat['tools']) };
}

const recordOf = (value: unknown): Fields => (isRecord(value) ? value : {});

function fieldOf(field: string, value: unknown, body: Fields): Fields {
  const name = NAMES[field];
  if (field === 'temperature' && Number(value) > 1) return refuseLost(field);
  if (name !== undefined) return { [name]: value };
  const output = recordOf(body['output_config']);
  switch (field) {
    case 'stop':
      return { stop_sequences: [value].flat() };
    case 'service_tier':
      return { service_tier: wordIn(TIERS, value) ?? refuseLost(field) };
    case 'tool_choice':
      return { tool_choice: toToolChoice(value) };
    case 'parallel_tool_calls':
      return {};
    case 'reasoning_effort':
      return EFFORTS.has(value) ? { output_config: { ...output, effort: value } } : refuseLost(field);
    case 'response_format':
      return formatOf(value, output);
    default:
      return refuseLost(field);
  }
}

function formatOf(format: unknown, output: Fields): Fields {
  const { type, json_schema: declared } = recordOf(format);
  if (type === 'text') return {};
  if (type !== 'json_schema' || !isRecord(declared)) return refuseLost('response_format');
  return { output_config: { ...output, format: { type, schema: declared['schema'] } } };
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', required: 'any', none: 'none' };

function toToolChoice(choice: unknown): Fields {
  const { function: named } = recordOf(choice);
  if (isRecord(named)) return { type: 'tool', name: named['name'] };
  return { type: wordIn(CHOICES, choice) ?? refuseLost('tool_choice') };
}

function toolsOf(tools: unknown): Fields {
  if (!isSet(tools)) return {};
  const declared = objectsIn(tools, 'tools').map(({ type, function: one, cache_control: mark }) => {
    if (type !== 'function' || !isRecord(one)) return refuseLost('tools.type');
    const { name, description, parameters = { type: 'object', properties: {} }, strict } = one;
    return {
      name,
      ...(isSet(description) ? { description } : {}),
      input_schema: parameters,
      ...(isSet(strict) ? { strict } : {}),
      ...markOf(mark),
    };
  });
  return declared.length === 0 ? {} : { tools: declared };
}

/** Anthropic's mark, as gateways take it in a chat: what stands up to it is kept. */
const markOf = (mark: unknown): object => (isRecord(mark) ? { cache_control: mark } : {});

const TURNS: TurnWriter = {
  hasSystemTurns: true,
  part: (part) => [{ ...toBlock(part), ...markOf(part['cache_control']) }],
  call: (call) => ({ type: 'tool_use', ...call }),
  result: (id, content) => [{ type: 'tool_result', tool_use_id: id, content }],
  thought: (one) =>
    'data' in one
      ? { type: 'redacted_thinking', data: one.data }
      : { type: 'thinking', thinking: one.text, signature: one.signature },
};

const DATA_URL = /^data:(image\/(?:gif|jpe?g|png|webp));base64,/;

function toBlock({ type, text, refusal, image_url: image }: Fields): object {
  if (type === 'text') return { type, text };
  if (type === 'refusal') return { type: 'text', text: refusal };
  const { url } = recordOf(image);
  if (type !== 'image_url' || typeof url !== 'string') return refuseLost(`messages.content.${String(type)}`);
  if (url.startsWith('https:')) return { type: 'image', source: { type: 'url', url } };
  const [head = '', mediaType] = DATA_URL.exec(url.slice(0, 50)) ?? [];
  if (mediaType === undefined) return refuseLost('messages.content.image_url');
  return {
    type: 'image',
    source: {
      type: 'base64',
      media_type: mediaType === 'image/jpg' ? 'image/jpeg' : mediaType,
      data: url.slice(head.length),
    },
  };
}
