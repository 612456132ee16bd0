import { isRecord } from '#platform/kernel';
import { isSet, objectsIn, refuseLost } from '../../endpoint/fields.ts';
import { APART, EFFORTS, type Fields, USUAL } from '../translation.ts';
import { type TurnWriter, turnsOf } from '../turns.ts';

const PLAIN: Fields = { ...USUAL, service_tier: 'auto' };
const INFERENCE: Readonly<Record<string, string>> = {
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  temperature: 'temperature',
  top_p: 'topP',
};

/** A chat request as a request of Converse (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export function toConverse(chat: Fields): Fields {
  const parts: Record<string, Fields> = {};
  const add = (part: string, fields: Fields): void => {
    parts[part] = { ...parts[part], ...fields };
  };
  for (const [field, value] of Object.entries(chat)) {
    if (!isSet(value) || APART.has(field) || PLAIN[field] === value) continue;
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
  const { system, messages } = turnsOf(chat['messages'], TURNS);
  return { ...(system.length > 0 ? { system } : {}), messages, ...parts };
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

const TURNS: TurnWriter = {
  part: (part) => [toBlock(part), ...cachePointOf(part)],
  call: ({ id, name, input }) => ({ toolUse: { toolUseId: id, name, input } }),
  result(id, parts) {
    const content = parts.filter((one) => !isMark(one));
    return [{ toolResult: { toolUseId: id, content } }, ...parts.filter(isMark)];
  },
  thought: (one) => ({
    reasoningContent:
      'data' in one
        ? { redactedContent: one.data }
        : { reasoningText: { text: one.text, signature: one.signature } },
  }),
};

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
