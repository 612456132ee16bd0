import type { Ids, Micros, UsageEventId } from '#platform/kernel';
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
