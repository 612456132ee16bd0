import type { Bill, BillEntry, BilledCall } from './bill.ts';
import { type Dialect, encodedIn, packetsIn } from './dialects.ts';
import type { EncodedCompletion, Events } from './encode.ts';
import { orderedFailure } from './errors.ts';
import { type Exchange, commonHeaders, keyOf, sendErrors, requestId, send, sendText } from './exchange.ts';
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
    | 'cache_write_5m_tokens'
    | 'cache_write_1h_tokens'
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
  if (fault?.kind === 'redirect') return redirect(exchange, fault);
  if (fault?.kind === 'hang' && fault.billed !== true) return;
  if (fault?.kind === 'reset' && fault.billed !== true) {
    exchange.request.socket.resetAndDestroy();
    return;
  }
  const beforeHeaders =
    fault?.kind === 'latency' && !(fault.before === 'first_token' && delivery.line.streamed);
  const extra = beforeHeaders ? fault.ms : 0;
  to.pace.after(to.pace.latencyMs + extra, () => {
    sendErrors(exchange, () => conclude(delivery, to.bill));
  });
}

function redirect(
  exchange: Exchange,
  { status = 308, location }: Extract<Fault, { kind: 'redirect' }>,
): void {
  const to = location ?? `${exchange.request.url ?? '/'}?moved=1`;
  send(exchange, '', { status, headers: ['location', to] });
}

function conclude(delivery: Delivery, bill: Bill): void {
  const { exchange, fault } = delivery;
  const { response, request } = exchange;
  const entry = bill.add({
    request_id: requestId(exchange),
    at: new Date().toISOString(),
    ...delivery.line,
    client_request_id: clientRequestId(exchange),
    key_ending: keyOf(request).slice(-4),
    hung_up: response.destroyed,
    ...(fault === undefined ? {} : { fault: metBy(fault) }),
  });
  if (response.destroyed) return;
  watchCaller(delivery, entry);
  if (fault?.kind === 'reset') request.socket.resetAndDestroy();
  else if (fault?.kind !== 'hang') delivery.answer();
}

