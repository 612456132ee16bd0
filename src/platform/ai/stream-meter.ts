import type { TokenUsage } from './prices.ts';
import {
  estimatedTokens,
  idOf,
  isRecord,
  NOTHING,
  parsedText,
  type Reading,
  readObject,
  readUsage,
} from './usage.ts';

const USAGE = Buffer.from('"usage"');
const DATA = Buffer.from('data:');
const LF = 0x0a;
const CR = 0x0d;
/** An event longer than this is no usage event: it is passed on in parts. */
const MOST_HELD = 65_536;

/**
 * Meters a stream of server-sent events without parsing each: it looks for the one event that holds usage, and takes
 * it out when the client did not ask for it. Bytes are passed on as they come, at the borders of events.
 */
export class StreamMeter {
  usage: TokenUsage | undefined;
  id: string | undefined;
  tier: string | undefined;
  #events = 0;
  #bytes = 0;
  /** Bytes of an event that are not the model's words, measured at the first event. */
  #frame = 0;
  #held: Buffer | undefined;
  readonly #wanted: boolean;

  constructor(options: { wanted: boolean }) {
    this.#wanted = options.wanted;
  }

  /** Tells whether a stream's beginning shows an answer, still waits for one, or is an error or an empty answer. */
  static judge(received: Buffer): 'answer' | 'waiting' | 'nothing' {
    const end = borderOf(received);
    if (end === 0) return received.length > MOST_HELD ? 'answer' : 'waiting';
    for (const event of eventsIn(received.toString('utf8', 0, end))) {
      if (event === '[DONE]') return 'nothing';
      const answer = parsedText(event);
      if (!isRecord(answer) || 'error' in answer) return 'nothing';
      if (Array.isArray(answer['choices']) && answer['choices'].length > 0) return 'answer';
      if (isRecord(answer['usage'])) return 'nothing';
    }
    return 'waiting';
  }

  /** What a stream that shows nothing says of itself. */
  static reading(received: Buffer): Reading & { readonly failed: boolean } {
    let reading = NOTHING;
    let failed = false;
    for (const event of eventsIn(received.toString('utf8'))) {
      const answer = parsedText(event);
      failed ||= isRecord(answer) && 'error' in answer;
      const next = readObject(answer);
      if (next.usage !== undefined || reading.id === undefined) reading = next;
    }
    return { ...reading, failed };
  }

  /** Takes what came and answers what to pass on. */
  push(chunk: Buffer): Buffer | undefined {
    const data = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    const border = borderOf(data);
    const end = border < data.length && data.length - border > MOST_HELD ? data.length : border;
    this.#held = end < data.length ? data.subarray(end) : undefined;
    if (end === 0) return undefined;
    const whole = end === data.length ? data : data.subarray(0, end);
    this.#measure(whole);
    return whole.includes(USAGE) ? this.#withoutUsage(whole) : whole;
  }

  /** What is left when a stream ends within an event. */
  flush(): Buffer | undefined {
    const rest = this.#held;
    this.#held = undefined;
    return rest;
  }

  /** Our own count of what was shown, when the provider gave none: an event is about a token, four bytes are too. */
  get shownTokens(): number {
    return Math.max(
      this.#events - 1,
      estimatedTokens(Math.max(0, this.#bytes - this.#events * this.#frame)),
      0,
    );
  }

  #measure(whole: Buffer): void {
    if (this.#events === 0) this.#readFirst(whole);
    this.#bytes += whole.length;
    for (let at = whole.indexOf(DATA); at !== -1; at = whole.indexOf(DATA, at + 5)) this.#events += 1;
  }

  #readFirst(whole: Buffer): void {
    const [event] = eventsIn(whole.toString('utf8'));
    const answer = parsedText(event ?? '');
    if (event === undefined || !isRecord(answer)) return;
    this.#frame = event.length + 8;
    this.id = idOf(answer['id']);
  }

  #withoutUsage(whole: Buffer): Buffer | undefined {
    let kept = whole;
    for (let at = kept.indexOf(USAGE); at !== -1; at = kept.indexOf(USAGE, at)) {
      at += USAGE.length;
      if (!opensObject(kept, at)) continue;
      const from = borderOf(kept.subarray(0, at));
      const end = nextBorder(kept, at);
      const isUsageOnly = this.#readUsageEvent(kept.toString('utf8', from, end));
      if (isUsageOnly && !this.#wanted) {
        kept = Buffer.concat([kept.subarray(0, from), kept.subarray(end)]);
        at = from;
      } else at = end;
    }
    return kept.length === 0 ? undefined : kept;
  }

  /** Reads the usage of an event; true when the event holds nothing else. */
  #readUsageEvent(text: string): boolean {
    const [event] = eventsIn(text);
    const answer = parsedText(event ?? '');
    if (!isRecord(answer)) return false;
    this.usage = readUsage(answer['usage']) ?? this.usage;
    if (typeof answer['service_tier'] === 'string') this.tier = answer['service_tier'];
    return Array.isArray(answer['choices']) && answer['choices'].length === 0;
  }
}

/** Where the last complete event ends. */
function borderOf(data: Buffer): number {
  const last = data.length - 1;
  if (data[last] === LF && (data[last - 1] === LF || (data[last - 1] === CR && data[last - 2] === LF)))
    return data.length;
  const plain = data.lastIndexOf('\n\n');
  const windows = data.lastIndexOf('\r\n\r\n');
  return Math.max(plain === -1 ? 0 : plain + 2, windows === -1 ? 0 : windows + 4);
}

/** Where the event around a place ends. */
function nextBorder(data: Buffer, at: number): number {
  const plain = data.indexOf('\n\n', at);
  const windows = data.indexOf('\r\n\r\n', at);
  const ends = [plain === -1 ? data.length : plain + 2, windows === -1 ? data.length : windows + 4];
  return Math.min(...ends);
}

function opensObject(data: Buffer, after: number): boolean {
  for (let at = after; at < data.length; at += 1) {
    const byte = data[at];
    if (byte === 0x7b) return true;
    if (byte !== 0x3a && byte !== 0x20) return false;
  }
  return false;
}

/** The data of each event of a text. */
export function* eventsIn(text: string): Generator<string> {
  for (const event of text.split(/\r?\n\r?\n/)) {
    const data = event
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trim())
      .join('\n');
    if (data !== '') yield data;
  }
}
