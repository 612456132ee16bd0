import type { IncomingHttpHeaders } from 'node:http';
import { dispatchPoint, type CrashHook } from '#platform/db';
import { isRecord, jsonIn, type Micros, unlessTooDeep } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Permit, Usage } from '#platform/limits';
import type { Span } from '#platform/telemetry';
import type { Dialect } from '../dialects/dialect.ts';
import type { Deadlines } from '../providers/deadlines.ts';
import { type Ended, Exchange } from '../providers/exchange.ts';
import { callInForm, changeFor, type Form, withRefusedFields } from './added-fields.ts';
import { type Ledger, type LedgerEntry, asRequest, requestId, toCallFigures, usageTold } from './ledger.ts';
import { LiveStream, type StreamEnd, type StreamSource, endedSource } from './live-stream.ts';
import {
  brokenStreamError,
  type Failure,
  streamErrorFailure,
  isUnserved,
  spentFailure,
  transportFailure,
  refusalFailure,
  unusableFailure,
} from './outcome.ts';
import type { SlotAdmission } from '../slots/slot-admission.ts';
import type { CallPlan } from '../plan.ts';
import { type Policy, timeLimits } from '../policy.ts';
import { type CallOutcome, endedHere } from '../ports.ts';
import type { Target } from '../providers/providers.ts';
import type { AnswerTranslation } from '../providers/translation.ts';
import { report, type ReportParts, startProviderSpan } from './report.ts';
import { type LateEnd, Remainder } from '../streams/remainder.ts';
import { sendPlanned } from './send-planned.ts';
import { loadTranslation, requestFor } from './translated.ts';
import { StreamHead, StreamMeter } from '../streams/stream-meter.ts';
import type { TokenCounter } from '../metering/tokens.ts';
import type { AnswerReading } from '../metering/usage.ts';
import { contentTypeOf, type WireChange, type WireRequest } from '../wire.ts';

const DISPATCH = dispatchPoint(
  'ai.dispatch',
  'a request is on its way to a model provider (after: it has begun to answer)',
);

/** One governed call, as the pipe takes it. */
export interface PipeCall {
  readonly permit: Permit;
  readonly policy: Policy;
  /** The models to try, the first preferred. */
  readonly chain: readonly Target[];
  readonly wire: WireRequest;
  /** Caps the reply to what this buys (the OpenAI endpoint); without it the permit's reserve is extended instead. */
  readonly budget?: Micros | undefined;
  /** The same by tokens, where a limit counts them. */
  readonly tokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The lane whose provider slots it takes; `interactive` by default. */
  readonly lane?: Lane | undefined;
  /** The caller's trace, as W3C's header has it: it goes on to the provider. */
  readonly traceparent?: string | undefined;
}

export interface PlainAnswer {
  readonly kind: 'plain';
  /** The protocol in which the model was asked, and answered. */
  readonly dialect: Dialect;
  readonly body: Buffer;
  /** The type of its content, where it is no JSON. */
  readonly type?: string | undefined;
  readonly usage: Usage;
  readonly target: Target;
  readonly plan: CallPlan;
}

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly dialect: Dialect;
  readonly live: LiveStream;
  readonly target: Target;
  readonly plan: CallPlan;
}

export interface AttemptParts extends ReportParts {
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly tokens: TokenCounter;
  readonly safetyIdentifier: (permit: Permit) => string;
  /** Whether this process still has the slots that its permits take. */
  readonly maySend: (() => boolean) | undefined;
  readonly crashHook: CrashHook | undefined;
}

export interface AttemptState {
  readonly admission: SlotAdmission;
  /** Milliseconds that are left of the call's run time. */
  readonly runTime: number;
  /** Once the call is made. */
  exchange?: Exchange;
}

/**
 * Makes one provider call under the permit, and posts its outcome (a stream: when it ends). However it ends, the
 * admission has its outcome recorded and is released.
 */
