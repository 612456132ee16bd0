import type { PromptCache } from './anthropic/prompt-cache.ts';
import type { MessagesRequest } from './anthropic/request.ts';
import type { Bill, BilledCall } from './bill.ts';
import { complete, type Completion } from './completion.ts';
import { answerPlain, answerStream, deliver, type Delivery, sendPlain } from './delivery.ts';
import { embed } from './embeddings.ts';
import { type EncodedCompletion, type EncodeOptions, encode } from './encode.ts';
import { ApiError, noSuchRoute } from './errors.ts';
import { type Exchange, keyOf, parseJson, send, sendErrors, sendJson, sendText } from './exchange.ts';
import { type Fault, type FaultPlan, faultFromHeader } from './faults.ts';
import { draw } from './images.ts';
import { moderate, MODERATION_MODEL } from './moderations.ts';
import type { Pace } from './pace.ts';
import { checkProfile, type Profile } from './profiles.ts';
import { type ChatRequest, parseChatRequest } from './request.ts';
import { speak } from './speech.ts';
import { readResponsesRequest } from './responses/request.ts';
import { transcribe, type Transcript } from './transcriptions.ts';

/** What the calls of one sandbox share. */
export interface Vendor {
  readonly bill: Bill;
  readonly faults: FaultPlan;
  readonly pace: Pace;
  readonly prepared: Readonly<Record<CompletionApi['endpoint'], PreparedAnswers<ReadRequest>>>;
  readonly preparedMessages: PreparedAnswers<MessagesRequest>;
  readonly promptCache: PromptCache;
  /** Requests that came so far, those that steer the sandbox left out. */
  requests: number;
}

/** A protocol in which a completion is asked for. */
interface CompletionApi {
  readonly endpoint: Extract<BilledCall['endpoint'], '/v1/chat/completions' | '/v1/responses'>;
  /** Throws the ApiError of a request that it refuses. */
  read(body: unknown): ReadRequest;
  check(profile: Profile, body: unknown): void;
}

/** A request that was read, and how the answer to it is written. */
export interface ReadRequest {
  readonly request: ChatRequest;
  encode(completion: Completion, options: EncodeOptions): EncodedCompletion;
}

/** A request that was read, and the answer to it. */
export interface Prepared<Request> {
  readonly request: Request;
  readonly encoded: EncodedCompletion;
}

const CHAT: CompletionApi = {
  endpoint: '/v1/chat/completions',
  read: (body) => ({ request: parseChatRequest(body), encode }),
  check: checkProfile,
};

const RESPONSES: CompletionApi = {
  endpoint: '/v1/responses',
  read: readResponsesRequest,
  check: (profile, body) => {
    if (profile.responses === undefined) throw noSuchRoute('POST', '/v1/responses');
    checkProfile({ ...profile, refuses: profile.responses }, body);
  },
};

// A load test sends the same few bodies over and over: a call then costs 37 µs of CPU, all in, instead of 150
// (or 300 with a schema). At most about 16 MB.
const MOST_KEPT = 64;
const LARGEST_KEPT_BODY = 16_384;
const LARGEST_KEPT_ANSWER = 1_000;

/** Answers to the last few different requests: a request's answer depends on its body alone. */
export class PreparedAnswers<Request> {
  readonly #kept = new Map<string, Prepared<Request>>();
  readonly #prepare: (body: unknown) => Prepared<Request>;

  constructor(prepare: (body: unknown) => Prepared<Request>) {
    this.#prepare = prepare;
  }

  for(body: string): Prepared<Request> {
    const kept = this.#kept.get(body);
    if (kept !== undefined) return kept;
    const made = this.#prepare(parseJson(body));
    if (body.length <= LARGEST_KEPT_BODY && made.encoded.usage.completionTokens <= LARGEST_KEPT_ANSWER) {
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(body, made);
    }
    return made;
  }
}

const preparedIn = (api: CompletionApi) =>
  new PreparedAnswers((body) => {
    const request = api.read(body);
    return { request, encoded: encodeFor(request) };
  });

export const preparedAnswers = (): Vendor['prepared'] => ({
  '/v1/chat/completions': preparedIn(CHAT),
  '/v1/responses': preparedIn(RESPONSES),
});