/** Without what it says: a bill holds no text. */
function metBy(fault: Fault): NonNullable<BilledCall['fault']> {
  const after = 'after' in fault ? fault.after : undefined;
  return { kind: fault.kind, ...(after === undefined ? {} : { after }) };
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
  const encoded = fault?.kind === 'dialect' ? encodedIn(fault.as, text) : undefined;
  if (encoded !== undefined)
    return send(exchange, encoded.bytes, { status: 200, headers: ['content-encoding', encoded.name] });
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

/** What a stream sends, and how it ends: with its last word, just ended, dropped, or never. */
interface Script {
  readonly first: readonly string[];
  readonly paced: readonly string[];
  readonly last: string;
  readonly end: 'close' | 'drop' | 'hang';
  /** What comes in a packet of its own, so many milliseconds after all else. */
  readonly late?: { readonly text: string; readonly ms: number };
}

/** Sends a completion as one plain answer. */
export function answerPlain(exchange: Exchange, encoded: EncodedCompletion, fault: Fault | undefined): void {
  sendPlain(exchange, encoded.plain(exchange.id), fault);
}

/** Sends a completion as a stream, in the rhythm of the sandbox: at once when it takes no time. */
export function answerStream(
  exchange: Exchange,
  encoded: EncodedCompletion,
  how: { readonly fault: Fault | undefined; readonly pace: Pace },
): void {
  const { response } = exchange;
  const { fault, pace } = how;
  if (fault?.kind === 'dialect' && fault.as === 'plain') return answerPlain(exchange, encoded, undefined);
  const events = encoded.events(exchange.id);
  const script = scriptFor(events, fault);
  const { type: kind = 'text/event-stream; charset=utf-8' } = exchange.protocol.stream ?? {};
  const type = ['content-type', kind, 'cache-control', 'no-cache'];
  if (fault?.kind === 'dialect')
    return answerInDialect(exchange, script, { as: fault.as, type, failure: events.failure });
  response.writeHead(200, [...commonHeaders(exchange), ...type]);
  const wait = fault?.kind === 'latency' && fault.before === 'first_token' ? fault.ms : 0;
  if (wait > 0 || script.first.length === 0) response.flushHeaders();
  if (fault?.kind === 'think') return think(exchange, script, { fault, pace });
  const isSlow = pace.rhythm(script.paced.length).pauseMs > 0;
  pace.after(wait, () => (isSlow ? play(exchange, script, pace) : playAtOnce(exchange, script, pace)));
}

/** Sends a stream as another vendor's server does, each packet when the one before it has left. */
function answerInDialect(
  exchange: Exchange,
  script: Script,
  how: { readonly as: Dialect; readonly type: readonly string[]; readonly failure: string },
): void {
  const { as, type, failure } = how;
  const { response } = exchange;
  const text = script.first.join('') + script.paced.join('') + script.last;
  const encoded = encodedIn(as, text);
  const encoding = encoded === undefined ? [] : ['content-encoding', encoded.name];
  response.writeHead(200, [...commonHeaders(exchange), ...type, ...encoding]);
  if (encoded !== undefined) return void response.end(encoded.bytes);
  const packets = [...packetsIn(as, text, failure)];
  const sendNext = (): void => {
    const packet = packets.shift();
    if (packet === undefined) response.end();
    else response.write(packet, () => setImmediate(sendNext));
  };
  sendNext();
}

/** Falls silent for the time of the fault, but for comments, and goes on. */
function think(
  exchange: Exchange,
  script: Script,
  { fault, pace }: { readonly fault: Extract<Fault, { kind: 'think' }>; readonly pace: Pace },
): void {
  const { response, protocol } = exchange;
  const { after = 0, ms, comment_ms: every } = fault;
  const shown = script.paced.slice(0, after);
  response.flushHeaders();
  if (after > 0) response.write([...script.first, ...shown].join(''), protocol.stream?.encoding ?? 'utf8');
  const first = after > 0 ? [] : script.first;
  const step = (left: number): void => {
    if (response.destroyed) return;
    if (left <= 0) return playAtOnce(exchange, { ...script, first, paced: script.paced.slice(after) }, pace);
    const pause = Math.min(every ?? left, left);
    pace.after(pause, () => {
      if (every !== undefined && protocol.stream === undefined && !response.destroyed)
        response.write(': SANDBOX PROCESSING\n\n');
      step(left - pause);
    });
  };
  step(ms);
}

function scriptFor({ open: first, tokens, close, broken, error }: Events, fault: Fault | undefined): Script {
  const last = close.join('');
  const upTo = (count = 0): readonly string[] => tokens.slice(0, count);
  if (fault?.kind === 'cut_stream') {
    const end = fault.abrupt === true ? 'drop' : 'close';
    if (fault.before === 'first_event') return { first: [], paced: [], last: '', end };
    return { first, paced: upTo(fault.after), last: '', end };
  }
  if (fault?.kind === 'split_done') {
    const late = { text: last.slice(SPLIT), ms: fault.ms ?? 20 };
    return { first, paced: tokens, last: last.slice(0, SPLIT), end: 'close', late };
  }
  if (fault?.kind === 'hang_midstream') return { first, paced: upTo(fault.after), last: '', end: 'hang' };
  if (fault?.kind === 'stream_error')
    return { first, paced: upTo(fault.after), last: error(fault), end: 'close' };
  if (fault?.kind === 'malformed_json') {
    const rest = tokens.slice(fault.after ?? 0);
    return { first, paced: [...upTo(fault.after), broken, ...rest], last, end: 'close' };
  }
  return { first, paced: tokens, last, end: 'close' };
}

/** Where the end is cut that comes in two packets: `data: [DO`, `NE]`. */
const SPLIT = -'NE]\n\n'.length;

function playAtOnce({ response, protocol }: Exchange, script: Script, pace: Pace): void {
  if (response.destroyed) return;
  const encoding = protocol.stream?.encoding ?? 'utf8';
  const text = script.first.join('') + script.paced.join('') + script.last;
  const { late } = script;
  if (late !== undefined) {
    response.write(text, encoding);
    pace.after(late.ms, () => response.end(late.text, encoding));
  } else if (script.end === 'close') response.end(text, encoding);
  else response.write(text, encoding, () => script.end === 'drop' && response.destroy());
}

function play(exchange: Exchange, script: Script, pace: Pace): void {
  const { response, protocol } = exchange;
  const encoding = protocol.stream?.encoding ?? 'utf8';
  if (response.destroyed) return;
  response.write(script.first.join(''), encoding);
  const { pieceTokens, pauseMs } = pace.rhythm(script.paced.length);
  let position = 0;
  const step = (): void => {
    if (response.destroyed) return;
    const piece = script.paced.slice(position, position + pieceTokens);
    position += pieceTokens;
    if (position < script.paced.length) {
      response.write(piece.join(''), encoding);
      pace.after(pauseMs, step);
    } else {
      playAtOnce(exchange, { ...script, first: [], paced: piece }, pace);
    }
  };
  pace.after(pauseMs, step);
}
