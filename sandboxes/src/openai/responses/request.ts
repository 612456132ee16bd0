import type { ReadRequest } from '../calls.ts';
import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { ApiError } from '../errors.ts';
import {
  type ChatRequest,
  checkRange,
  flag,
  modelName,
  parseFormat,
  refuseUnknown,
  wholeNumber,
} from '../request.ts';
import { parseToolChoice, parseTools, type Tool, type ToolChoice } from '../tools.ts';
import { encodeResponse } from './encode.ts';
import { parseInput } from './items.ts';
import type { Echo } from './response.ts';

// Every parameter of the openai package 7.55; those that the sandbox does not read are taken and ignored.
const PARAMETERS = new Set(
  `access_programs background context_management conversation image include input instructions max_output_tokens
   max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key
   prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options
   temperature text tool_choice tools top_logprobs top_p truncation user`.split(/\s+/),
);
/** Each names a thing that the vendor would have kept. */
const STORED = ['previous_response_id', 'conversation', 'prompt'];
const FORMAT = {
  param: 'text.format',
  schemaParam: 'text.format',
  messages: 'input',
  schemaIn: (format: JsonObject) => format,
};
/** Tokens that a model thinks; none unless an effort is asked for. */
const THINKS: Readonly<Record<string, number>> = { low: 16, medium: 64, high: 256, xhigh: 512, max: 1_024 };

/** Reads a request of the Responses API as OpenAI does, or throws the ApiError that OpenAI would answer with. */
export function readResponsesRequest(body: unknown): ReadRequest {
  if (!isObject(body))
    throw new ApiError(400, { message: 'The body of your request must be a JSON object.' });
  refuseUnknown(body, PARAMETERS);
  refuseStored(body);
  checkRange(body, 'temperature', [0, 2]);
  checkRange(body, 'top_p', [0, 1]);
  const messages = parseInput(body);
  const tools = parseTools(ownProperty(body, 'tools'), true);
  const format = ownProperty(ownObject(body, 'text') ?? {}, 'format');
  const effort = ownString(ownObject(body, 'reasoning') ?? {}, 'effort');
  const request: ChatRequest = {
    model: modelName(body),
    messages,
    stream: flag(body, 'stream'),
    includeUsage: true,
    n: 1,
    maxTokens: wholeNumber(body, 'max_output_tokens'),
    stop: [],
    format: parseFormat(format, messages, FORMAT),
    tools,
    toolChoice: toolChoiceIn(ownProperty(body, 'tool_choice'), tools),
    thinks: THINKS[effort ?? ''] ?? 0,
  };
  const echo = echoOf(body, messages.findLast(({ role }) => role === 'user')?.text ?? '');
  return { request, encode: (completion, options) => encodeResponse(completion, { ...options, echo }) };
}

/** The sandbox keeps nothing that another request could name. */
function refuseStored(body: JsonObject): void {
  const named = STORED.find((name) => (ownProperty(body, name) ?? null) !== null);
  if (named !== undefined) {
    const message = `'${named}' was not found: the sandbox stores nothing.`;
    throw new ApiError(404, { message, param: named, code: `${named}_not_found` });
  }
  if (!flag(body, 'background')) return;
  throw new ApiError(400, { message: 'The sandbox answers at once.', param: 'background' });
}

function toolChoiceIn(value: unknown, tools: readonly Tool[]): ToolChoice {
  if (tools.length === 0 && (value === 'auto' || value === 'none')) return { mode: 'none' };
  const type = isObject(value) ? ownProperty(value, 'type') : undefined;
  if (type === 'function') return parseToolChoice({ type, function: value }, tools);
  if (type === 'allowed_tools') return parseToolChoice({ type, allowed_tools: value }, tools);
  return parseToolChoice(value, tools);
}

/** The fields of a request that its answer repeats. */
function echoOf(body: JsonObject, question: string): Echo {
  const reasoning = ownObject(body, 'reasoning') ?? {};
  const summary = ownString(reasoning, 'summary') ?? null;
  return {
    repeated: {
      instructions: ownString(body, 'instructions') ?? null,
      max_output_tokens: wholeNumber(body, 'max_output_tokens'),
      parallel_tool_calls: ownProperty(body, 'parallel_tool_calls') !== false,
      reasoning: { effort: ownString(reasoning, 'effort') ?? null, summary },
      store: ownProperty(body, 'store') !== false,
      temperature: Number(ownProperty(body, 'temperature') ?? 1),
      text: { format: { type: 'text' }, ...ownObject(body, 'text') },
      tool_choice: ownProperty(body, 'tool_choice') ?? 'auto',
      tools: ownList(body, 'tools') ?? [],
      top_p: Number(ownProperty(body, 'top_p') ?? 1),
    },
    seals: ownList(body, 'include')?.includes('reasoning.encrypted_content') === true,
    summary: summary === null ? null : `**Reading the request**\n\n${question.slice(0, 120)}`,
  };
}
