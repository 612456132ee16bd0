import { Worker } from 'node:worker_threads';
import { type CallSize, inputBound, type Price } from './prices.ts';
import type { Timers } from '../timers.ts';
import type { Counted } from './token-texts.ts';
import type { Question, Reply } from './tokens-worker.ts';
import { keptText, type WireRequest } from '../wire.ts';

/**
 * How many tokens more than o200k_base another vendor's tokenizer makes of a text. Anthropic says 30 % between two of its
 * own (platform.claude.com, Token counting); the rest is room. docs/gateway.md, Counting.
 */
const OTHER_TOKENIZERS = 1.35;

/**
 * The input of a request in tokens, without its pictures: by OpenAI's own tokenizer for models that use it, and never less
 * than a vendor of another one would find.
 */
export function tokensOf(price: Pick<Price, 'tokenizer'>, counted: Counted): number {
  return price.tokenizer === 'o200k'
    ? counted.o200k
    : Math.max(Math.ceil(counted.o200k * OTHER_TOKENIZERS), counted.fine);
}

/** A request as prices see it: its text by the tokenizer where it was counted, else by its bytes; its pictures by the vendor's rule. */
export function sizeOf(price: Price, wire: SizeInput): Omit<CallSize, 'maxOutputTokens'> {
  const { characters, pictures, replies, tier, counted } = wire;
  const inputBytes = pictures.reduce((bytes, picture) => bytes - picture.bytes, wire.inputBytes);
  const bound = Math.ceil(inputBytes / price.bytesPerToken);
  const tokens = counted === undefined ? undefined : Math.min(bound, tokensOf(price, counted));
  return {
    inputBytes,
    // The bytes of a file say little of its length: silence is packed to nothing.
    inputTokens: heardTokens(price) ?? characters ?? tokens,
    pictures,
    replies,
    tier,
    cachesForHours: wire.cachesForHours === true,
  };
}

/** A file that is heard counts as the longest that its model takes, in seconds or in tokens. */
function heardTokens({ kind, maxSeconds, context }: Price): number | undefined {
  return kind === 'transcriptions' ? (maxSeconds ?? context) : undefined;
}

/** The most that a request counts as input, in tokens. Once it is counted (`TokenCounter`) it is close to what the vendor bills, and never below. */
export function inputTokens(price: Price, wire: SizeInput): number {
  return inputBound(price, sizeOf(price, wire));
}

type SizeInput = Pick<
  WireRequest,
  'characters' | 'inputBytes' | 'pictures' | 'replies' | 'tier' | 'counted' | 'cachesForHours'
>;

/** Milliseconds of the worker's own time for one request: about a megabyte of text. What is left counts by its bytes. */
const BUDGET = 250;
/** So many questions at once; later ones get no count, and go on with the bound by bytes. */
const MOST_WAITING = 32;
/** Milliseconds that a call waits for its count: the start of the worker (0.4 s), and all questions before it (8 s). */
const PATIENCE = 10_000;

export interface TokenCounter {
  /**
   * Counts a request's input, its pictures apart, by a real tokenizer, on a thread of its own. It is started when first asked (70 MB,
   * 0.4 s). Undefined: it could not be counted in time, and the bound by bytes stands. A request is counted once.
   */
  count(wire: Pick<WireRequest, 'kept'>): Promise<Counted | undefined>;
  close(): Promise<void>;
}

interface PendingCount {
  readonly resolve: (counted: Counted | undefined) => void;
  readonly cancel: () => void;
}

export function createTokenCounter({ timers }: { readonly timers: Timers }): TokenCounter {
  const known = new WeakMap<object, Promise<Counted | undefined>>();
  const waiting = new Map<number, PendingCount>();
  let worker: Worker | undefined;
  let asked = 0;

  function answer(id: number, counted: Counted | undefined): void {
    const one = waiting.get(id);
    waiting.delete(id);
    one?.cancel();
    one?.resolve(counted);
    if (waiting.size === 0) worker?.unref();
  }

  function handleExit(of: Worker): void {
    if (worker === of) worker = undefined;
    for (const id of waiting.keys()) answer(id, undefined);
  }

  function startWorker(): Worker {
    const made = new Worker(new URL('./tokens-worker.ts', import.meta.url));
    made.on('message', ({ id, counted }: Reply) => answer(id, counted));
    // The next question starts another one.
    made.on('error', () => handleExit(made));
    made.on('exit', () => handleExit(made));
    return made;
  }

  function ask(kept: string): Promise<Counted | undefined> {
    if (waiting.size >= MOST_WAITING) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      worker ??= startWorker();
      worker.ref();
      asked += 1;
      const id = asked;
      const cancel = timers.after(PATIENCE, () => answer(id, undefined));
      waiting.set(id, { resolve, cancel });
      worker.postMessage({ id, kept, budget: BUDGET } satisfies Question);
    });
  }

  return {
    count(wire) {
      const before = known.get(wire);
      if (before !== undefined) return before;
      const counting = ask(keptText(wire));
      known.set(wire, counting);
      return counting;
    },
    async close() {
      await worker?.terminate();
    },
  };
}
