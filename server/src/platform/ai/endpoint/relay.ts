import type { ServerResponse } from 'node:http';
import { AppError, type EndOfTurn, isRecord, jsonIn } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { PipeCall, PlainAnswer, StreamAnswer } from '../pipe/attempt.ts';
import type { Door } from './door.ts';
import type { Deadlines, Watched } from '../providers/deadlines.ts';
import type { PreparedCall } from './endpoint.ts';
import type { StreamEnd } from '../pipe/live-stream.ts';
import { ProviderError } from '../errors.ts';
import { inItsWords } from './openai-errors.ts';
import type { Pipe } from '../pipe/pipe.ts';
import { planCall } from '../plan.ts';
import { type AiLogger, endedHere } from '../ports.ts';
import { timeLimits } from '../policy.ts';

export interface RelayTo {
  /** Takes the wire, when there is something to say on it. Until then a failure is thrown, for the server to answer. */
  readonly response: () => ServerResponse;
  readonly signal?: AbortSignal | undefined;
  /**
   * Settles in place of `permit.settle()` when a plain answer is there: to keep it under an Idempotency-Key. Such a call goes on
   * when its client has left, for as long as a stream of it waits for a reader that takes nothing (`timeouts.idle`).
   */
  readonly settle?: (body: Uint8Array) => Promise<void>;
  /** The caller's trace, for the provider. */
  readonly traceparent?: string | undefined;
}

export interface RelayParts {
  readonly pipe: Pipe;
  readonly deadlines: Deadlines;
  readonly logger: AiLogger | undefined;
  readonly sendAtEndOfTurn: EndOfTurn;
}

interface Relaying {
  readonly prepared: PreparedCall;
  readonly to: RelayTo;
}

/** Makes a call that came in at a door and answers it on the wire. */
export async function relay(parts: RelayParts, permit: Permit, { prepared, to }: Relaying): Promise<void> {
  const { policy, chain, wire } = prepared;
  const lingering =
    to.settle === undefined ? undefined : new AbsenceWatch(parts.deadlines, prepared, to.signal);
  const call: PipeCall = {
    permit,
    policy,
    chain,
    wire,
    budget: permit.reserve,
    tokens: permit.tokens,
    signal: lingering === undefined ? to.signal : lingering.signal,
    traceparent: to.traceparent,
  };
  const reader = wire.stream ? new StreamReader(parts, { door: prepared.door, call, to }) : undefined;
  let answer: PlainAnswer | StreamAnswer;
  try {
    answer = await parts.pipe(call);
  } catch (error) {
    await logFailure(parts, permit, () => closePermit(permit, error, to.signal));
    const told = inItsWords(error);
    if (reader?.close(told) !== true) throw told;
    return;
  } finally {
    lingering?.over();
  }
  if (answer.kind === 'stream' && reader !== undefined) return relayStream(parts, permit, { answer, reader });
  if (answer.kind === 'plain') await answerPlain(parts, permit, { answer, to, door: prepared.door });
}

/** Ends a call whose answer is kept when its client has been away for long enough, or at once when this server ends it. */
class AbsenceWatch implements Watched {
  due = 0;
  slot = -1;
  readonly #deadlines: Deadlines;
  readonly #end = new AbortController();
  readonly #over = new AbortController();

