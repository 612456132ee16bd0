import { type JsonObject, isObject, ownProperty, ownList, ownObject, ownString } from './content/json.ts';
import { ApiError, invalidParameter } from './errors.ts';
import { type Message, parseMessages } from './messages.ts';
import { type Tool, type ToolChoice, parseToolChoice, parseTools } from './tools.ts';

export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: JsonObject };

/** A chat request that OpenAI would take. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly n: number;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  readonly format: AnswerFormat;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  /** Tokens that the model thinks before it answers. */
  readonly thinks?: number;
}

// Every parameter of the openai package 7.55; OpenAI refuses others. Those that the sandbox does not read
// (sampling, reasoning_effort, storage, caching, audio, search, the old functions) are taken and ignored.
const PARAMETERS = new Set(
  `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
   metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
   prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
   stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity
   web_search_options`.split(/\s+/),
);
const MOST_CHOICES = 128;
const MOST_STOPS = 4;

/** Reads a request as OpenAI does, or throws the ApiError that OpenAI would answer with. */
export function parseChatRequest(body: unknown): ChatRequest {
  if (!isObject(body))
    throw new ApiError(400, { message: 'The body of your request must be a JSON object.' });
  refuseUnknown(body, PARAMETERS);
  const stream = flag(body, 'stream');
  const options = ownProperty(body, 'stream_options');
  if (isObject(options) && !stream) {
    throw invalidParameter(
      'stream_options',
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    );
  }
  checkRange(body, 'temperature', [0, 2]);
  checkRange(body, 'top_p', [0, 1]);
  const messages = parseMessages(ownProperty(body, 'messages'));
  const tools = parseTools(ownProperty(body, 'tools'));
  const format = ownProperty(body, 'response_format');
  return {
    model: modelName(body),
    messages,
    stream,
    includeUsage: isObject(options) && flag(options, 'include_usage'),
    n: wholeNumber(body, 'n', MOST_CHOICES) ?? 1,
    maxTokens: wholeNumber(body, 'max_completion_tokens') ?? wholeNumber(body, 'max_tokens'),
    stop: parseStop(ownProperty(body, 'stop')),
    format: parseFormat(format, messages, CHAT_FORMAT),
    tools,
    toolChoice: parseToolChoice(ownProperty(body, 'tool_choice'), tools),
  };
}

export function refuseUnknown(body: JsonObject, parameters: ReadonlySet<string>): void {
  const unknown = Object.keys(body).find((name) => !parameters.has(name));
  if (unknown === undefined) return;
  const message = `Unrecognized request argument supplied: ${unknown.slice(0, 100)}`;
  throw new ApiError(400, { message });
}

/** The model that a request names. */
export function modelName(body: JsonObject): string {
  const model = ownProperty(body, 'model');
  if (typeof model === 'string' && model !== '') return model;
  throw new ApiError(400, { message: 'you must provide a model parameter' });
}

export function flag(object: JsonObject, name: string): boolean {
  const value = ownProperty(object, name);
  if (value === undefined || value === null || typeof value === 'boolean') return value === true;
  throw invalidParameter(name, `Invalid type for '${name}': expected a boolean.`, 'invalid_type');
}

export function wholeNumber(body: JsonObject, name: string, most = Number.MAX_SAFE_INTEGER): number | null {
  const value = ownProperty(body, name);
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidParameter(name, `Invalid type for '${name}': expected an integer.`, 'invalid_type');
  }
  if (value >= 1 && value <= most) return value;
  const code = value < 1 ? 'integer_below_min_value' : 'integer_above_max_value';
  throw invalidParameter(name, `Invalid '${name}': ${value} is outside the range of 1 to ${most}.`, code);
}

export function checkRange(body: JsonObject, name: string, [least, most]: readonly [number, number]): void {
  const value = ownProperty(body, name);
  if (value === undefined || value === null) return;
  if (typeof value !== 'number')
    throw invalidParameter(name, `Invalid type for '${name}': expected a number.`, 'invalid_type');
  if (value >= least && value <= most) return;
  const code = value < least ? 'decimal_below_min_value' : 'decimal_above_max_value';
  throw invalidParameter(
    name,
    `Invalid '${name}': ${value} is outside the range of ${least} to ${most}.`,
    code,
  );
}

function parseStop(value: unknown): string[] {
  const stops = value === undefined || value === null ? [] : [value].flat();
  const texts = stops.filter((stop) => typeof stop === 'string');
  if (texts.length !== stops.length)
    throw invalidParameter('stop', "Invalid type for 'stop'.", 'invalid_type');
  if (texts.length > MOST_STOPS) {
    throw invalidParameter(
      'stop',
      `Invalid 'stop': array too long. Expected at most ${MOST_STOPS} items.`,
      'array_above_max_length',
    );
  }
  return texts.filter((stop) => stop !== '');
}

/** Where a request says its format, and its messages. */
interface FormatField {
  readonly param: string;
  readonly schemaParam: string;
  readonly messages: string;
  schemaIn(format: JsonObject): JsonObject | undefined;
}

const CHAT_FORMAT: FormatField = {
  param: 'response_format',
  schemaParam: 'response_format.json_schema',
  messages: 'messages',
  schemaIn: (format) => ownObject(format, 'json_schema'),
};

export function parseFormat(format: unknown, messages: readonly Message[], field: FormatField): AnswerFormat {
  if (format === undefined || format === null) return { type: 'text' };
  const type = isObject(format) ? ownProperty(format, 'type') : undefined;
  if (!isObject(format) || (type !== 'text' && type !== 'json_object' && type !== 'json_schema')) {
    const message = `Invalid value for '${field.param}.type'. Supported values are: 'json_object', 'json_schema', and 'text'.`;
    throw invalidParameter(`${field.param}.type`, message, 'invalid_value');
  }
  if (type === 'json_schema') return { type, schema: formatSchema(format, field) };
  if (type === 'json_object' && !messages.some(({ text }) => /json/i.test(text))) {
    const message = `'${field.messages}' must contain the word 'json' in some form, to use '${field.param}' of type 'json_object'.`;
    throw invalidParameter(field.messages, message);
  }
  return { type };
}

function formatSchema(format: JsonObject, field: FormatField): JsonObject {
  const declared = field.schemaIn(format);
  const name = declared === undefined ? undefined : ownString(declared, 'name');
  if (declared === undefined || name === undefined) {
    const param = declared === undefined ? field.schemaParam : `${field.schemaParam}.name`;
    throw invalidParameter(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter');
  }
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    const param = `${field.schemaParam}.name`;
    throw invalidParameter(
      param,
      `Invalid '${param}': string does not match pattern '^[a-zA-Z0-9_-]+$'.`,
      'invalid_value',
    );
  }
  const schema = ownObject(declared, 'schema') ?? {};
  const isStrict = ownProperty(declared, 'strict') === true;
  if (
    isStrict &&
    ownList(schema, 'anyOf') === undefined &&
    ownProperty(schema, 'type') !== 'object' &&
    ownProperty(schema, '$ref') === undefined
  ) {
    const message = `Invalid schema for response_format '${name}': schema must be a JSON Schema of 'type: "object"'.`;
    throw invalidParameter(field.param, message, 'invalid_json_schema');
  }
  return schema;
}
