import { UnfillableSchema } from './content/effort.ts';
import { fillSchema } from './content/fill.ts';
import { type JsonObject, isObject, ownProperty } from './content/json.ts';
import { Author } from './content/posts.ts';
import { typesOf } from './content/schema.ts';
import { hash } from './content/words.ts';
import { ApiError, invalidParameter } from './errors.ts';
import type { Fault } from './faults.ts';
import { modelFor } from './models.ts';
import { billedTokens } from './pictures.ts';
import type { ChatRequest } from './request.ts';
import { countTokens, splitTokens } from './tokens.ts';
import { planFor } from './tool-use/plan.ts';
import { reportOf } from './tool-use/report.ts';
import { argumentsOf, type PlannedCall, readTurn, type Turn } from './tool-use/turn.ts';

/** One choice of an answer. Its tokens, joined, are the content, or the arguments of the call. */
export interface Choice {
  readonly tokens: readonly string[];
  readonly call: { readonly id: string; readonly name: string } | null;
  readonly finish: 'stop' | 'length' | 'tool_calls';
  /** The stop sequence that ended it. */
  readonly stoppedBy: string | null;
}

export interface Usage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** What the model generates for a request; a function of the request alone (and of the fault that is asked for). */
export interface Completion {
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

/** Generates the answer to a request. Throws the ApiError that OpenAI would answer with. */
export function complete(request: ChatRequest, fault?: Fault): Completion {
  const promptTokens = countPromptTokens(request);
  const choices = fault?.kind === 'empty_choices' ? [] : makeChoices(request, fault);
  const generated = choices.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const reported = fault?.kind === 'usage' ? fault : undefined;
  const reasoningTokens = countReasoningTokens(request, { fault, generated });
  return {
    model: request.model,
    choices,
    usage: {
      promptTokens,
      cachedTokens: Math.min(reported?.cached_tokens ?? 0, promptTokens),
      completionTokens: generated + reasoningTokens,
      reasoningTokens,
    },
  };
}

/** The reply's cap cuts reasoning off, as with the vendors; a `usage` fault orders the reported figure. */
function countReasoningTokens(
  { maxTokens }: ChatRequest,
  { fault, generated }: { readonly fault: Fault | undefined; readonly generated: number },
): number {
  const ordered = fault !== undefined && 'reasoning_tokens' in fault ? (fault.reasoning_tokens ?? 0) : 0;
  if (fault?.kind === 'usage' || maxTokens === null) return ordered;
  return Math.max(0, Math.min(ordered, maxTokens - generated));
}

const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_REPLY = 3;
export const TOKENS_PER_ATTACHMENT = 85;

/** Tokens of a request; refused where the model has no room for them. */
export function countPromptTokens(request: ChatRequest): number {
  const { contextTokens } = modelFor(request.model, 'chat');
  const perMessage = request.messages.map(
    ({ text, callsText, attachments, pictures }) =>
      pictures.reduce((tokens, picture) => tokens + billedTokens(request.model, picture), 0) +
      TOKENS_PER_MESSAGE +
      countTokens(text) +
      countTokens(callsText) +
      attachments * TOKENS_PER_ATTACHMENT,
  );
  const declared = request.tools.map(({ declaration }) => countTokens(declaration));
  const schema =
    request.format.type === 'json_schema' ? countTokens(JSON.stringify(request.format.schema)) : 0;
  const total = [...perMessage, ...declared].reduce((sum, tokens) => sum + tokens, TOKENS_PER_REPLY + schema);
  if (total <= contextTokens) return total;
  const message = `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${total} tokens. Please reduce the length of the messages.`;
  throw invalidParameter('messages', message, 'context_length_exceeded');
}

function makeChoices(request: ChatRequest, fault: Fault | undefined): Choice[] {
  try {
    return writeChoices(request, fault);
  } catch (error) {
    if (!(error instanceof UnfillableSchema)) throw error;
    throw new ApiError(400, { message: `Invalid schema: ${error.message}.`, code: 'invalid_json_schema' });
  }
}

/** Choices in prose differ; those that are dictated, by a schema or a fault, are the same n times. */
function writeChoices(request: ChatRequest, fault: Fault | undefined): Choice[] {
  const author = new Author(request.messages);
  const hasTools = request.tools.length > 0 || request.messages.at(-1)?.role === 'tool';
  const turn = hasTools ? readTurn(request) : undefined;
  const tool = calledTool(request, turn, fault);
  const dictated = dictatedText(request, { author, tool, fault });
  if (dictated !== null) {
    const choice = makeChoice(request, dictated, tool);
    return Array.from({ length: request.n }, () => choice);
  }
  const report = turn && reportOf(turn);
  return Array.from({ length: request.n }, (_, index) =>
    makeChoice(request, report ?? author.reply(index), tool),
  );
}

/** What is said by order is no call, unless the request leaves nothing else. */
function calledTool(
  request: ChatRequest,
  turn: Turn | undefined,
  fault: Fault | undefined,
): Called | undefined {
  const { tools, toolChoice } = request;
  if (fault?.kind === 'tool_call') return fault;
  if (turn === undefined || toolChoice.mode === 'none') return undefined;
  if (toolChoice.mode === 'auto') return fault?.kind === 'content' ? undefined : turn.next;
  if (toolChoice.mode === 'required' && turn.next !== undefined) return turn.next;
  const tool = toolChoice.mode === 'named' ? tools.find(({ name }) => name === toolChoice.name) : tools[0];
  return tool && { tool, arguments: argumentsOf(tool, turn) };
}

/** A function that is called: one of the request's, or one that a fault names. */
type Called =
  | (Pick<PlannedCall, 'tool'> & { readonly arguments: JsonObject | undefined })
  | Extract<Fault, { kind: 'tool_call' }>;

function dictatedText(
  request: ChatRequest,
  turn: { readonly author: Author; readonly tool: Called | undefined; readonly fault: Fault | undefined },
): string | null {
  const { author, tool, fault } = turn;
  const { format } = request;
  if (fault?.kind === 'content') return fault.text;
  if (fault?.kind === 'tool_call') return fault.arguments;
  if (tool !== undefined && 'tool' in tool)
    return jsonFor(tool.tool.parameters, fault, (schema) => tool.arguments ?? fillSchema(schema, author));
  const fill = (schema: JsonObject): unknown =>
    planFor(schema, request.messages) ?? fillSchema(schema, author);
  if (format.type === 'json_schema') return jsonFor(format.schema, fault, fill);
  if (format.type === 'text') return asksForJson(request) ? looseJson(author, fault) : null;
  return fault?.kind === 'bad_content' ? 'Here is the JSON: {"sandbox":' : looseJson(author, fault);
}

function jsonFor(
  schema: JsonObject,
  fault: Fault | undefined,
  fill: (schema: JsonObject) => unknown,
): string {
  const value = fill(schema);
  if (fault?.kind === 'wordy') return JSON.stringify(drawnOut(value, fault.times ?? 10));
  return JSON.stringify(fault?.kind === 'bad_content' ? violateSchema(value, schema) : value);
}

/** JSON that the schema does not allow: a required property left out as models do, else a value of another type. */
function violateSchema(value: unknown, schema: JsonObject): unknown {
  const [first] = [ownProperty(schema, 'required') ?? []].flat();
  if (isObject(value) && typeof first === 'string') {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== first));
  }
  return typesOf(schema).includes('string') || typeof value === 'string'
    ? 0
    : 'sandbox: not what the schema asks for';
}

