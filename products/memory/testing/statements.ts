import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { listDecisions } from '../decisions/store.ts';
import { listVersions } from '../documents/store.ts';
import { listPatterns } from '../patterns/store.ts';
import { deleteDeparted, noteDeparted } from '../sessions/departed.ts';
import { listSessions } from '../sessions/store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const id = ids.next();
const member = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>() };

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'sessions/store.ts listSessions': [
    listSessions(member, { after: undefined, limit: 1 }),
    listSessions(member, { level: 'team', authorId: id, after: { at: 1, id }, limit: 1 }),
  ],
  'decisions/store.ts listDecisions': [
    listDecisions(member, { after: undefined, limit: 1 }),
    listDecisions(member, {
      status: 'accepted',
      level: 'team',
      authorId: id,
      sessionId: id,
      after: { at: 1, id },
      limit: 1,
    }),
  ],
  'documents/store.ts listVersions': [
    listVersions({ ...member, id }, { after: undefined, limit: 1 }),
    listVersions({ ...member, id }, { after: { at: 1, id }, limit: 1 }),
  ],
  'patterns/store.ts listPatterns': [
    listPatterns(member, { after: undefined, limit: 1 }),
    listPatterns(member, { kind: 'practice', scope: 'team', after: { at: 1, id }, limit: 1 }),
  ],
  'sessions/departed.ts noteDeparted': [noteDeparted('coditect.memory_decisions')],
  'sessions/departed.ts deleteDeparted': [deleteDeparted('coditect.memory_decisions')],
};
