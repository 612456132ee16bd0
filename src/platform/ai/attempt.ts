import type { IncomingHttpHeaders } from 'node:http';
import { dispatchPoint, type Passing } from '#platform/db';
import type { Clock, Micros } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Permit, Usage } from '#platform/limits';
import type { Deadlines } from './deadlines.ts';
import { type Ended, Exchange } from './exchange.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { LiveStream, type StreamEnd } from './live-stream.ts';
import { type Failure, failedInStream, mishap, refusal, unusable } from './outcome.ts';
import type { Passage } from './passage.ts';
import { type Plan, planCall } from './plan.ts';
import type { Policy } from './policy.ts';
import type { AiLogger, AiMetrics, CallOutcome, HangUp } from './ports.ts';
import type { Target } from './providers.ts';
import type { Release } from './slots.ts';
import { StreamMeter } from './stream-meter.ts';
import { estimatedTokens, idOf, readAnswer, type Reading } from './usage.ts';
import { type WireRequest, writeWire } from './wire.ts';

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
  /** Caps the reply to what this buys (the door); without it the permit's reserve is extended instead. */
  readonly budget?: Micros | undefined;
  readonly hangUp?: HangUp | undefined;
  /** Whose provider slots it takes; `interactive` when not said. */
  readonly lane?: Lane | undefined;
}

export interface PlainAnswer {
  readonly kind: 'plain';
  readonly body: Buffer;
  readonly usage: Usage;
  readonly target: Target;
  readonly plan: Plan;
}

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly live: LiveStream;
  readonly target: Target;
  readonly plan: Plan;
}

export interface AttemptParts {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly priceVersion: string;
  readonly safetyIdentifier: (permit: Permit) => string;
  readonly logger: AiLogger | undefined;
  readonly metrics: AiMetrics | undefined;
  readonly passing: Passing | undefined;
}

export interface Turn {
  readonly passage: Passage;
  /** Milliseconds that are left of the call's run time. */
  readonly runTime: number;
}

/**
 * Makes one provider call under the permit, and posts what became of it (a stream: when it ends). However it ends, the
 * passage is judged and released.
 */
export async function attempt(
  parts: AttemptParts,
  call: PipeCall,
  turn: Turn,
): Promise<PlainAnswer | StreamAnswer | Failure> {
  const { passage } = turn;
  let done: PlainAnswer | StreamAnswer | Failure | undefined;
  try {
    done = await made(parts, call, turn);
    return done;
  } finally {
    passage.judge('neutral');
    // A stream keeps its slot until it ends.
    if (done === undefined || !('live' in done)) passage.release();
  }
}

async function made(
  parts: AttemptParts,
  call: PipeCall,
  turn: Turn,
): Promise<PlainAnswer | StreamAnswer | Failure> {
  const { passage } = turn;
  const plan = planCall({ ...call, priceVersion: parts.priceVersion }, passage.target);
  await call.permit.send(plan.call);
  const entry: LedgerEntry = { permit: call.permit, wire: call.wire, target: passage.target, plan };
  if (call.hangUp?.aborted === true) {
    parts.ledger.notServed(entry);
    return mishap({ mishap: 'stopped', status: 0, isSent: false });
  }
  const started = parts.clock.monotonic();
  const exchange = open(parts, call, turn);
  let ended: Ended;
  try {
    ended = await exchanged(exchange, { parts, call, entry });
  } catch (error) {
    // undici refused the request itself, so that nothing was sent.
    parts.ledger.notServed(entry);
    exchange.stop();
    throw error;
  }
  const done = conclude({ parts, call, entry, exchange, started, release: passage.release }, ended);
  const failure = 'ledger' in done ? done : undefined;
  passage.judge(failure?.health ?? 'ok', failure?.retryAfter);
  // A stream is reported when it has ended.
  if (!('live' in done)) report(parts, entry, { started, outcome: failure?.outcome ?? 'served', failure });
  return done;
}

function open(parts: AttemptParts, call: PipeCall, turn: Turn): Exchange {
  const { timeouts, caps } = call.policy;
  return new Exchange({
    deadlines: parts.deadlines,
    timeouts: {
      firstToken: timeouts.firstToken,
      idle: timeouts.idle,
      total: Math.max(1, Math.min(timeouts.total, turn.runTime)),
    },
    maxBytes: caps.answerBytes,
    headOf: call.wire.stream ? showsAnswer : undefined,
    answering: parts.passing === undefined ? undefined : () => parts.passing?.(DISPATCH, 'after'),
  });
}

function showsAnswer(received: Buffer): boolean {
  return StreamMeter.judge(received) === 'answer';
}

interface Sending {
  readonly parts: AttemptParts;
  readonly call: PipeCall;
  readonly entry: LedgerEntry;
}

