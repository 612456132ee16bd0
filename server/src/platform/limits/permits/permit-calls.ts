import { type Ids, type Micros, type UsageEventId, AppError } from '#platform/kernel';
import type { WalkTimes } from '../permit.ts';
import type { CallSettlement, PermitStep } from '../settlement/step.ts';

/** The provider calls of a permit: the open one, and the ended ones that the database was not told of yet. */
export class PermitCalls {
  /** How many calls were tried. */
  count: number;
  reserve: Micros;
  readonly #ids: Ids;
  readonly #unusedCorrectionId: string;
  readonly #settlements: CallSettlement[] = [];
  #open: UsageEventId | undefined;
  /** Whether the open call's row, written by admission or take-up, still waits for its dispatch. */
  #isUnused: boolean;
  /** When the call under way went out, on this process's clock. */
  #sentAt = 0;
  /** Times of the request that this permit was made for. */
  walk: WalkTimes | undefined;

  constructor(
    permit: {
      readonly calls: number;
      readonly reserve: Micros;
      readonly openEvent: UsageEventId | undefined;
    },
    ids: Ids,
  ) {
    this.count = permit.calls;
    this.reserve = permit.reserve;
    this.#ids = ids;
    this.#open = permit.openEvent;
    this.#isUnused = permit.openEvent !== undefined;
    this.#unusedCorrectionId = ids.next();
  }

  get open(): UsageEventId | undefined {
    return this.#open;
  }

  get isUnderWay(): boolean {
    return this.#open !== undefined && !this.#isUnused;
  }

  /** A step's settlements of the calls. A call that never went out costs nothing, even where its row says otherwise. */
  settlementsFor(operation: PermitStep['operation']): readonly CallSettlement[] {
    if (!this.#isUnused || this.#open === undefined || operation === 'send') return [...this.#settlements];
    return [...this.#settlements, voidedCall(this.#open, this.#unusedCorrectionId)];
  }

  /** The database knows all that it was told. */
  forgetSettlements(): void {
    this.#settlements.length = 0;
  }

  /** Dispatches the call whose row is there already. */
  dispatchOpen(event: UsageEventId): UsageEventId {
    this.#isUnused = false;
    this.#sentAt = performance.now();
    this.count += 1;
    return event;
  }

  /** Opens the call whose row the database has now. */
  begin(event: UsageEventId, at: { readonly reserve: Micros; readonly isUnused: boolean }): void {
    this.#open = event;
    this.reserve = at.reserve;
    this.#isUnused = at.isUnused;
    this.#sentAt = performance.now();
  }

  /** The row of a call that never goes out may be there: it is voided. */
  voidUnsent(event: UsageEventId): void {
    this.#settlements.push(voidedCall(event, this.#ids.next()));
  }

  /** Ends the call under way. */
  end(state: CallSettlement['state'], more: Pick<CallSettlement, 'figures' | 'isTry'> = {}): void {
    if (this.#open === undefined || this.#isUnused) throw new Error('no provider call is under way');
    const endedAt = performance.now();
    const times = { walk: this.walk, run: endedAt - this.#sentAt, endedAt };
    this.#settlements.push({ event: this.#open, state, correctionId: this.#ids.next(), times, ...more });
    this.#open = undefined;
    if (more.isTry === false) this.count -= 1;
  }
}

function voidedCall(event: UsageEventId, correctionId: string): CallSettlement {
  return { event, state: 'voided', isTry: false, correctionId };
}

/** How far a permit's holder has come with it: whether a provider call is under way, and what ends it. */
export class PermitProgress {
  /** Its holder has ended it here: no further provider call goes out under it. */
  isOver = false;
  /** Its end, or a statement of it, was asked for, or it was handed to a job or a backend. */
  isHandled = false;
  /** A provider has served one of its calls. */
  isServed = false;
  isCalling = false;
  readonly #waiting: (() => void)[] = [];

  /** Throws `permit_stale` when the permit is over: its ledger is closed, and no account would pay for the call. */
  assertOpen(): void {
    if (this.isOver) throw new AppError('permit_stale');
  }

  begin(): void {
    this.isCalling = true;
  }

  /** The call that was under way has an outcome, or never went out. */
  done(): void {
    this.isCalling = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** With this statement the permit's end, or its next holder, is up to the caller who runs it. */
  markHandled<Made>(statement: Made): Made {
    this.isHandled = true;
    return statement;
  }

  /** No further call, from now on. */
  end(): void {
    this.isOver = true;
    this.isHandled = true;
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    return this.isCalling ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
}