  constructor(deadlines: Deadlines, { policy, chain }: PreparedCall, client: AbortSignal | undefined) {
    this.#deadlines = deadlines;
    const patience = Math.max(...chain.map(({ price }) => timeLimits(policy, price).idle));
    const left = (): void => {
      if (endedHere(client) === undefined) deadlines.watch(this, patience);
      else this.#end.abort(client?.reason);
    };
    if (client?.aborted === true) left();
    else client?.addEventListener('abort', left, { signal: this.#over.signal });
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  expire(): void {
    this.#end.abort(new Error('the client has been away for too long'));
  }

  over(): void {
    this.#deadlines.forget(this);
    // A client that leaves later leaves an answer, and no call.
    this.#over.abort();
  }
}

async function answerPlain(
  parts: RelayParts,
  permit: Permit,
  { answer, to, door }: { readonly answer: PlainAnswer; readonly to: RelayTo; readonly door: Door },
): Promise<void> {
  const body = bodyAt(door, answer);
  const { maxTokens } = answer.plan;
  const mayAnswerFirst = to.settle === undefined && permit.mayAnswerFirst;
  const settled = logFailure(parts, permit, () =>
    to.settle === undefined ? permit.settle() : to.settle(body),
  );
  if (!mayAnswerFirst) await settled;
  const response = to.response();
  parts.sendAtEndOfTurn(() => {
    response.writeHead(200, {
      'content-type': answer.type ?? 'application/json',
      'content-length': body.length,
      ...(maxTokens > 0 && door.dialect.writes ? { 'x-plinth-max-tokens': maxTokens } : {}),
    });
    response.end(body);
  });
  await settled;
}

/** The answer in the door's own protocol. */
function bodyAt({ dialect, translation }: Door, answer: PlainAnswer): Buffer {
  const said = answer.dialect === dialect ? undefined : jsonIn(answer.body.toString('utf8'));
  if (translation === undefined || !isRecord(said)) return answer.body;
  return Buffer.from(JSON.stringify(translation.answer(said)));
}

async function relayStream(
  parts: RelayParts,
  permit: Permit,
  { answer, reader }: { readonly answer: StreamAnswer; readonly reader: StreamReader },
): Promise<void> {
  const { live } = answer;
  reader.pipe(answer);
  const end = await live.finished;
  const { mayAnswerFirst } = permit;
  // Something was shown, however it ended: it counts.
  const settled = logFailure(parts, permit, () => permit.settle());
  if (!mayAnswerFirst) await settled;
  reader.end(end);
  await settled;
}

/**
 * The quota of a call that the provider broke, or that we ended ourselves, goes back. A failure that the caller caused counts:
 * as done where it may have been served, so that a key is paid for once; a request that can only fail leaves its key free.
 */
function closePermit(permit: Permit, error: unknown, signal: AbortSignal | undefined): Promise<void> {
  const reason = error instanceof AppError ? error.code : 'internal';
  const isOurs = endedHere(signal) !== undefined;
  if (isOurs || !(error instanceof ProviderError) || !error.caused) return permit.release(reason);
  const isRefused = error.code === 'provider_rejected' || error.code === 'context_too_large';
  return isRefused ? permit.release(reason, { quota: 'kept' }) : permit.settle();
}

/** Why a stream ended early: where its own server ended it, by the error that it ended it with. */
function endError(error: AppError, signal: AbortSignal | undefined): AppError {
  return endedHere(signal) ?? error;
}

interface StreamRelay {
  readonly door: Door;
  readonly call: PipeCall;
  readonly to: RelayTo;
}

/** Milliseconds of silence until the client hears from us: proxies close after 15 s and more, and a tick may be late. */
const SILENCE = 12_000;
const COMMENT = ': keep-alive\n\n';

/**
 * The client of a streamed call. It hears a comment when nothing else was said for a while, also while the model still
 * thinks: comments show nothing, so that the call may still be tried again, and only a failure of all tries is told
 * within the stream.
 */
class StreamReader implements Watched {
  due = 0;
  slot = -1;
  readonly #parts: RelayParts;
  readonly #door: Door;
  readonly #call: PipeCall;
  readonly #to: RelayTo;
  #response: ServerResponse | undefined;
  /** The chunks of this turn of the event loop. */
  #said: Buffer[] = [];
  #last: Buffer | undefined;
  #isSending = false;
  /** The response is complete. */
  #isOver = false;

  constructor(parts: RelayParts, { door, call, to }: StreamRelay) {
    this.#parts = parts;
    this.#door = door;
    this.#call = call;
    this.#to = to;
    parts.deadlines.watch(this, SILENCE);
  }

  /** The stream was silent for a while. */
  expire(): void {
    if (this.#response === undefined && this.#to.signal?.aborted === true) return;
    const response = this.#response ?? this.#open(this.#cap());
    if (response.destroyed) return;
    // A client that does not read is not written to.
    if (!response.writableNeedDrain && !this.#isSending) response.write(COMMENT);
    this.#parts.deadlines.watch(this, SILENCE);
  }

  /** Passes a stream on. */
  pipe({ live, plan, dialect }: StreamAnswer): void {
    const response = this.#response ?? this.#open(plan.maxTokens);
    const { translation, dialect: own } = this.#door;
    const translate = dialect === own ? undefined : translation?.stream?.();
    response.on('drain', () => live.resume());
    response.once('close', () => live.stop());
    if (response.destroyed) live.stop();
    live.pipe({
      write: (chunk) => {
        this.#touch();
        this.#say(translate === undefined ? chunk : translate.push(chunk));
        // This turn's chunks may be more than its reader takes: then the next part has to wait.
        return !response.writableNeedDrain;
      },
      end: () => {
        if (translate !== undefined) this.#say(translate.end());
      },
      fail: (error) => this.#tell(error),
    });
  }

  /** The stream has ended, and its permit is closed. */
  end(how: StreamEnd): void {
    this.#parts.deadlines.forget(this);
    // A reader that took nothing won't take the end either.
    if (how === 'unread') this.#response?.destroy();
    else this.#close();
  }

  /** The call came to nothing. False when nothing was said yet, so that the failure may be answered as usual. */
  close(error: unknown): boolean {
    this.#parts.deadlines.forget(this);
    if (this.#response === undefined) return false;
    this.#tell(error instanceof AppError ? error : new AppError('internal', { cause: error }));
    this.#close();
    return true;
  }

  #open(maxTokens: number): ServerResponse {
    const response = this.#to.response();
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-plinth-max-tokens': maxTokens,
    });
    this.#response = response;
    return response;
  }

  /** The cap of the first model, for a client that hears before it is known which one answers. */
  #cap(): number {
    const [first] = this.#call.chain;
    if (first === undefined) return 0;
    return planCall(this.#call, first).maxTokens;
  }

  #touch(): void {
    this.due = this.#parts.deadlines.now + SILENCE;
  }

  #tell(error: AppError): void {
    if (this.#response === undefined) return;
    const told = endError(error, this.#to.signal);
    this.#say(Buffer.from(this.#door.errorEvent(told, this.#call.permit.requestId, this.#last)));
  }

  /** Many events come at once, and what reads them wakes for each write: they leave together, as a stream's end does with its last. */
  #say(chunk: Buffer): void {
    if (chunk.length > 0) this.#last = chunk;
    this.#said.push(chunk);
    this.#send();
  }

  #close(): void {
    this.#isOver = true;
    this.#send();
  }

  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#parts.sendAtEndOfTurn(() => this.#sendNow());
  }

  #sendNow(): void {
    const [only = Buffer.alloc(0), ...more] = this.#said;
    const bytes = more.length === 0 ? only : Buffer.concat(this.#said);
    this.#said = [];
    this.#isSending = false;
    const response = this.#response;
    if (response === undefined || response.destroyed) return;
    if (this.#isOver) response.end(bytes);
    else response.write(bytes);
  }
}

/** The caller gets its answer even if the ledger can't be reached: it is told again, and in the end the sweeper posts the reserve. */
async function logFailure(parts: RelayParts, permit: Permit, record: () => Promise<void>): Promise<void> {
  try {
    await record();
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    parts.logger?.error(
      { request_id: permit.requestId, permit_id: permit.id, code },
      'a permit was not resolved',
    );
  }
}
