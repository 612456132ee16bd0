import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '#platform/kernel';
import type { Patience } from '../wait-queue.ts';
import { Throttle, type ThrottleParts } from './throttle.ts';

/** One of several keys of an upstream. */
export interface KeyOptions {
  readonly key: string;
  /** Its name in logs and reports. */
  readonly name: string;
  /** Its share of the calls, beside the weights of the others. */
  readonly weight: number;
}

/** Milliseconds. */
const FIRST_REST = 60_000;
const LONGEST_REST = 600_000;

interface RefusalParts {
  readonly clock: Clock;
  /** It is left out for so many milliseconds from now; 0: it is taken again. */
  readonly changed: (rest: number, status: number) => void;
}

/**
 * Refusals of a key, everywhere or at one model. It is left out for a while that doubles, up to ten minutes; then one call tries
 * it, and goes on with another key where it is refused again.
 */
export class Refusals {
  readonly #parts: RefusalParts;
  #status = 0;
  #count = 0;
  #tried = 0;
  #until = 0;
  #isTrying = false;

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** The status of the last one; 0: it is not refused. */
  get status(): number {
    return this.#status;
  }

  /** Milliseconds until it may be tried; `isLast`: there is no other key, and one that works again is missed. */
  wait(isLast = false): number {
    if (this.#status === 0) return 0;
    const until = isLast ? Math.min(this.#until, this.#tried + FIRST_REST) : this.#until;
    return Math.max(0, until - this.#parts.clock.monotonic());
  }

  /** A call goes out with it: until it is answered no other one tries it. */
  try(): void {
    if (this.#status === 0) return;
    this.#isTrying = true;
    this.rest(FIRST_REST, this.#status);
  }

  refuse(status: number): void {
    // Calls that were under way together are refused together.
    if (this.wait() > 0 && !this.#isTrying) return;
    const rest = Math.min(LONGEST_REST, FIRST_REST * 2 ** this.#count);
    this.#isTrying = false;
    this.#count += 1;
    this.rest(rest, status);
    this.#parts.changed(rest, status);
  }

  accept(): void {
    if (this.#status === 0) return;
    this.rest(0, 0);
    this.#parts.changed(0, 0);
  }

  /** Leaves it out, as a call was told here or in another process. */
  rest(milliseconds: number, status: number): void {
    this.#tried = this.#parts.clock.monotonic();
    this.#until = this.#tried + milliseconds;
    this.#status = status;
    if (status === 0) this.#count = 0;
  }
}

/** A key at one model of its upstream. */
export interface KeyAtModel extends KeyOptions {
  readonly throttle: Throttle;
  /** For the key everywhere, and at this model. */
  readonly refusals: readonly [everywhere: Refusals, here: Refusals];
}

const refusedFor = ({ refusals }: KeyAtModel, isLast: boolean): number =>
  Math.max(...refusals.map((one) => one.wait(isLast)));

/** 403: the key may be right for other models. */
const AT_THIS_MODEL = 403;

/** The provider has answered a call of a key. */
export function recordKey({ refusals: [everywhere, here] }: KeyAtModel, status: number | 'ok'): void {
  if (status !== 'ok') (status === AT_THIS_MODEL ? here : everywhere).refuse(status);
  else for (const one of [everywhere, here]) one.accept();
}

/** The keys of a model's upstream: which one the next call goes out with. */
export class KeyPool<Member extends { readonly key: KeyAtModel }> {
  readonly members: readonly Member[];
  readonly #clock: Clock;
  readonly #credits = new Map<Member, number>();

  constructor(clock: Clock, members: readonly Member[]) {
    this.#clock = clock;
    this.members = members;
  }

  /**
   * By weight, of those with room: a smooth round robin as nginx has it, which no chance makes drift. Where none has room, the one that has
   * it soonest; undefined when the provider refuses all of them.
   */
  next(): Member | undefined {
    const isLast = this.#areAllRefused;
    const taken = this.members.filter(({ key }) => refusedFor(key, isLast) === 0);
    const [first, ...others] = taken.filter(({ key }) => key.throttle.hasRoom);
    if (first === undefined)
      return taken.toSorted((one, other) => one.key.throttle.wait - other.key.throttle.wait)[0];
    return others.length === 0 ? first : this.#inTurn([first, ...others]);
  }

  /** A call goes out with a key; false: it was refused since it was chosen. */
  take(key: KeyAtModel): boolean {
    if (refusedFor(key, this.#areAllRefused) > 0) return false;
    for (const one of key.refusals) one.try();
    return true;
  }

  /** Whether a key may have room while a call waits. */
  isWorthWaiting({ until, signal }: Patience): boolean {
    const left = until - this.#clock.monotonic();
    return signal?.aborted !== true && left > 0 && this.wait <= left;
  }

  /** Milliseconds until one of them may have room. */
  get wait(): number {
    const isLast = this.#areAllRefused;
    return Math.min(...this.members.map(({ key }) => Math.max(key.throttle.wait, refusedFor(key, isLast))));
  }

  get #areAllRefused(): boolean {
    return this.members.every(({ key }) => refusedFor(key, false) > 0);
  }

  #inTurn(members: readonly Member[]): Member | undefined {
    let next: Member | undefined;
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (const member of members) {
      const credit = (this.#credits.get(member) ?? 0) + member.key.weight;
      this.#credits.set(member, credit);
      sum += member.key.weight;
      if (credit <= most) continue;
      most = credit;
      next = member;
    }
    if (next !== undefined) this.#credits.set(next, most - sum);
    return next;
  }
}

/** Signals between processes: the database has them. */
export interface Signals {
  signal(topic: string, id: string): void;
  onSignal(topic: string, hear: (id: string) => void): () => void;
}

/** Where a key is used; without a `model`: at all of its provider. */
export interface KeyPlace {
  readonly provider: string;
  readonly model?: string;
  readonly key?: string;
}

export interface KeysParts extends Omit<ThrottleParts, 'closed' | 'longest'> {
  /** A provider throttles us: calls of the model, with this key where there are several, wait for so many milliseconds. */
  readonly throttled: (place: KeyPlace, milliseconds: number) => void;
  /** A provider refuses one of several keys, which is left out for so many milliseconds; 0: it is taken again. */
  readonly keyRefused: (
    place: KeyPlace,
    rest: { readonly status: number; readonly milliseconds: number },
  ) => void;
  /** Tells other processes which keys cool. */
  readonly signals?: Signals | undefined;
}

/** A key cools for as long as its provider asks, an hour at most: others serve meanwhile. */
const LONGEST_COOL_DOWN = 3_600_000;
const THROTTLED = 429;

type Known = Pick<KeyAtModel, 'throttle' | 'refusals'>;

/** Keeps what is known of keys, and tells other processes. It goes by the key itself: settings that change may name it otherwise. */
export function createKeys(parts: KeysParts) {
  const news = createKeyNews(parts.signals);
  const names = new Map<string, string>();
  const known = new Map<string, Known>();
  const knownEverywhere = new Map<string, Refusals>();

  function refusals(place: () => KeyPlace, tell: () => Heard): Refusals {
    return new Refusals({
      clock: parts.clock,
      changed(milliseconds, status) {
        parts.keyRefused(place(), { status, milliseconds });
        tell()(milliseconds, status);
      },
    });
  }

  function everywhere(provider: string, key: string): Refusals {
    const id = `${provider} ${key}`;
    const before = knownEverywhere.get(id);
    if (before !== undefined) return before;
    const place = () => ({ provider, key: names.get(id) ?? '' });
    const made = refusals(place, () => tell);
    const tell = news.of(key, provider, (...told) => made.rest(...told));
    knownEverywhere.set(id, made);
    return made;
  }

  function knownAt(provider: string, model: string, key: string): Known {
    const place = () => ({ provider, model, key: names.get(`${provider} ${key}`) ?? '' });
    const here = refusals(place, () => tell);
    const throttle = new Throttle({
      ...parts,
      longest: LONGEST_COOL_DOWN,
      closed(milliseconds) {
        parts.throttled(place(), milliseconds);
        tell(milliseconds, THROTTLED);
      },
    });
    const tell = news.of(key, `${provider}/${model}`, (milliseconds, status) => {
      if (status === THROTTLED) throttle.close(milliseconds);
      else here.rest(milliseconds, status);
    });
    return { throttle, refusals: [everywhere(provider, key), here] };
  }

  return {
    at(provider: string, model: string, options: KeyOptions): KeyAtModel {
      const { key, name } = options;
      const id = `${provider}/${model} ${key}`;
      const found = known.get(id) ?? knownAt(provider, model, key);
      known.set(id, found);
      names.set(`${provider} ${key}`, name);
      return { ...options, ...found };
    },
    close: news.close,
  };
}

type Heard = (milliseconds: number, status: number) => void;

const TOPIC = 'ai-keys';

/**
 * Processes tell each other which key cools, and for how long. A message that is lost costs a call that is refused, and goes on with another
 * key. Keys are named by a digest: processes may have others of the same name.
 */
function createKeyNews(signals: Signals | undefined) {
  const self = randomUUID().slice(0, 8);
  const listeners = new Map<string, Heard>();
  let stop: (() => void) | undefined;
  return {
    /** Hears what other processes tell of a key, at a model or everywhere; returns how to tell them. */
    of(key: string, where: string, hear: Heard): Heard {
      const digest = createHash('sha256').update(`${where} ${key}`).digest('base64url').slice(0, 16);
      listeners.set(digest, hear);
      stop ??= signals?.onSignal(TOPIC, (id) => {
        const [from, milliseconds, status, name = ''] = id.split('/');
        if (from !== self) listeners.get(name)?.(Number(milliseconds), Number(status));
      });
      return (milliseconds, status) =>
        signals?.signal(TOPIC, `${self}/${Math.ceil(milliseconds)}/${status}/${digest}`);
    },
    close: (): void => stop?.(),
  };
}
