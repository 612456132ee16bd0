import { isRecord, jsonIn } from '#platform/kernel';
import { endOfEvent, eventsIn, hasData } from './events.ts';
import { EventCutter } from './event-cutter.ts';
import { lookOver } from '../dialects/look.ts';
import { CHAT } from '../dialects/chat.ts';
import type { Dialect } from '../dialects/dialect.ts';
import {
  plausibleUsage,
  estimatedTokens,
  type Figures,
  figuresIn,
  type InputUsage,
  mergeFigures,
  NO_ANSWER,
  type AnswerReading,
  readInput,
  readUsage,
  type TokenUsage,
} from '../metering/usage.ts';

const OPENS = 0x7b;
const CLOSES = 0x7d;
/** So much of a stream is kept until its figures come: without any, its words are counted. */
const MOST_KEPT = 1_048_576;
/** `data: [DONE]` with its line ends, and some air. */
const LONGEST_DONE = 64;
/** Azure's first event has no id. A server that gives none is not asked for ever. */
const EVENTS_WITH_ID = 4;
interface MeterOptions {
  /** The client asked for the usage event. */
  readonly wanted: boolean;
  readonly replies?: number;
  /** Chat completions when not said. */
  readonly dialect?: Dialect;
}

/**
 * Meters a stream of server-sent events without parsing each: it looks for the events that hold usage or an error. The
 * usage that the client did not ask for is taken out, and an error, which the reader is told at the end. Bytes are
 * passed on as they come, at the borders of events; what it finds does not depend on how the network cut them.
 */
export class StreamMeter {
  id: string | undefined;
  tier: string | undefined;
  /** The provider's error, or that an event was no JSON. */
  failure: Readonly<Record<string, unknown>> | undefined;
  /** How many bytes were passed on before the failure: what comes after them lacks what was lost. */
  wholeBytes: number | undefined;
  /** [DONE] has come. */
  isDone = false;
  #figures: Figures | undefined;
  /** Events with words that had come when the answer's figures last did. */
  #wordsAtFigures = 0;
  #isUsageAlone = false;
  /** An event that was parsed has ended the answer. */
  #hasEnded = false;
  #finished = 0;
  #events = 0;
  #words = 0;
  #bytes = 0;
  #saidBytes = 0;
  #passed = 0;
  readonly #cutter = new EventCutter();
  /** All that came, for its words; undefined: it is too much. */
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  readonly #wanted: boolean;
  readonly #replies: number;
  readonly dialect: Dialect;

  constructor(options: MeterOptions) {
    this.#wanted = options.wanted;
    this.#replies = options.replies ?? 1;
    this.dialect = options.dialect ?? CHAT;
  }

  /** Reads the facts of a stream that shows nothing. */
  static reading(received: Buffer, dialect: Dialect): AnswerReading {
    let [id, tier, error, figures]: [AnswerReading['id']?, string?, Figures?, Figures?] = [];
    let isSpent = false;
    for (const event of eventsIn(received.toString('utf8'))) {
      const answer = jsonIn(event);
      if (!isRecord(answer)) continue;
      const next = dialect.readEvent(answer);
      id ??= next.id;
      tier = next.tier ?? tier;
      error ??= next.error;
      isSpent ||= next.isSpent;
      if (next.figures !== undefined) figures = mergeFigures(figures, next.figures);
    }
    return { ...NO_ANSWER, usage: readUsage(figures), input: readInput(figures), id, tier, error, isSpent };
  }

  /** The input is no longer events: there is nothing to wait for. */
  get isUnreadable(): boolean {
    return this.#cutter.isBroken;
  }

  /** Whether anything of a stream was taken. */
  get hasBegun(): boolean {
    return this.#events > 0 || this.#cutter.isWithin;
  }

  /** The provider's figures of the whole answer. Those that come with every event are no whole before the last. */
  get usage(): TokenUsage | undefined {
    return this.isComplete || this.#isUsageAlone ? this.progress : undefined;
  }