export async function attempt(
  parts: AttemptParts,
  call: PipeCall,
  current: AttemptState,
): Promise<PlainAnswer | StreamAnswer | Failure> {
  const { admission } = current;
  let done: PlainAnswer | StreamAnswer | Failure | undefined;
  try {
    done = await callInForm(parts.logger, { call, target: admission.target }, (asked, form) =>
      makeCall(parts, asked, { current, form }),
    );
    return done;
  } finally {
    admission.record('neutral');
    // A stream keeps its slot until it ends.
    if (done === undefined || !('live' in done)) releaseSlot(current);
  }
}

/** The provider's slot is free when nothing more is read of an answer. */
function releaseSlot({ admission, exchange }: AttemptState): void {
  if (exchange?.readsOn !== true) admission.release();
}

async function makeCall(
  parts: AttemptParts,
  call: PipeCall,
  { current, form }: { readonly current: AttemptState; readonly form: Form },
): Promise<PlainAnswer | StreamAnswer | Failure> {
  const { admission } = current;
  const loading = loadTranslation(admission.target, call.wire);
  const loaded = loading && (await loading);
  const { plan, wire, event } = await sendPlanned(parts, call, admission.target);
  const entry: LedgerEntry = { permit: call.permit, event, wire, target: admission.target, plan };
  if (call.signal?.aborted === true) {
    parts.ledger.notServed(entry);
    return transportFailure({ failure: 'stopped', status: 0, isSent: false });
  }
  const started = parts.clock.monotonic();
  const span = startProviderSpan(entry);
  const meter = call.wire.stream ? new StreamMeter(meterOptions(call.wire)) : undefined;
  const translation = loaded && {
    translation: loaded,
    context: { ...admission.target, stream: wire.stream, now: parts.clock.now(), told: meter?.told },
  };
  const exchange = openExchange(parts, { call, entry, current, meter, translation });
  current.exchange = exchange;
  const change = changeFor(call.policy, entry, { ...form, safetyIdentifier: parts.safetyIdentifier });
  let ended: Ended;
  try {
    ended = await sendRequest(exchange, { parts, call, entry, span, change, translation });
  } catch (error) {
    // undici refused the request itself, so that nothing was sent.
    parts.ledger.notServed(entry);
    exchange.stop();
    span?.end('not_sent');
    throw error;
  }
  const at = { parts, call, entry, current, meter, exchange, started, span, change, form, translation };
  const done = await conclude(at, ended);
  const failure = 'ledger' in done ? done : undefined;
  // A call that is made anew has not ended.
  if (failure?.retry !== 'changed') admission.record(failure?.health ?? 'ok', failure);
  // A stream is reported when it has ended.
  if (!('live' in done)) {
    const usage = 'usage' in done ? done.usage : undefined;
    report(parts, entry, { started, span, outcome: failure?.outcome ?? 'served', failure, usage });
  }
  return done;
}

function meterOptions({ wantsUsage, replies, dialect }: WireRequest) {
  return { wanted: wantsUsage, replies, dialect };
}

function openExchange(
  parts: AttemptParts,
  { call, entry, current, meter, translation }: OpenInput,
): Exchange {
  const { caps } = call.policy;
  const timeouts = timeLimits(call.policy, entry.target.price);
  const exchange: Exchange = new Exchange({
    deadlines: parts.deadlines,
    timeouts: {
      first: call.wire.stream ? timeouts.firstToken : timeouts.firstByte,
      idle: timeouts.idle,
      total: Math.max(1, Math.min(timeouts.total, current.runTime)),
    },
    maxBytes: caps.answerBytes,
    head: call.wire.stream ? new StreamHead(call.budget !== undefined, call.wire.dialect) : undefined,
    maySend: parts.maySend,
    translation,
    answering: parts.crashHook === undefined ? undefined : () => parts.crashHook?.(DISPATCH, 'after'),
    remainder(received) {
      const remainder = new Remainder({
        dialect: call.wire.dialect,
        meter,
        done({ end, ...read }) {
          current.admission.release();
          const usage = usageTold(entry, { ...read, usable: end === 'whole' });
          const seen = { ...read, usage, id: requestId(exchange.headers) ?? read.id };
          parts.ledger.late(entry, seen, lateEndOf(exchange.status, end));
        },
      });
      remainder.data(received);
      return remainder;
    },
  });
  return exchange;
}

