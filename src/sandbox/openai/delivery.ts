import type { Bill, BillEntry, BilledCall } from './bill.ts';
import { DONE, type Encoded, eventHead, plainHead } from './encode.ts';
import { orderedFailure } from './errors.ts';
import { type Exchange, commonHeaders, guarded, requestId, sendText } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { Pace } from './pace.ts';

/** A call that is accepted and generated, about to be billed and answered. */
export interface Delivery {
  readonly exchange: Exchange;
  readonly fault: Fault | undefined;
  readonly line: Pick<
    BilledCall,
    | 'endpoint'
    | 'model'
    | 'prompt_tokens'
    | 'cached_tokens'
    | 'completion_tokens'
    | 'reasoning_tokens'
    | 'streamed'
  >;
  /** Sends the answer. */
  answer(): void;
}

/**
 * Serves a call as its fault says: refused, left hanging or reset before it is billed; else billed when its
 * answer is ready, whether or not the caller still waits, and then answered.
 */
export function deliver(delivery: Delivery, to: { readonly bill: Bill; readonly pace: Pace }): void {
  const { fault, exchange } = delivery;
  if (fault?.kind === 'status') throw orderedFailure(fault);
  if (fault?.kind === 'hang' && fault.billed !== true) return;
  if (fault?.kind === 'reset' && fault.billed !== true) {
    exchange.request.socket.resetAndDestroy();
    return;
  }
  const beforeHeaders =
    fault?.kind === 'latency' && !(fault.before === 'first_token' && delivery.line.streamed);
  const extra = beforeHeaders ? fault.ms : 0;
  to.pace.after(to.pace.latencyMs + extra, () => {
    guarded(exchange, () => conclude(delivery, to.bill));
  });
}

function conclude(delivery: Delivery, bill: Bill): void {
  const { exchange, fault } = delivery;
  const { response, request } = exchange;
  const entry = bill.add({
    request_id: requestId(exchange),
    at: new Date().toISOString(),
    ...delivery.line,
    client_request_id: clientRequestId(exchange),
    hung_up: response.destroyed,
  });
  if (response.destroyed) return;
  watchCaller(delivery, entry);
  if (fault?.kind === 'reset') request.socket.resetAndDestroy();
  else if (fault?.kind !== 'hang') delivery.answer();
}

function clientRequestId({ request }: Exchange): string | null {
  const id = request.headers['x-request-id'] ?? request.headers['x-client-request-id'];
  return typeof id === 'string' && id !== '' ? id.slice(0, 200) : null;
}

function watchCaller({ exchange, fault }: Delivery, entry: BillEntry): void {
  if (fault?.kind === 'reset' || fault?.kind === 'cut_stream') return;
  const { response } = exchange;
  response.once('close', () => {
    if (!response.writableFinished) entry.hungUp();
  });
}

/** Sends a plain answer, spoiled as the fault says. */
export function sendPlain(exchange: Exchange, text: string, fault: Fault | undefined): void {
  const half = text.slice(0, text.length / 2);
  if (fault?.kind === 'malformed_json') return sendText(exchange, half);
  if (fault?.kind !== 'hang_midstream' && fault?.kind !== 'cut_stream') return sendText(exchange, text);
  const { response } = exchange;
  const length = String(Buffer.byteLength(text));
  response.writeHead(200, [
    ...commonHeaders(exchange),
    'content-type',
    'application/json',
    'content-length',
    length,
  ]);
  response.write(half, () => {
    if (fault.kind === 'cut_stream') response.destroy();
  });
}

/** What a stream sends, and how it ends: with [DONE], just ended, dropped, or never. */
interface Script {
  readonly first: readonly string[];
  readonly paced: readonly string[];
  readonly last: string;
  readonly end: 'close' | 'drop' | 'hang';
}

/** Sends a completion as one plain answer. */
export function answerPlain(exchange: Exchange, encoded: Encoded, fault: Fault | undefined): void {
  sendPlain(exchange, plainHead(exchange.id) + encoded.plain(), fault);
}

/** Sends a completion as a stream, in the rhythm of the sandbox: at once when it takes no time. */
export function answerStream(
  exchange: Exchange,
  encoded: Encoded,
  how: { readonly fault: Fault | undefined; readonly pace: Pace },
): void {
  const { response } = exchange;
  const { fault, pace } = how;
  const script = scriptFor(encoded, { head: eventHead(exchange.id), fault });
  const type = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];
  response.writeHead(200, [...commonHeaders(exchange), ...type]);
  const wait = fault?.kind === 'latency' && fault.before === 'first_token' ? fault.ms : 0;
  if (wait > 0) response.flushHeaders();
  const isSlow = pace.rhythm(script.paced.length).pauseMs > 0;
  pace.after(wait, () => (isSlow ? play(exchange, script, pace) : playAtOnce(exchange, script)));
}

function scriptFor(
  encoded: Encoded,
  how: { readonly head: string; readonly fault: Fault | undefined },
): Script {
  const { head, fault } = how;
  const { open, tokens, close } = encoded.events();
  const headed = (events: readonly string[]): string[] => events.map((event) => head + event);
  const first = headed(open);
  const last = headed(close).join('') + DONE;
  const upTo = (count = 0): string[] => headed(tokens.slice(0, count));
  if (fault?.kind === 'cut_stream') {
    return { first, paced: upTo(fault.after), last: '', end: fault.abrupt === true ? 'drop' : 'close' };
  }
  if (fault?.kind === 'hang_midstream') return { first, paced: upTo(fault.after), last: '', end: 'hang' };
  if (fault?.kind === 'malformed_json') {
    const broken = `${head}"object":"chat.completion.chunk","choices":[{"index":0,"delta":\n\n`;
    const rest = headed(tokens.slice(fault.after ?? 0));
    return { first, paced: [...upTo(fault.after), broken, ...rest], last, end: 'close' };
  }
  return { first, paced: headed(tokens), last, end: 'close' };
}

function playAtOnce({ response }: Exchange, script: Script): void {
  if (response.destroyed) return;
  const text = script.first.join('') + script.paced.join('') + script.last;
  if (script.end === 'close') response.end(text);
  else response.write(text, () => script.end === 'drop' && response.destroy());
}

function play(exchange: Exchange, script: Script, pace: Pace): void {
  const { response } = exchange;
  if (response.destroyed) return;
  response.write(script.first.join(''));
  const { pieceTokens, pauseMs } = pace.rhythm(script.paced.length);
  let position = 0;
  const step = (): void => {
    if (response.destroyed) return;
    const piece = script.paced.slice(position, position + pieceTokens);
    position += pieceTokens;
    if (position < script.paced.length) {
      response.write(piece.join(''));
      pace.after(pauseMs, step);
    } else {
      playAtOnce(exchange, { ...script, first: [], paced: piece });
    }
  };
  pace.after(pauseMs, step);
}