const LONG_TEXT = 60;

/** Texts of a sentence and more are repeated; shorter ones, such as hashtags, are what they are. */
function drawnOut(value: unknown, times: number): unknown {
  if (Array.isArray(value)) return value.map((item) => drawnOut(item, times));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, drawnOut(item, times)]));
  if (typeof value !== 'string' || value.length < LONG_TEXT) return value;
  return Array.from({ length: times }, () => value).join(' ');
}

/** A request in words, for a model that takes no `response_format`. */
function asksForJson({ messages }: ChatRequest): boolean {
  return messages.some(({ role, text }) => role === 'system' && text.includes('Answer with JSON alone'));
}

/** For `json_object`: by the schema that stands in the prompt, as libraries put it there, else the labels found. */
function looseJson(author: Author, fault: Fault | undefined): string {
  const schema = author.embeddedSchema();
  if (schema !== undefined) return jsonFor(schema, fault, (one) => fillSchema(one, author));
  const labels = [...author.labels()].map(([name, value]) => [name.replaceAll(' ', '_'), value] as const);
  return JSON.stringify({
    ...Object.fromEntries(labels),
    subject: author.subject(),
    text: author.reply(0),
  });
}

function makeChoice(request: ChatRequest, text: string, tool: Called | undefined): Choice {
  const ends = request.stop.map((stop) => ({ stop, at: text.indexOf(stop) })).filter(({ at }) => at >= 0);
  const [first] = ends.toSorted((one, other) => one.at - other.at);
  const all = splitTokens(text.slice(0, first?.at));
  const stoppedBy = first?.stop ?? null;
  const tokens = request.maxTokens === null ? all : all.slice(0, request.maxTokens);
  const call =
    tool === undefined ? null : { id: callId(request), name: 'tool' in tool ? tool.tool.name : tool.name };
  if (tokens.length < all.length) return { tokens, call, finish: 'length', stoppedBy: null };
  // OpenAI finishes a call that was asked for by name with `stop`.
  const finish = call !== null && request.toolChoice.mode !== 'named' ? 'tool_calls' : 'stop';
  return { tokens, call, finish, stoppedBy };
}

/** Differs from turn to turn of a conversation, because the conversation does. */
function callId(request: ChatRequest): string {
  const words = request.messages.map(({ role, text, callsText }) => `${role}\n${text}\n${callsText}`);
  return `call_sandbox_${hash(words.join('\n')).toString(16).padStart(8, '0')}${request.messages.length}`;
}
