import type { Change } from './changes.ts';
import { slideWindows } from './check-sliding.ts';
import {
  type Credit,
  type Instant,
  keyOf,
  type KnownKey,
  type Meter,
  type OpenPermit,
  type Request,
  type State,
  type Window,
} from './state.ts';

const REMEMBERED = 86_400_000_000;

/** A copy of a state that changes are applied to while a batch is decided. */
export class Draft implements State {
  readonly accountId: string;
  readonly product: string;
  readonly zone: string;
  readonly madeAt: Instant;
  readonly timeline: State['timeline'];
  readonly failuresElsewhere: State['failuresElsewhere'];
  readonly spenders: State['spenders'];
  anchor: Instant | null;
  open: OpenPermit[];
  staked: State['staked'][number][];
  credits: Credit[];
  readonly meters: Map<string, Meter>;
  readonly keys: Map<string, KnownKey>;

  constructor(state: State) {
    this.accountId = state.accountId;
    this.product = state.product;
    this.zone = state.zone;
    this.madeAt = state.madeAt;
    this.timeline = state.timeline;
    this.failuresElsewhere = state.failuresElsewhere;
    this.spenders = state.spenders;
    this.anchor = state.anchor;
    this.open = [...state.open];
    this.staked = [...state.staked];
    this.credits = [...state.credits];
    this.meters = new Map(state.meters);
    this.keys = new Map(state.keys);
  }

  /** Applies what was decided at an instant: what the database will have once it is written. */
  apply(changes: readonly Change[], now: Instant): void {
    for (const change of changes) this.#apply(change, now);
    if (changes.some((change) => change.do === 'permit')) {
      const { windows } = this.#meter(this.product);
      this.meters.set(this.product, { seen: now, windows });
    }
  }

  /** The key of work that came to nothing is free once a repeat has found it so, also one that is refused. */
  freeKey({ key }: Request, now: Instant): void {
    const known = key && this.keys.get(keyOf(key));
    const isFree = known?.state === 'running' && known.permit?.state === 'voided' && known.expiresAt > now;
    if (key && isFree && known.bodyHash === key.bodyHash) this.keys.delete(keyOf(key));
  }

  #apply(change: Change, now: Instant): void {
    switch (change.do) {
      case 'count':
        return this.#replace(change.scope, change.name, (old) => ({
          name: change.name,
          start: change.start,
          used: change.add + (old?.start === change.start ? old.used : 0),
        }));
      case 'wait':
        return this.#replace(change.scope, change.name, () => ({
          name: change.name,
          start: change.until,
          used: 1,
        }));
      case 'slide':
        return this.#setWindows(change.scope, slideWindows(this.#meter(change.scope).windows, change, now));
      case 'clean':
        return this.#setWindows(change.scope, change.windows);
      case 'credits':
        this.credits = applyDraws(this.credits, change, now);
        return;
      case 'anchor':
        this.anchor ??= change.at;
        return;
      case 'permit':
        this.open.push(change.permit);
        if (change.permit.state === 'running') this.staked.push(change.permit);
        return;
      case 'key':
        this.keys.set(keyOf(change), toKnownKey(change));
        return;
      case 'adopt':
        return this.#adopt(change);
      case 'alert':
      case 'take_place':
    }
  }

  #meter(scope: string): Meter {
    return this.meters.get(scope) ?? { seen: 0, windows: [] };
  }

  #setWindows(scope: string, windows: readonly Window[]): void {
    this.meters.set(scope, { seen: this.#meter(scope).seen, windows });
  }

  #replace(scope: string, name: string, change: (old: Window | undefined) => Window): void {
    const { windows } = this.#meter(scope);
    const index = windows.findIndex((window) => window.name === name);
    const changed = change(windows[index]);
    this.#setWindows(scope, index < 0 ? [...windows, changed] : windows.with(index, changed));
  }

  #adopt({ key, permitId, holder, fence }: Extract<Change, { do: 'adopt' }>): void {
    const known = this.keys.get(key);
    if (known?.permit) this.keys.set(key, { ...known, permit: { ...known.permit, holder, fence } });
    this.open = this.open.map((permit) => (permit.id === permitId ? { ...permit, holder } : permit));
  }
}

function toKnownKey({ bodyHash, permit }: Extract<Change, { do: 'key' }>): KnownKey {
  const { id, state, holder, jobId, reserve, eventId, createdAt } = permit;
  const pendingEvent = state === 'queued' ? eventId : null;
  return {
    bodyHash,
    state: 'running',
    expiresAt: createdAt + REMEMBERED,
    kept: {},
    permit: { id, state, holder, jobId, fence: 1, reserve, pendingEvent },
  };
}

function applyDraws(
  credits: readonly Credit[],
  { due, draws }: Extract<Change, { do: 'credits' }>,
  now: Instant,
): Credit[] {
  const amounts = new Map(draws.map(({ id, amount }) => [id, amount]));
  const ids = new Set(due.map(({ id }) => id));
  return [...credits.filter(({ id }) => !ids.has(id)), ...due].map((credit) => {
    const amount = amounts.get(credit.id);
    return amount === undefined
      ? credit
      : { ...credit, remaining: credit.remaining - amount, updatedAt: now };
  });
}
