import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { changeAction, changeGoal, listGoals } from '../lens/store.ts';
import { listSessions } from '../mirror/session-store.ts';
import { changeProfile } from '../profile/store.ts';
import { listTurns } from '../turns/store.ts';

const account = createIds({ clock: systemClock, random: systemRandom }).next<AccountId>();
const which = { accountId: account, id: account, version: 1 };
const places = [undefined, { at: 1, id: account }];
const profile = {
  display_name: 'a',
  locale: 'en',
  pronouns: null,
  focus_areas: ['b'],
  insights: true,
  research: false,
  news: false,
};
const goal = { title: 'a', why: null, target_date: '2026-11-20', status: 'active' } as const;

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'profile/store.ts changeProfile': [changeProfile({ accountId: account, version: 1 }, profile)],
  'turns/store.ts listTurns': places.map((after) => listTurns(account, { after, limit: 1 })),
  'mirror/session-store.ts listSessions': places.map((after) => listSessions(account, { after, limit: 1 })),
  'lens/store.ts listGoals': places.flatMap((after) =>
    (['active', undefined] as const).map((status) => listGoals(account, { status, after, limit: 1 })),
  ),
  'lens/store.ts changeGoal': [changeGoal(which, goal)],
  'lens/store.ts changeAction': [
    changeAction(which, { title: 'a', due: '2026-11-20', done: true }, 'Europe/Berlin'),
    changeAction(which, { done: false }, 'UTC'),
  ],
};
