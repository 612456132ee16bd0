import { jsonIn, isRecord } from '#platform/kernel';
import { isPlain, StreamMeter } from './stream-meter.ts';
import type { Dialect } from '../dialects/dialect.ts';
import {
  estimatedTokens,
  NO_ANSWER,
  type AnswerReading,
  type Figures,
  readUsage,
} from '../metering/usage.ts';

/** The rest of a plain answer is kept up to this size; of a larger one only its end, where the usage stands. */
const MOST_KEPT = 1_048_576;
const TAIL = 65_536;
/** Bytes that are read on, however fast they come. */
const MOST_READ = 33_554_432;

/** How reading on ended; what was read is without usage where the provider gave none. */
export interface ReadOn extends Omit<AnswerReading, 'usable' | 'error' | 'isSpent'> {
  /** Our own count of the tokens read. */
  readonly shownTokens: number;
  /** `whole`: to its end. `part`: more may be billed than was read. `not_served`: it was an error, and is not billed. */
  readonly end: LateEnd;
}

/** How complete an answer is that was read on without its caller. */
export type LateEnd = 'whole' | 'part' | 'not_served';

/**
 * The rest of an answer whose caller no longer waits. A provider generates on and bills it, so that it is read, for
 * a bounded time and size, to learn what it used.
 */
export class Remainder {
  #meter: StreamMeter | undefined;
  readonly #done: (read: ReadOn) => void;
  #kept: Buffer[] = [];
  #keptSize = 0;
  #size = 0;
  #isAllKept = true;

  readonly #dialect: Dialect;

  /** `meter`: of a call that asked for a stream. `done` is called once. */
  constructor(parts: {
    readonly dialect: Dialect;
    readonly meter: StreamMeter | undefined;
    readonly done: (read: ReadOn) => void;
  }) {
    this.#dialect = parts.dialect;
    this.#meter = parts.meter;
    this.#done = parts.done;
  }

  /** Takes a part; false: it is too much. */
  data(chunk: Buffer): boolean {
    // Some providers answer a stream request in plain JSON.
    if (this.#size === 0 && this.#meter?.hasBegun === false && isPlain(chunk)) this.#meter = undefined;
    this.#size += chunk.length;
    if (this.#meter === undefined) this.#keep(chunk);
    else this.#meter.push(chunk);
    return this.#size <= MOST_READ;
  }

  over(end: 'end' | 'lost'): void {
    const { id, tier, usable, error, seconds, ...figures } =
      this.#meter === undefined ? this.#plain() : readMeter(this.#meter);
    // A stream that its provider broke off is billed as far as it came.
    const usage = figures.usage ?? (end === 'end' ? this.#meter?.progress : undefined);
    const shownTokens = this.#meter?.shownTokens ?? estimatedTokens(this.#size);
    this.#kept = [];
    const isRefused = error !== undefined && usage === undefined && (this.#meter?.shownTokens ?? 0) === 0;
    const read = isRefused ? 'not_served' : end === 'end' && usable ? 'whole' : 'part';
    this.#done({ usage, input: figures.input, seconds, id, tier, shownTokens, end: read });
  }

  #keep(chunk: Buffer): void {
    this.#kept.push(chunk);
    this.#keptSize += chunk.length;
    if (this.#keptSize <= MOST_KEPT) return;
    const tail = Buffer.concat(this.#kept).subarray(-TAIL);
    this.#kept = [tail];
    this.#keptSize = tail.length;
    this.#isAllKept = false;
  }

  #plain(): AnswerReading {
    const body = Buffer.concat(this.#kept);
    if (this.#isAllKept) return this.#dialect.readAnswer(jsonIn(body.toString('utf8')));
    const usage = usageAtEnd(body.toString('latin1'));
    return {
      ...NO_ANSWER,
      usable: true,
      usage: usage === undefined ? undefined : readUsage(this.#dialect.figures(usage)),
    };
  }
}

function readMeter(meter: StreamMeter): AnswerReading {
  meter.flush();
  const { usage, input, id, tier, isComplete: usable, failure } = meter;
  // An event that is no JSON is no answer of the provider's: more may be billed than it shows.
  const error = failure === undefined || Object.keys(failure).length === 0 ? undefined : failure;
  return { usable, usage, input, id, tier, error, isSpent: false };
}

/** The usage that stands in the end of an answer: the last object of that name, or of Google's, `usageMetadata`. */
function usageAtEnd(tail: string): Figures | undefined {
  const from = tail.lastIndexOf('"usage');
  const open = tail.indexOf('{', from);
  if (from === -1 || open === -1) return undefined;
  let depth = 0;
  for (let at = open; at < tail.length; at += 1) {
    if (tail[at] === '{') depth += 1;
    else if (tail[at] === '}') depth -= 1;
    if (depth > 0) continue;
    const usage = jsonIn(tail.slice(open, at + 1));
    return isRecord(usage) ? usage : undefined;
  }
  return undefined;
}
