import { invalidRequest, StripeFault } from '../operation.ts';

/** Stripe forgets keys after a day. Seconds. */
const REMEMBERED = 24 * 60 * 60;
const LONGEST = 255;

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** It was refused before anything was done: the key is free, and the request may be put right. */
  readonly isForgotten?: boolean;
}

/** A request that carries an Idempotency-Key. */
export interface KeyedRequest {
  readonly key: string;
  readonly path: string;
  /** All that it asks for, as text. */
  readonly params: string;
}

export interface RememberedReply extends Omit<KeyedRequest, 'key'> {
  /** Seconds of the world's clock. */
  readonly at: number;
  /** undefined: it is being worked on. */
  reply: Reply | undefined;
}

/** What was answered to requests that carried a key: the same request again hears the same. */
export class IdempotencyKeys {
  readonly #requests: Map<string, RememberedReply>;

  constructor(kept: readonly (readonly [string, RememberedReply])[] = []) {
    this.#requests = new Map(kept);
  }

  /** What is to be kept over a restart: what was being worked on then has not happened. */
  state(): readonly (readonly [string, RememberedReply])[] {
    return [...this.#requests].filter(([, { reply }]) => reply !== undefined);
  }

  /** What was answered before; undefined: nothing, and the key is taken now. Throws StripeFault for another request's key. */
  take({ key, path, params }: KeyedRequest, now: number): Reply | undefined {
    if (key.length > LONGEST)
      throw invalidRequest(`Idempotency keys are at most ${LONGEST} characters long.`);
    for (const [old, { at }] of this.#requests) {
      // They stand in the order in which they came.
      if (at + REMEMBERED > now) break;
      this.#requests.delete(old);
    }
    const known = this.#requests.get(key);
    if (known === undefined) {
      this.#requests.set(key, { path, params, at: now, reply: undefined });
      return undefined;
    }
    if (known.path !== path)
      throw keyMisused(`for the same endpoint they were first used for ('${known.path}' vs '${path}')`, key);
    if (known.params !== params) throw keyMisused('with the same parameters they were first used with', key);
    if (known.reply === undefined) throw inUse(key);
    return known.reply;
  }

  /** Remembers what was answered; a request that never began leaves its key free. */
  conclude(key: string, reply: Reply | undefined): void {
    const known = this.#requests.get(key);
    if (reply === undefined) this.#requests.delete(key);
    else if (known !== undefined) known.reply = reply;
  }
}

function keyMisused(how: string, key: string): StripeFault {
  return new StripeFault(
    400,
    'idempotency_error',
    `Keys for idempotent requests can only be used ${how}. Try using a key other than '${key}' if you meant to execute a different request.`,
  );
}

function inUse(key: string): StripeFault {
  return new StripeFault(409, 'idempotency_error', {
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    code: 'idempotency_key_in_use',
  });
}
