import { commitPoint, statement } from '#platform/db';
import type { Customer, TestApp } from '@plinth/testkit/services/app';

const JOIN = commitPoint('test.reel.viewer', 'a viewer of a customer’s account, with a key');

/** A key of a member who may look at the customer's account, and no more. */
export async function viewerKeyOf({ app, db, ...fixture }: TestApp, of: Customer): Promise<string> {
  const { accountId } = of;
  const { userId } = await fixture.customer();
  await db.asMigrator(
    statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`, [
      accountId,
      userId,
    ]),
  );
  const asked = { accountId, userId, name: 'a viewer’s', scopes: ['*'], actor: { kind: 'system' } } as const;
  return db.system(
    'owner.first-start',
    JOIN,
    async (tx) => (await app.modules.identity.createKey(tx, asked)).key,
  );
}
