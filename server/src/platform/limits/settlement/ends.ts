import { type AccountId, within, type HolderId, type Ids } from '#platform/kernel';
import { type Database, statement } from '#platform/db';

/** How many ends may be under way after their callers were answered, about 1 MB; beyond it, callers wait for their own. */
const MOST = 2_000;

/** Milliseconds that a caller waits for ends under way: an end that takes longer waits for a database that is away. */
const PATIENCE = 1_000;

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

const ASKED = 'ends-asked';
const OVER = 'ends-over';

const HOLDERS = 'select id from limits.holders where expires_at > app.now() and id <> $1';

interface EndsElsewhereParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly ends: Ends;
  readonly holder: HolderId;
}

/** The ends that other processes have under way. */
export interface EndsElsewhere {
  /** Waits until the ends of an account that other processes have under way are over; false: there is no other process. */
  over(account: AccountId): Promise<boolean>;
  close(): void;
}

interface OpenQuestion {
  readonly missing: Set<string>;
  readonly answered: () => void;
}

/**
 * Asks the other processes by signal, and answers them. Only a denial asks: an end takes milliseconds, and is nearly always
 * in the database before its caller's next call arrives at any process.
 */
export function createEndsElsewhere({ db, ids, ends, holder }: EndsElsewhereParts): EndsElsewhere {
  const questions = new Map<string, OpenQuestion>();
  /** Questions that are not sent yet: another request about the same account shares the answer. */
  const unsent = new Map<AccountId, Promise<boolean>>();

  const unsubscribeQuestions = db.onSignal(ASKED, (id) => {
    const [question = '', account = ''] = id.split('/');
    if (questions.has(question)) return;
    const tell = () => db.signal(OVER, `${question}/${holder}`);
    const wait = ends.of(account as AccountId);
    if (wait === undefined) tell();
    else void wait().then(tell);
  });

  const unsubscribeAnswers = db.onSignal(OVER, (id) => {
    const [question = '', from = ''] = id.split('/');
    const asked = questions.get(question);
    asked?.missing.delete(from);
    if (asked?.missing.size === 0) asked.answered();
  });

  async function otherHolders(): Promise<string[]> {
    const [rows] = await db.system('limits.holders', [statement<{ id: string }>(HOLDERS, [holder])]);
    return rows.map(({ id }) => id);
  }

  async function ask(account: AccountId): Promise<boolean> {
    const missing = new Set(await otherHolders().finally(() => unsent.delete(account)));
    if (missing.size === 0) return false;
    const { promise, resolve: answered } = Promise.withResolvers<void>();
    const question = ids.next();
    questions.set(question, { missing, answered });
    try {
      db.signal(ASKED, `${question}/${account}`);
      // Signals may be lost, and a hanging process does not answer: then the database's denial stands.
      await within(PATIENCE, promise);
    } finally {
      questions.delete(question);
    }
    return true;
  }

  return {
    over(account) {
      // The embedded database has one process.
      if (db.engine === 'pglite') return Promise.resolve(false);
      const known = unsent.get(account);
      if (known !== undefined) return known;
      const asking = ask(account);
      unsent.set(account, asking);
      return asking;
    },
    close() {
      unsubscribeQuestions();
      unsubscribeAnswers();
    },
  };
}

/** The kinds of limits that the end of a call may free; all others reset by time alone. */
const GIVEN_BACK: ReadonlySet<unknown> = new Set(['concurrency', 'budget', 'quota', 'credits']);

/** How one request asks the database: what denies it is the kind of limit `of`. */
export type AfterEnds = (
  account: AccountId,
) => <Answer extends { readonly kind: string; readonly of?: unknown }>(
  ask: () => Promise<Answer>,
) => Promise<Answer>;

/**
 * Asks the database, and if it denies, once more after the ends that were under way: a caller that has its answer is not
 * denied because of the call that was just answered, by any process. A request that asks several questions waits once.
 */
export function createAfterEnds(ends: Ends, elsewhere: EndsElsewhere | undefined): AfterEnds {
  return (account) => {
    const wait = ends.of(account);
    let hasWaited = false;
    return async (ask) => {
      const answer = await ask();
      if (hasWaited || answer.kind !== 'denied' || !GIVEN_BACK.has(answer.of)) return answer;
      hasWaited = true;
      const [isAnywhere = false] = await Promise.all([elsewhere?.over(account), wait?.()]);
      return isAnywhere || wait !== undefined ? ask() : answer;
    };
  };
}