function encodeFor(
  { request, encode: write }: ReadRequest,
  fault?: Fault,
  profile?: Profile,
): EncodedCompletion {
  const options = {
    includeUsage: request.includeUsage || profile?.usage === 'unasked',
    hideUsage: fault?.kind === 'missing_usage',
    fails: fault?.kind === 'dialect' && fault.as === 'failed',
    usageIn: profile?.usage,
  };
  return write(completeAfter(profile?.thinks ?? request.thinks ?? 0, request, fault), options);
}

/** A model that thinks has that much less for its answer. */
export function completeAfter(tokens: number, request: ChatRequest, fault: Fault | undefined): Completion {
  const { maxTokens } = request;
  const thought = Math.min(tokens, maxTokens ?? Number.POSITIVE_INFINITY);
  const left = maxTokens === null ? null : maxTokens - thought;
  const { usage, ...completion } = complete({ ...request, maxTokens: left }, fault);
  return {
    ...completion,
    usage: {
      ...usage,
      completionTokens: usage.completionTokens + thought,
      reasoningTokens: usage.reasoningTokens + thought,
    },
  };
}

/** True for a fault that changes the answer or its usage, and not only its delivery. */
export const changesAnswer = (fault: Fault | undefined): boolean =>
  CHANGES_ANSWER.has(fault?.kind) || (fault !== undefined && 'reasoning_tokens' in fault);

const CHANGES_ANSWER: ReadonlySet<Fault['kind'] | undefined> = new Set<Fault['kind']>([
  'bad_content',
  'dialect',
  'wordy',
  'empty_choices',
  'missing_usage',
  'content',
  'tool_call',
  'usage',
]);

/** POST /v1/chat/completions. */
export const serveChat = (exchange: Exchange, body: string, vendor: Vendor): void =>
  serveCompletion(CHAT, { exchange, body, vendor });

/** POST /v1/responses. */
export const serveResponses = (exchange: Exchange, body: string, vendor: Vendor): void =>
  serveCompletion(RESPONSES, { exchange, body, vendor });

function serveCompletion(
  api: CompletionApi,
  call: { readonly exchange: Exchange; readonly body: string; readonly vendor: Vendor },
): void {
  const { exchange, body, vendor } = call;
  const { profile } = exchange;
  if (profile !== undefined) api.check(profile, parseJson(body));
  const { request: read, encoded: usual } = vendor.prepared[api.endpoint].for(body);
  const fault = faultFor(exchange, read.request.model, vendor);
  const encoded = changesAnswer(fault) || profile !== undefined ? encodeFor(read, fault, profile) : usual;
  const line = { endpoint: api.endpoint, streamed: read.request.stream };
  deliverCompletion(exchange, { encoded, fault, line }, vendor);
}

/** Bills a completion and sends it, plain or as a stream. */
export function deliverCompletion(
  exchange: Exchange,
  {
    encoded,
    fault,
    line,
  }: {
    readonly encoded: EncodedCompletion;
    readonly fault: Fault | undefined;
    readonly line: Partial<Delivery['line']> & Pick<Delivery['line'], 'endpoint' | 'streamed'>;
  },
  vendor: Vendor,
): void {
  const { usage, model } = encoded;
  const answer = line.streamed
    ? (): void => answerStream(exchange, encoded, { fault, pace: vendor.pace })
    : (): void => answerPlain(exchange, encoded, fault);
  const billed = {
    model,
    prompt_tokens: usage.promptTokens,
    cached_tokens: usage.cachedTokens,
    completion_tokens: usage.completionTokens,
    reasoning_tokens: usage.reasoningTokens,
    ...line,
  };
  deliver({ exchange, fault, line: billed, answer }, vendor);
}

/** POST /v1/embeddings. */
export function serveEmbeddings(exchange: Exchange, body: string, vendor: Vendor): void {
  const embedded = embed(parseJson(body));
  const fault = faultFor(exchange, embedded.model, vendor);
  const changed = {
    ...embedded.answer,
    ...(fault?.kind === 'missing_usage' ? { usage: undefined } : {}),
    ...(fault?.kind === 'empty_choices' ? { data: [] } : {}),
  };
  deliverWhole(exchange, changed, {
    fault,
    vendor,
    line: { endpoint: '/v1/embeddings', ...lineOf(embedded) },
  });
}

