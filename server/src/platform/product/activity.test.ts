import { expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import { ids, makeAccount, type Member } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { createActivity } from './activity.ts';

const DO = commitPoint('test.product.activity', 'what a test did in a product');
const { db } = await testDatabase();
const audit = createAudit({ ids });
const activity = createActivity({ db, audit, product: 'demo' });
const origin = { requestId: 'r', ip: '203.0.113.7', userAgent: 'a browser' } as Origin;

const callerOf = ({ userId, accountId }: Member): Caller => ({
  userId,
  accountId,
  platformRole: 'user',
  scopes: ['*'],
});

async function approve(member: Member, id: string): Promise<void> {
  await db.tenant(member.accountId, DO, (tx) =>
    activity.recordIn(tx, {
      accountId: member.accountId,
      caller: callerOf(member),
      origin,
      action: 'approved',
      target: { kind: 'scope', id },
    }),
  );
}

test('the activity of a product is read page by page, newest first, without where anybody sat', async () => {
  const member = await makeAccount(db);
  for (const id of ['one', 'two', 'three']) await approve(member, id);
  const first = await activity.list(member.accountId, { limit: 2 });
  expect(first.data.map(({ target }) => target?.id)).toEqual(['three', 'two']);
  expect(first.data[0]).toEqual({
    id: expect.any(String),
    created_at: expect.any(String),
    action: 'demo.scope.approved',
    user_id: member.userId,
    target: { kind: 'scope', id: 'three' },
  });
  const second = await activity.list(member.accountId, { limit: 2, cursor: first.next_cursor ?? '' });
  expect(second.data.map(({ target }) => target?.id)).toEqual(['one']);
  expect(second.next_cursor).toBeNull();
});

test('activity is of one product and one account alone, and may be asked for by what it was done to', async () => {
  const [mine, theirs] = [await makeAccount(db), await makeAccount(db)];
  await approve(mine, 'one');
  await approve(mine, 'two');
  await approve(theirs, 'foreign');
  await db.tenant(mine.accountId, DO, (tx) =>
    audit.recordIn(tx, { action: 'member.added', actor: { kind: 'system' }, accountId: mine.accountId }),
  );
  const listActivity = async (target?: string) =>
    (await activity.list(mine.accountId, { limit: 10, target })).data.map((entry) => entry.target?.id);
  expect(await listActivity()).toEqual(['two', 'one']);
  expect(await listActivity('one')).toEqual(['one']);
});

test('what was not committed was not done', async () => {
  const member = await makeAccount(db);
  const failed = db.tenant(member.accountId, DO, async (tx) => {
    await activity.recordIn(tx, {
      accountId: member.accountId,
      caller: callerOf(member),
      origin,
      action: 'approved',
      target: { kind: 'scope', id: 'one' },
    });
    throw new Error('it failed');
  });
  await expect(failed).rejects.toThrow('it failed');
  expect((await activity.list(member.accountId, { limit: 10 })).data).toEqual([]);
});
