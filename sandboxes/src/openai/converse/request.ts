import { type MessagesRequest, parseMessagesRequest } from '../anthropic/request.ts';
import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { modelFor } from '../models.ts';
import { invalid } from './protocol.ts';

/** Fields of the package @aws-sdk/client-bedrock-runtime 3.1162; Bedrock refuses others. */
const FIELDS = new Set(
  `additionalModelRequestFields additionalModelResponseFieldPaths guardrailConfig inferenceConfig messages outputConfig
   performanceConfig promptVariables requestMetadata serviceTier system toolConfig`.split(/\s+/),
);
const INFERENCE = new Set(['maxTokens', 'stopSequences', 'temperature', 'topP']);
const MEDIA: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  pdf: 'application/pdf',
  png: 'image/png',
  webp: 'image/webp',
};
/** The most that a model writes where nothing is said. */
const MOST_TOKENS = 4_096;

/** Reads a request of Converse as a model of Anthropic's behind Bedrock does, or throws its refusal. */
export function parseConverse(body: unknown, { model, stream }: Asked): MessagesRequest {
  checkModel(model);
  const fields = known(body, FIELDS, 'the request');
  const inference = known(ownProperty(fields, 'inferenceConfig') ?? {}, INFERENCE, 'inferenceConfig');
  const output = ownObject(fields, 'outputConfig') ?? {};
  const effort = ownProperty(output, 'effort');
  const own = ownObject(fields, 'additionalModelRequestFields') ?? {};
  const system = toBlocks(ownList(fields, 'system') ?? []);
  const tools = ownObject(fields, 'toolConfig');
  const format = ownObject(output, 'textFormat');
  const message = {
    model,
    stream,
    max_tokens: ownProperty(inference, 'maxTokens') ?? MOST_TOKENS,
    messages: (ownList(fields, 'messages') ?? []).map(toMessage),
    ...(system.length === 0 ? {} : { system }),
    ...renamed(inference, { temperature: 'temperature', topP: 'top_p', stopSequences: 'stop_sequences' }),
    ...(tools === undefined ? {} : toTools(tools)),
    ...(effort === undefined ? {} : { thinking: { type: 'adaptive' } }),
    ...(format === undefined ? {} : { output_config: { format: toFormat(format) } }),
    ...own,
  };
  return parseMessagesRequest(message);
}

export interface Asked {
  readonly model: string;
  readonly stream: boolean;
}

function checkModel(model: string): void {
  try {
    modelFor(model, 'chat');
  } catch {
    throw invalid('The provided model identifier is invalid.');
  }
}

function known(value: unknown, fields: ReadonlySet<string>, where: string): JsonObject {
  if (!isObject(value)) throw invalid(`${where} must be an object.`);
  const unknown = Object.keys(value).find((name) => !fields.has(name));
  if (unknown === undefined) return value;
  throw invalid(
    `The model returned the following errors: Malformed input request: #: extraneous key [${unknown.slice(0, 100)}] is not permitted, please reformat your input and try again.`,
  );
}

function renamed(value: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const entries = Object.entries(names).map(([from, to]) => [to, ownProperty(value, from)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function toMessage(value: unknown, index: number, all: readonly unknown[]): JsonObject {
  const message = isObject(value) ? value : {};
  const role = ownString(message, 'role');
  const before = all[index - 1];
  if (isObject(before) && ownString(before, 'role') === role)
    throw invalid(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    );
  return { role, content: toBlocks(ownList(message, 'content') ?? []) };
}

/** A cache point marks the block before it. */
function toBlocks(list: readonly unknown[]): JsonObject[] {
  const blocks: Record<string, unknown>[] = [];
  for (const block of list) {
    const point = isObject(block) ? ownObject(block, 'cachePoint') : undefined;
    const last = blocks.at(-1);
    if (point === undefined) blocks.push(toBlock(block));
    else if (last === undefined) throw invalid('A cache point must stand behind what it keeps.');
    else
      last['cache_control'] = {
        type: 'ephemeral',
        ...(ownString(point, 'ttl') === '1h' ? { ttl: '1h' } : {}),
      };
  }
  return blocks;
}

function toBlock(block: unknown): JsonObject {
  const [[kind = '', value] = []] = isObject(block) ? Object.entries(block) : [];
  if (!isObject(block) || Object.keys(block).length !== 1)
    throw invalid('The value at messages.content is invalid. A content block has one member.');
  if (kind === 'text' && typeof value === 'string') {
    if (value.trim() !== '') return { type: 'text', text: value };
    throw invalid(
      'The text field in the ContentBlock object is blank. Add text to the text field, and try again.',
    );
  }
  if (!isObject(value)) throw invalid(`The value at messages.content.${kind} is invalid.`);
  const fields = value;
  switch (kind) {
    case 'image':
    case 'document':
      return { type: kind, source: toSource(fields) };
    case 'toolUse':
      return { type: 'tool_use', ...renamed(fields, { toolUseId: 'id', name: 'name', input: 'input' }) };
    case 'toolResult': {
      const content = toBlocks(ownList(fields, 'content') ?? []);
      return { type: 'tool_result', tool_use_id: ownString(fields, 'toolUseId'), content };
    }
    case 'reasoningContent': {
      const thought = ownObject(fields, 'reasoningText') ?? {};
      return { type: 'thinking', ...renamed(thought, { text: 'thinking', signature: 'signature' }) };
    }
    default:
      throw invalid(`The sandbox knows no content block ${kind.slice(0, 100)}.`);
  }
}

function toSource(block: JsonObject): JsonObject {
  const data = ownString(ownObject(block, 'source') ?? {}, 'bytes');
  if (data === undefined) throw invalid('The source of an image or a document must hold its bytes.');
  const format = ownString(block, 'format') ?? '';
  return { type: 'base64', media_type: MEDIA[format] ?? 'text/plain', data };
}

function toTools(config: JsonObject): JsonObject {
  const tools: Record<string, unknown>[] = [];
  for (const tool of ownList(config, 'tools') ?? []) {
    const spec = isObject(tool) ? ownObject(tool, 'toolSpec') : undefined;
    const last = tools.at(-1);
    if (spec !== undefined) {
      const json = ownProperty(ownObject(spec, 'inputSchema') ?? {}, 'json');
      tools.push({ ...renamed(spec, { name: 'name', description: 'description' }), input_schema: json });
    } else if (last !== undefined) last['cache_control'] = { type: 'ephemeral' };
  }
  const choice = ownObject(config, 'toolChoice') ?? {};
  const [[type, named] = []] = Object.entries(choice);
  if (type === undefined) return { tools };
  return { tools, tool_choice: { type, ...(isObject(named) ? named : {}) } };
}

function toFormat(format: JsonObject): JsonObject {
  const { schema } = ownObject(ownObject(format, 'structure') ?? {}, 'jsonSchema') ?? {};
  return { type: 'json_schema', schema: JSON.parse(String(schema)) };
}
