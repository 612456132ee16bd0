import { type Database, statement } from '#platform/db';
import { type AccountId, type HolderId, type Ids, within } from '#platform/kernel';
import { type Ends, PATIENCE } from './ends.ts';

const ASKED = 'ends-asked';
const OVER = 'ends-over';

const HOLDERS = 'select id from limits.holders where expires_at > app.now() and id <> $1';

export interface EndsElsewhereParts {
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
