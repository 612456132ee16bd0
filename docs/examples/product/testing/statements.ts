import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { listAnswers, nameAnswer } from '../store.ts';

const account = createIds({ clock: systemClock, random: systemRandom }).next<AccountId>();

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'store.ts listAnswers': [undefined, { at: 1, id: account }].map((after) =>
    listAnswers(account, { deleted: false, after, limit: 1 }),
  ),
  'store.ts nameAnswer': [nameAnswer({ accountId: account, id: account, version: 1 }, 'a')],
};