  /** The provider's figures of the answer as far as it came; undefined where they are of its beginning and words came after them. */
  get progress(): TokenUsage | undefined {
    const usage = plausibleUsage(readUsage(this.#figures), this.#words > 0);
    const isOfAll = this.#words === this.#wordsAtFigures;
    // Figures in the first event are of the whole answer, or of none of it: our count, which is up to four times too high, tells.
    return isOfAll || (usage?.completionTokens ?? 0) * 4 >= this.shownTokens ? usage : undefined;
  }

  /** The provider's figures of the input, whenever they came. */
  get input(): InputUsage | undefined {
    return readInput(this.#figures);
  }

  /** Whether the answer has come to its end: not all servers send [DONE], nor usage. */
  get isComplete(): boolean {
    if (this.failure !== undefined) return false;
    return this.isDone || this.#isUsageAlone || this.#finished >= this.#replies;
  }

  /** Our own count of shown tokens, when the provider gave none: an event with words is about a token, four bytes are too. */
  get shownTokens(): number {
    return Math.max(this.#words, estimatedTokens(this.#bytes));
  }

  /** Thoughts were shown, and no word of an answer. */
  get hasOnlyThought(): boolean {
    return this.#words > 0 && this.#saidBytes === 0;
  }

  /** The shown words, in the order of events; undefined: they were too many to be kept. */
  get shown(): string | undefined {
    return this.#kept && wordsIn(this.dialect, eventsIn(Buffer.concat(this.#kept).toString('utf8')));
  }

  /** Takes what came and answers what to pass on: whole events, and nothing after the last. */
  push(chunk: Buffer): Buffer | undefined {
    if (this.isDone) return undefined;
    this.#keep(chunk);
    const data = this.#cutter.push(chunk);
    const passed = data === undefined ? undefined : this.#takeAll(data);
    if (this.#cutter.isBroken) {
      this.failure ??= {};
      this.wholeBytes ??= this.#passed;
    }
    return passed;
  }

  #takeAll(data: Buffer): Buffer | undefined {
    const parts: Buffer[] = [];
    let from = 0;
    let kept = 0;
    for (let end = endOfEvent(data, from); end !== -1 && !this.isDone; end = endOfEvent(data, end)) {
      if (!this.#take(data, from, end)) {
        if (from > kept) parts.push(data.subarray(kept, from));
        this.#passed += Math.max(0, from - kept);
        if (this.failure !== undefined) this.wholeBytes ??= this.#passed;
        kept = end;
      }
      from = end;
    }
    if (from > kept) parts.push(kept === 0 && from === data.length ? data : data.subarray(kept, from));
    this.#passed += from - kept;
    return join(parts);
  }

  #keep(chunk: Buffer): void {
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > MOST_KEPT) this.#kept = undefined;
    else this.#kept?.push(chunk);
  }

  /**
   * The rest when a stream ends within an event: an event that lacks its empty line is passed on with it. One that
   * is cut short is not, so that what the reader is told next stands alone.
   */
  flush(): Buffer | undefined {
    const rest = this.#cutter.rest();
    if (rest === undefined) return undefined;
    const event = Buffer.concat([rest, Buffer.from(rest.at(-1) === 0x0a ? '\n' : '\n\n')]);
    const isWhole = [...eventsIn(rest.toString('utf8'))].every(
      (data) => data === '[DONE]' || isRecord(jsonIn(data)),
    );
    if (!hasData(rest, 0, rest.length) || !isWhole) return undefined;
    return this.#take(event, 0, event.length) ? event : undefined;
  }

  /** Takes a usage that a translation has read: it tells its reader at the end alone, which may not come. */
  readonly told = (usage: Figures): void => {
    const figures = figuresIn({ usage });
    if (figures === undefined) return;
    this.#figures = mergeFigures(this.#figures, figures);
    this.#wordsAtFigures = this.#words;
  };

  /** Looks at a whole event; false when it is not to be passed on. */
  #take(data: Buffer, from: number, to: number): boolean {
    if (!hasData(data, from, to)) return true;
    if (to - from <= LONGEST_DONE && isDoneEvent(data.toString('utf8', from, to))) {
      this.isDone = true;
      // A reader stops there, and would take what it has for the whole.
      return this.failure === undefined;
    }
    this.#events += 1;
    if (!endsObject(data, from, to)) {
      this.failure ??= {};
      return false;
    }
    const { shownBytes, saidBytes, finished, mayTell, isLast } = lookOver(this.dialect.names, data, {
      from,
      to,
    });
    this.#bytes += shownBytes;
    this.#saidBytes += saidBytes;
    if (shownBytes > 0) this.#words += 1;
    this.#finished += finished;
    const lacksId = this.id === undefined && this.#events <= EVENTS_WITH_ID;
    const isRead = mayTell || lacksId || isNamedError(data, from);
    const isPassedOn = !isRead || this.#read(data.toString('utf8', from, to));
    this.isDone = (isLast || this.#hasEnded) && this.failure === undefined;
    return isPassedOn;
  }

  /** Reads the figures of an event; false when it holds nothing else, or is an error. */
  #read(event: string): boolean {
    const [data] = eventsIn(event);
    const answer = jsonIn(data ?? '');
    if (!isRecord(answer)) return true;
    const { id, tier, figures, isUsageAlone, isLast, ...read } = this.dialect.readEvent(answer);
    // A server may name the event alone an error, and say it without a frame.
    const error = read.error ?? (NAMED_ERROR.test(event) ? answer : undefined);
    this.#hasEnded ||= isLast === true;
    this.id ??= id;
    this.tier = tier ?? this.tier;
    if (error !== undefined) {
      this.failure ??= error;
      return false;
    }
    if (figures !== undefined) this.#figures = mergeFigures(this.#figures, figures);
    if (figures !== undefined) this.#wordsAtFigures = this.#words;
    if (!isUsageAlone) return true;
    if (this.#words > 0 && readUsage(this.#figures) !== undefined) this.#isUsageAlone = true;
    return this.#wanted;
  }
}

/** Looks for the first event of a stream that shows something of an answer, as its bytes come. */
export class StreamHead {
  readonly #cutter = new EventCutter();
  readonly #orCut: boolean;
  readonly #dialect: Dialect;
  #isBegun = false;
  #isOver = false;