async function exchanged(exchange: Exchange, { parts, call, entry }: Sending): Promise<Ended> {
  const { hangUp, wire, policy } = call;
  const { upstream, model } = entry.target;
  const { dialect } = upstream;
  const isChat = wire.endpoint === '/chat/completions';
  const body = writeWire(wire, {
    model,
    maxTokens: isChat ? [dialect.maxTokensField, entry.plan.maxTokens] : undefined,
    temperature: isChat && !wire.hasTemperature ? policy.temperature : undefined,
    safetyIdentifier: isChat && dialect.safety ? parts.safetyIdentifier(call.permit) : undefined,
    store: isChat && dialect.safety,
    streamUsage: dialect.streamUsage,
  });
  const stop = (): void => exchange.stop();
  hangUp?.addEventListener('abort', stop);
  try {
    parts.passing?.(DISPATCH, 'before');
    exchange.send(upstream.dispatcher, {
      origin: upstream.origin,
      path: upstream.path + wire.endpoint,
      method: 'POST',
      headers: [...upstream.headers, 'x-request-id', call.permit.requestId],
      body,
    });
    return await exchange.ended;
  } finally {
    hangUp?.removeEventListener('abort', stop);
  }
}

interface Conclusion extends Sending {
  readonly exchange: Exchange;
  readonly started: number;
  readonly release: Release;
}

function conclude(at: Conclusion, ended: Ended): PlainAnswer | StreamAnswer | Failure {
  const { parts, entry } = at;
  if (ended.kind === 'stream') return streaming(at, ended);
  if (ended.kind === 'mishap') return posted(at, mishap(ended), undefined);
  if (ended.status !== 200) {
    return posted(
      at,
      refusal(ended, { now: parts.clock.now(), apiKey: entry.target.upstream.apiKey }),
      undefined,
    );
  }
  if (at.call.wire.stream) {
    const reading = StreamMeter.reading(ended.body);
    return posted(at, reading.failed ? failedInStream() : unusable(), { ...reading, ...ended });
  }
  const reading = readAnswer(ended.body);
  if (!reading.usable) return posted(at, unusable(), { ...reading, ...ended });
  const usage = parts.ledger.served(entry, served(reading, ended));
  return { kind: 'plain', body: ended.body, usage, target: entry.target, plan: entry.plan };
}

type Read = Reading & { readonly headers: IncomingHttpHeaders; readonly body: Buffer };

function served(
  reading: Reading,
  answer: { headers: IncomingHttpHeaders; body: Buffer },
): Parameters<Ledger['served']>[1] {
  return {
    usage: reading.usage,
    shownTokens: estimatedTokens(answer.body.length),
    id: requestId(answer.headers) ?? reading.id,
    tier: reading.tier,
  };
}

function posted({ parts, entry }: Conclusion, failure: Failure, read: Read | undefined): Failure {
  if (failure.ledger === 'not_served') parts.ledger.notServed(entry);
  else if (failure.ledger === 'throttled') parts.ledger.throttled(entry);
  else if (failure.ledger === 'unusable' && read !== undefined)
    parts.ledger.served(entry, served(read, read));
  else parts.ledger.unknown(entry);
  return failure;
}

function streaming(at: Conclusion, ended: Extract<Ended, { kind: 'stream' }>): StreamAnswer {
  const { parts, call, entry, exchange, started } = at;
  const { hangUp, wire } = call;
  const meter = new StreamMeter({ wanted: wire.wantsUsage });
  const stop = (): void => exchange.stop();
  const live = new LiveStream({
    exchange,
    head: ended.head,
    meter,
    post(end) {
      hangUp?.removeEventListener('abort', stop);
      at.release();
      const { usage, shownTokens, tier } = meter;
      const booked = parts.ledger.streamed(
        entry,
        { usage, shownTokens, tier, id: requestId(ended.headers) ?? meter.id },
        end,
      );
      if (end === 'cut' || end === 'timeout') entry.target.breaker.record('pass', 'failed');
      report(parts, entry, { started, outcome: OUTCOMES[end], failure: undefined });
      return booked;
    },
  });
  if (hangUp?.aborted === true) exchange.stop();
  else hangUp?.addEventListener('abort', stop);
  return { kind: 'stream', live, target: entry.target, plan: entry.plan };
}

const OUTCOMES: Readonly<Record<StreamEnd, CallOutcome>> = {
  complete: 'served',
  cut: 'lost',
  timeout: 'timeout',
  unread: 'hung_up',
  hung_up: 'hung_up',
};

/** The provider's id of a call: the header that its support asks for, where it has one. */
function requestId(headers: IncomingHttpHeaders): string | undefined {
  return idOf(headers['x-request-id'] ?? headers['request-id']);
}

function report(
  parts: AttemptParts,
  { permit, target }: LedgerEntry,
  call: { readonly started: number; readonly outcome: CallOutcome; readonly failure: Failure | undefined },
): void {
  const { outcome, failure } = call;
  const { provider, model } = target;
  const seconds = (parts.clock.monotonic() - call.started) / 1_000;
  parts.metrics?.providerCall({ provider, model, outcome, seconds });
  const { logger } = parts;
  if (logger === undefined) return;
  const fields = { request_id: permit.requestId, permit_id: permit.id, provider, model, outcome, seconds };
  if (outcome === 'served') logger.debug(fields, 'provider call');
  else if (outcome === 'hung_up') logger.info(fields, 'provider call broken off by its caller');
  else
    logger.warn({ ...fields, status: failure?.status, provider_code: failure?.code }, 'provider call failed');
}