/** POST /v1/images/generations. */
export function serveImages(exchange: Exchange, body: string, vendor: Vendor): void {
  const drawn = draw(parseJson(body));
  const fault = faultFor(exchange, drawn.model, vendor);
  const answer = {
    ...drawn.answer,
    ...(fault?.kind === 'missing_usage' ? { usage: undefined } : {}),
    ...(fault?.kind === 'empty_choices' ? { data: [] } : {}),
  };
  const line = { ...lineOf(drawn), completion_tokens: drawn.pictureTokens };
  deliverWhole(exchange, answer, { fault, vendor, line: { endpoint: '/v1/images/generations', ...line } });
}

/** POST /v1/audio/speech: billed by its characters. */
export function serveSpeech(exchange: Exchange, body: string, vendor: Vendor): void {
  const { model, characters, type, sound } = speak(parseJson(body));
  const fault = faultFor(exchange, model, vendor);
  const line = { endpoint: '/v1/audio/speech' as const, ...lineOf({ model, promptTokens: characters }) };
  const answer = (): void =>
    fault === undefined || fault.kind === 'latency'
      ? send(exchange, sound, { status: 200, headers: ['content-type', type] })
      : sendPlain(exchange, JSON.stringify({ error: { message: 'The sandbox was told to fail.' } }), fault);
  deliver({ exchange, fault, line, answer }, vendor);
}

/** POST /v1/audio/transcriptions: billed by tokens or by seconds, as its model is. */
export function serveTranscription(exchange: Exchange, form: Buffer, vendor: Vendor): void {
  const fault = faultFor(exchange, 'transcriptions', vendor);
  const type = String(exchange.request.headers['content-type']);
  const answer = (heard: Transcript): void => {
    const line = { ...lineOf(heard), completion_tokens: heard.completionTokens };
    const headers = ['content-type', heard.type];
    deliver(
      {
        exchange,
        fault,
        line: { endpoint: '/v1/audio/transcriptions', ...line },
        answer: () =>
          fault === undefined || heard.type !== 'application/json'
            ? send(exchange, heard.text, { status: 200, headers })
            : sendPlain(exchange, heard.text, fault),
      },
      vendor,
    );
  };
  void transcribe(form, type, fault?.kind !== 'missing_usage').then(
    (heard) => sendErrors(exchange, () => answer(heard)),
    (error: unknown) =>
      sendErrors(exchange, () => {
        throw error;
      }),
  );
}

export const lineOf = ({
  model,
  promptTokens,
}: {
  readonly model: string;
  readonly promptTokens: number;
}) => ({
  model,
  prompt_tokens: promptTokens,
  cached_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  streamed: false,
});

/** Bills an answer that is never streamed, and sends it. */
export function deliverWhole(
  exchange: Exchange,
  answer: object,
  { fault, line, vendor }: Pick<Delivery, 'fault' | 'line'> & { readonly vendor: Vendor },
): void {
  const sendAnswer = (): void => sendPlain(exchange, JSON.stringify(answer), fault);
  deliver({ exchange, fault, line, answer: sendAnswer }, vendor);
}

/** POST /v1/moderations: costs nothing, so that no bill has it. It meets only faults that name its model. */
export function serveModeration(exchange: Exchange, body: string, vendor: Vendor): void {
  const answer = moderate(parseJson(body), exchange.id);
  const fault = vendor.faults.takeNamed(MODERATION_MODEL);
  if (fault === undefined) return sendJson(exchange, answer);
  if (fault.kind === 'status')
    throw new ApiError(fault.status, { message: fault.message ?? 'The sandbox was told to fail.' });
  if (fault.kind === 'malformed_json') return sendText(exchange, '{"id":"modr');
  if (fault.kind !== 'hang') exchange.request.destroy();
}

/** The fault in the request's own header; else the next that was queued; else the standing one. */
export function faultFor({ request }: Exchange, model: string, vendor: Vendor): Fault | undefined {
  const header = request.headers['x-sandbox-fault'];
  if (typeof header !== 'string') return vendor.faults.take(model, keyOf(request));
  const fault = faultFromHeader(header);
  if (fault === null)
    throw new ApiError(400, { message: `x-sandbox-fault: the sandbox knows no fault "${header}"` });
  return fault.model === undefined || fault.model === model ? fault : undefined;
}
