import { type AccountId, within } from '#platform/kernel';

/** How many ends may be under way after their callers were answered, about 1 MB; beyond it, callers wait for their own. */
const MOST = 2_000;

/** Milliseconds that a caller waits for ends under way: an end that takes longer waits for a database that is away. */
export const PATIENCE = 1_000;

/** The end of a permit that is under way. */
class End {
  #isOver = false;
  #waiting: (() => void)[] | undefined;

  over(): void {
    this.#isOver = true;
    for (const told of this.#waiting ?? []) told();
    this.#waiting = undefined;
  }

  wait(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((told) => {
      this.#waiting ??= [];
      this.#waiting.push(told);
    });
  }
}

/**
 * The ends of permits that this process has begun and the database does not know for certain: their callers may have their
 * answers already. By account and not by meter, for a key's budget counts in all products.
 */
export class Ends {
  readonly #underWay = new Map<AccountId, Set<End>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= MOST;
  }

  /** Begins an end; it is under way until the returned function is called. */
  begin(account: AccountId): () => void {
    const end = new End();
    const present = this.#underWay.get(account);
    if (present === undefined) this.#underWay.set(account, new Set([end]));
    else present.add(end);
    this.#size += 1;
    return () => this.#over(account, end);
  }

  #over(account: AccountId, end: End): void {
    const present = this.#underWay.get(account);
    if (present?.delete(end) !== true) return;
    if (present.size === 0) this.#underWay.delete(account);
    this.#size -= 1;
    end.over();
  }

  /**
   * A wait for the ends of an account that are under way now; undefined: there are none. Call this before asking the database:
   * the end of a call that was answered is among them, or committed. The wait takes a second at most.
   */
  of(account: AccountId): (() => Promise<void>) | undefined {
    const present = this.#underWay.get(account);
    if (present === undefined) return undefined;
    const noted = [...present];
    return () => within(PATIENCE, allOf(noted));
  }

  /** Waits for all that are under way at this moment. */
  async idle(): Promise<void> {
    await allOf([...this.#underWay.values()].flatMap((ends) => [...ends]));
  }
}

async function allOf(ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map((end) => end.wait()));
}