/** How much of an answer that was read on is known to be billed, by its status too. */
function lateEndOf(status: number, end: LateEnd): LateEnd {
  if (status === 200) return end;
  return isUnserved(status) ? 'not_served' : 'part';
}

interface SendInput {
  readonly parts: AttemptParts;
  readonly call: PipeCall;
  readonly entry: LedgerEntry;
  readonly span: Span | undefined;
  readonly change: WireChange;
  /** Set for a vendor of another protocol. */
  readonly translation: AnswerTranslation | undefined;
}

async function sendRequest(
  exchange: Exchange,
  { parts, call, entry, span, change, translation }: SendInput,
): Promise<Ended> {
  const { signal, wire } = call;
  const { upstream } = entry.target;
  const made = requestFor(upstream, { translation, wire, change });
  const request = made instanceof Promise ? await made : made;
  const stop = (): void => exchange.stop();
  signal?.addEventListener('abort', stop);
  try {
    parts.crashHook?.(DISPATCH, 'before');
    exchange.send(upstream.dispatcher, {
      origin: upstream.origin,
      path: request.path,
      method: 'POST',
      headers: [
        ...upstream.headers,
        'content-type',
        contentTypeOf(wire),
        ...request.headers,
        ...(wire.headers ?? []),
        ...headersOf(call, span),
      ],
      body: request.body,
    });
    return await exchange.ended;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function headersOf({ permit, traceparent: given }: PipeCall, span: Span | undefined): string[] {
  const traceparent = span?.traceparent ?? given;
  const trace = traceparent === undefined ? [] : ['traceparent', traceparent];
  return ['x-request-id', permit.requestId, ...trace];
}

interface OpenInput {
  readonly call: PipeCall;
  readonly entry: LedgerEntry;
  readonly current: AttemptState;
  /** Set for a stream. */
  readonly meter: StreamMeter | undefined;
  readonly translation: AnswerTranslation | undefined;
}

interface ConcludeInput extends SendInput, OpenInput {
  readonly exchange: Exchange;
  readonly started: number;
  readonly form: Form;
}

async function conclude(at: ConcludeInput, ended: Ended): Promise<PlainAnswer | StreamAnswer | Failure> {
  const { parts, entry } = at;
  if (ended.kind === 'stream') return startStream(at, { headers: ended.headers, source: at.exchange });
  if (ended.kind === 'failure')
    return postFailure(
      at,
      transportFailure({ ...ended, isOurs: endedHere(at.call.signal) !== undefined }),
      undefined,
    );
  const { key, upstream, isOwnKey } = entry.target;
  const context = {
    now: parts.clock.now(),
    apiKey: upstream.apiKey,
    isOneKey: key !== undefined,
    ownKeyAt: isOwnKey && upstream.name,
  };
  if (ended.status !== 200) {
    const refusal = refusalFailure(ended, context);
    return postFailure(at, inOtherForm(at, refusal, ended.body.toString('utf8')), undefined);
  }
  const { dialect } = at.call.wire;
  const answer = dialect.readBytes === undefined ? jsonIn(ended.body.toString('utf8')) : undefined;
  const type = dialect.readBytes && (ended.headers['content-type'] ?? '');
  const reading = dialect.readBytes?.(ended.body, type ?? '') ?? dialect.readAnswer(answer);
  const isUnusable = !reading.usable || reading.error !== undefined;
  const isUnshown = isUnusable && reading.error === undefined && at.call.wire.stream;
  const shown = isUnshown ? StreamMeter.reading(ended.body, dialect) : reading;
  // Through the OpenAI endpoint the caller has set the length, and is answered as it is.
  if (shown.isSpent && at.call.budget === undefined) {
    entry.target.learned.thinks = true;
    return postFailure(at, spentFailure(entry.plan.room > 0), { ...shown, ...ended });
  }
  if (isUnusable) {
    const failure = shown.error === undefined ? unusableFailure() : streamErrorFailure(shown.error, context);
    return postFailure(at, inOtherForm(at, failure, JSON.stringify(shown.error ?? {})), {
      ...shown,
      ...ended,
    });
  }
  if (at.call.wire.stream) {
    const head = isRecord(answer) ? unlessTooDeep(() => dialect.asStream(answer)) : Buffer.alloc(0);
    return head === undefined
      ? postFailure(at, unusableFailure(), { ...reading, ...ended })
      : startStream(at, { headers: ended.headers, source: endedSource(head) });
  }
  const usage = await parts.ledger.served(entry, toCallFigures(entry, reading, ended));
  return { kind: 'plain', dialect, body: ended.body, type, usage, target: entry.target, plan: entry.plan };
}

/** `text` is the refusal's: an answer may repeat its request, and with it all names of fields. */
const inOtherForm = ({ entry, change, form }: ConcludeInput, failure: Failure, text: string): Failure =>
  withRefusedFields({ failure, text, entry, change, ...form });

type Read = AnswerReading & { readonly headers: IncomingHttpHeaders; readonly body: Buffer };

async function postFailure(
  { parts, entry }: ConcludeInput,
  failure: Failure,
  read: Read | undefined,
): Promise<Failure> {
  const { ledger } = parts;
  if (failure.ledger === 'not_served') ledger.notServed(entry);
  else if (failure.ledger === 'no_try') ledger.throttled(entry);
  else if (failure.ledger === 'caused') await ledger.caused(entry);
  else
    await ledger.broken(
      entry,
      read === undefined ? undefined : { ...toCallFigures(entry, read, read), shownTokens: 0 },
    );
  return failure;
}

interface StreamStart {
  readonly headers: IncomingHttpHeaders;
  readonly source: StreamSource;
}

function startStream(at: ConcludeInput, begun: StreamStart): StreamAnswer {
  const { parts, call, entry, exchange, started, span } = at;
  const { signal, wire } = call;
  at.current.admission.record('ok'); // Before its end, which may be here already.
  const meter = at.meter ?? new StreamMeter(meterOptions(wire));
  const stop = (): void => exchange.stop();
  // A stream that has ended by now takes it off again.
  signal?.addEventListener('abort', stop);
  const live = new LiveStream({
    source: begun.source,
    meter,
    brokenBy: (said) => brokenStreamError(said, entry.target.upstream.apiKey),
    post(end) {
      signal?.removeEventListener('abort', stop);
      releaseSlot(at.current);
      const { usage, progress, input, shownTokens, tier } = meter;
      const shown = usage === undefined ? asRequest(meter.shown) : undefined;
      // A call that this server ended is not charged.
      const isOurs = end === 'hung_up' && endedHere(signal) !== undefined;
      const id = requestId(begun.headers) ?? meter.id;
      const seen = { usage, progress, input, shownTokens, shown, tier, id, isHurried: isOurs };
      const booked = parts.ledger.streamed(entry, seen, isOurs ? 'cut' : end);
      if (end === 'cut' || end === 'timeout') entry.target.breaker.broke(call.permit.accountId);
      const ended = { started, span, outcome: OUTCOMES[end], failure: undefined };
      report(parts, entry, { ...ended, usage: booked instanceof Promise ? undefined : booked });
      return booked;
    },
  });
  if (signal?.aborted === true) exchange.stop();
  return { kind: 'stream', dialect: wire.dialect, live, target: entry.target, plan: entry.plan };
}

const OUTCOMES: Readonly<Record<StreamEnd, CallOutcome>> = {
  complete: 'served',
  cut: 'lost',
  timeout: 'timeout',
  overdue: 'timeout',
  unread: 'hung_up',
  hung_up: 'hung_up',
};