  /** `orCut`: the end of an answer without a word is shown too, where it was cut. */
  constructor(orCut = true, dialect = CHAT) {
    this.#orCut = orCut;
    this.#dialect = dialect;
  }

  /** Takes what came: whether an answer has begun with it. Not with an error, nor where the stream ends before; then it is read to its end. */
  shows(chunk: Buffer): boolean {
    // A plain answer to a streamed request: it is read to its end.
    if (!this.#isBegun) {
      this.#isOver = isPlain(chunk);
      this.#isBegun = firstWord(chunk) < chunk.length;
    }
    const data = this.#isOver ? undefined : this.#cutter.push(chunk);
    if (data === undefined) return false;
    let from = 0;
    for (let end = endOfEvent(data, from); end !== -1 && !this.#isOver; end = endOfEvent(data, from)) {
      if (this.#showsIn(data.toString('utf8', from, end))) return true;
      from = end;
    }
    return false;
  }

  #showsIn(text: string): boolean {
    const [event] = eventsIn(text);
    if (event === undefined) return false;
    const answer = jsonIn(event);
    if (event === '[DONE]' || !isRecord(answer) || this.#dialect.readEvent(answer).error !== undefined)
      this.#isOver = true;
    else return this.#dialect.showsSomething(answer, this.#orCut);
    return false;
  }
}

/** Whether the input is JSON instead of events. */
export function isPlain(received: Buffer): boolean {
  return received[firstWord(received)] === OPENS;
}

const NAMED_ERROR = /^event: ?error\b/;
const FIRST_LETTER = 0x65;

function isNamedError(data: Buffer, from: number): boolean {
  return data[from] === FIRST_LETTER && NAMED_ERROR.test(data.toString('latin1', from, from + 13));
}

function isDoneEvent(event: string): boolean {
  if (!event.includes('[DONE]')) return false;
  const [data] = eventsIn(event);
  return data === '[DONE]';
}

/** Whether an event's last line ends an object. What does not was cut short by its provider. */
function endsObject(data: Buffer, from: number, to: number): boolean {
  let at = to - 1;
  while (at >= from && (data[at] ?? 0) <= 0x20) at -= 1;
  if (data[at] === CLOSES) return true;
  // A comment or another field may follow the data, and data may be empty.
  const [said] = eventsIn(data.toString('utf8', from, to));
  return said === undefined || isRecord(jsonIn(said));
}

function firstWord(data: Buffer): number {
  let at = 0;
  while (at < data.length && (data[at] ?? 0) <= 0x20) at += 1;
  return at;
}

function join(parts: readonly Buffer[]): Buffer | undefined {
  const [only] = parts;
  if (only === undefined || parts.length > 1) return only === undefined ? undefined : Buffer.concat(parts);
  return only;
}

/** The words of a stream's events: pieces are joined before they are counted. */
function wordsIn(dialect: Dialect, events: Iterable<string>): string {
  const words = new Map<string, string>();
  for (const event of events) {
    const answer = jsonIn(event);
    if (isRecord(answer)) dialect.addWords(words, answer);
  }
  return [...words.values()].join('\n');
}
