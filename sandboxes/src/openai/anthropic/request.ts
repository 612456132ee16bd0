import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { ApiError } from '../errors.ts';
import type { AnswerFormat, ChatRequest } from '../request.ts';
import type { Tool, ToolChoice } from '../tools.ts';
import { parsePrompt, promptBlock } from './content-blocks.ts';
import type { PromptBlock } from './prompt-cache.ts';
import { invalidField } from './protocol.ts';

/** A request for a message that Anthropic would take. */
export interface MessagesRequest {
  readonly chat: ChatRequest;
  readonly thinking: { readonly budget: number; readonly isShown: boolean } | null;
  readonly blocks: readonly PromptBlock[];
}

// Fields of the package @anthropic-ai/sdk 1.14; Anthropic refuses others. Sampling, tiers and places are taken and not read.
const COUNTED =
  'cache_control context_management messages model output_config system thinking tool_choice tools'.split(
    ' ',
  );
const FIELDS = new Set([
  ...COUNTED,
  ...`container diagnostics inference_geo max_tokens metadata service_tier speed stop_sequences stream temperature
      top_k top_p`.split(/\s+/),
]);
const LEAST_BUDGET = 1_024;

/** Reads a request for a message as Anthropic does, or throws its refusal. */
export function parseMessagesRequest(body: unknown): MessagesRequest {
  const fields = checkFields(body, FIELDS);
  const maxTokens = ownProperty(fields, 'max_tokens');
  if (maxTokens === undefined) throw invalidField('max_tokens', 'Field required');
  if (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens) || maxTokens < 1)
    throw invalidField('max_tokens', 'Input should be a valid integer, at least 1');
  checkUnit(fields, 'temperature');
  checkUnit(fields, 'top_p');
  const stream = ownProperty(fields, 'stream') ?? false;
  if (typeof stream !== 'boolean') throw invalidField('stream', 'Input should be a valid boolean');
  const stops = ownProperty(fields, 'stop_sequences') ?? [];
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === 'string' && stop.trim() !== ''))
    throw invalidField('stop_sequences', 'each stop sequence must contain non-whitespace');
  const { chat, blocks } = parseCounted(fields);
  const thinking = parseThinking(fields, maxTokens);
  if (thinking !== null && (chat.toolChoice.mode === 'required' || chat.toolChoice.mode === 'named'))
    throw invalidField('tool_choice', 'Thinking may not be enabled when tool_choice forces tool use.');
  return { chat: { ...chat, stream, maxTokens, stop: stops }, thinking, blocks };
}

/** Reads a request for a count. */
export function parseCountRequest(body: unknown): ChatRequest {
  return parseCounted(checkFields(body, new Set(COUNTED))).chat;
}

function checkFields(body: unknown, known: ReadonlySet<string>): JsonObject {
  if (!isObject(body)) throw new ApiError(400, { message: 'Input should be an object' });
  const unknown = Object.keys(body).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalidField(unknown.slice(0, 100), 'Extra inputs are not permitted');
  return body;
}

function checkUnit(fields: JsonObject, name: string): void {
  const value = ownProperty(fields, name);
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= 1)) return;
  throw invalidField(name, 'Input should be a number from 0 to 1');
}

function parseCounted(fields: JsonObject): Pick<MessagesRequest, 'chat' | 'blocks'> {
  const model = ownString(fields, 'model') ?? '';
  if (model === '') throw invalidField('model', 'Field required');
  const declared = parseTools(fields);
  const { messages, blocks } = parsePrompt(fields);
  const tools = declared.map(({ tool }) => tool);
  const chat: ChatRequest = {
    model,
    messages,
    stream: false,
    includeUsage: true,
    n: 1,
    maxTokens: null,
    stop: [],
    format: parseFormat(fields),
    tools,
    toolChoice: parseToolChoice(ownProperty(fields, 'tool_choice'), tools),
  };
  const all = [...declared.map(({ block }) => block), ...blocks];
  const last = all.at(-1);
  const marked = isObject(ownProperty(fields, 'cache_control')) && last !== undefined;
  return { chat, blocks: marked ? [...all.slice(0, -1), { ...last, keep: last.keep ?? '5m' }] : all };
}

function parseTools(fields: JsonObject): { readonly tool: Tool; readonly block: PromptBlock }[] {
  return (ownList(fields, 'tools') ?? []).map((declared, index) => {
    const path = `tools.${index}`;
    if (!isObject(declared)) throw invalidField(path, 'Input should be an object');
    if ((ownProperty(declared, 'type') ?? 'custom') !== 'custom')
      throw invalidField(`${path}.type`, "The sandbox knows 'custom' alone");
    const name = ownString(declared, 'name') ?? '';
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name))
      throw invalidField(`${path}.custom.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    const parameters = ownObject(declared, 'input_schema');
    if (parameters === undefined) throw invalidField(`${path}.custom.input_schema`, 'Field required');
    const { cache_control: _, ...said } = declared;
    return {
      tool: { name, parameters, declaration: JSON.stringify(said) },
      block: promptBlock(declared, 'tool'),
    };
  });
}

function parseToolChoice(value: unknown, tools: readonly Tool[]): ToolChoice {
  if (value === undefined || value === null) return { mode: tools.length > 0 ? 'auto' : 'none' };
  const type = isObject(value) ? ownProperty(value, 'type') : undefined;
  if (type === 'none') return { mode: 'none' };
  if (tools.length === 0) throw invalidField('tool_choice', 'may only be specified while providing tools');
  if (type === 'auto') return { mode: 'auto' };
  if (type === 'any') return { mode: 'required' };
  const name = isObject(value) ? (ownString(value, 'name') ?? '') : '';
  if (type === 'tool' && tools.some((tool) => tool.name === name)) return { mode: 'named', name };
  throw invalidField('tool_choice', `Tool '${name.slice(0, 100)}' not found in provided tools`);
}

function parseThinking(fields: JsonObject, maxTokens: number): MessagesRequest['thinking'] {
  const thinking = ownObject(fields, 'thinking') ?? { type: 'disabled' };
  const isShown = ownProperty(thinking, 'display') !== 'omitted';
  switch (ownProperty(thinking, 'type')) {
    case 'disabled':
    case 'between_tools':
      return null;
    case 'adaptive':
      return { budget: maxTokens, isShown };
    case 'enabled': {
      const budget = ownProperty(thinking, 'budget_tokens');
      if (typeof budget !== 'number' || budget < LEAST_BUDGET)
        throw invalidField('thinking.enabled.budget_tokens', `Input should be at least ${LEAST_BUDGET}`);
      if (budget < maxTokens) return { budget, isShown };
      throw new ApiError(400, { message: '`max_tokens` must be greater than `thinking.budget_tokens`.' });
    }
    default:
      throw invalidField('thinking.type', "Input should be 'adaptive', 'enabled' or 'disabled'");
  }
}

function parseFormat(fields: JsonObject): AnswerFormat {
  const format = ownProperty(ownObject(fields, 'output_config') ?? {}, 'format') ?? null;
  if (format === null) return { type: 'text' };
  const schema = isObject(format) ? ownObject(format, 'schema') : undefined;
  if (!isObject(format) || ownProperty(format, 'type') !== 'json_schema' || schema === undefined)
    throw invalidField('output_config.format', "Input should be of type 'json_schema' with a schema");
  return { type: 'json_schema', schema };
}
