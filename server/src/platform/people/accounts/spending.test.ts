import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { accounts, identity } = world;
const point = commitPoint('test.spending', 'what the tests of spending write');

let ada: Person;
let admin: Person;
let organization: Person['accountId'];

async function whyNot(account: string, user: string, key: string | null = null) {
  const ask = statement<{ reason: string | null }>('select accounts.can_spend($1, $2, $3) as reason', [
    account,
    user,
    key,
  ]);
  const [rows] = await db.system('limits.admission', [ask]);
  return rows[0]?.reason;
}

beforeAll(async () => {
  [ada, admin] = [await world.person(), await world.person({ role: 'admin' })];
  organization = await world.organization(ada);
});

describe('whether someone may spend is true at that moment', () => {
  test('a member may, with and without a key of theirs', async () => {
    const { keyId } = await world.key(ada, ['*'], organization);
    expect(await whyNot(organization, ada.userId)).toBeNull();
    expect(await whyNot(organization, ada.userId, keyId)).toBeNull();
  });

  test('a key that was revoked, that is over, or that is someone else’s or another account’s may not', async () => {
    const bob = await world.person();
    await world.join(organization, bob, 'member');
    const [revoked, foreign, personal] = [
      await world.key(ada, ['*'], organization),
      await world.key(bob, ['*'], organization),
      await world.key(ada, ['*']),
    ];
    await identity.keys.revoke(
      { caller: ada.caller, accountId: organization, role: 'owner' },
      revoked.keyId,
      ORIGIN,
    );
    for (const { keyId } of [revoked, foreign, personal, { keyId: world.ids.next() }]) {
      expect(await whyNot(organization, ada.userId, keyId)).toBe('key_revoked');
    }
    const ended = await world.key(ada, ['*'], organization);
    const end = 'update identity.api_keys set expires_at = app.now() where id = $1';
    await db.system('identity.credentials', point, [statement(end, [ended.keyId])]);
    expect(await whyNot(organization, ada.userId, ended.keyId)).toBe('key_revoked');
  });

  test('neither a stranger nor a member who left may', async () => {
    const bob = await world.person();
    expect(await whyNot(organization, bob.userId)).toBe('not_a_member');
    await world.join(organization, bob, 'member');
    expect(await whyNot(organization, bob.userId)).toBeNull();
    await accounts.members.remove({ caller: bob.caller, organization, origin: ORIGIN }, bob.userId);
    expect(await whyNot(organization, bob.userId)).toBe('not_a_member');
  });

  test('a suspended user may not, until they are reinstated', async () => {
    const bob = await world.person();
    await identity.users.suspend(admin.caller, bob.userId, ORIGIN);
    expect(await whyNot(bob.accountId, bob.userId)).toBe('user_suspended');
    await identity.users.reinstate(admin.caller, bob.userId, ORIGIN);
    expect(await whyNot(bob.accountId, bob.userId)).toBeNull();
  });

  test('for a suspended, closed or unknown account nobody may', async () => {
    const [suspended, closed] = [await world.organization(ada), await world.organization(ada)];
    const suspend = `update accounts.accounts set status = 'suspended' where account_id = $1`;
    await db.system('accounts.membership', point, [statement(suspend, [suspended])]);
    await accounts.organizations.close({ caller: ada.caller, organization: closed, origin: ORIGIN });
    for (const account of [suspended, closed, world.ids.next()]) {
      expect(await whyNot(account, ada.userId)).toBe('account_suspended');
    }
  });
});

test('a tenant can not ask it, so that nobody learns of other accounts by it', async () => {
  const ask = statement('select accounts.can_spend($1, $2, null)', [organization, ada.userId]);
  await expect(db.tenant(organization, [ask])).rejects.toMatchObject({ code: '42501' });
});

test('it is answered by look-ups in indexes alone', async () => {
  const [keyId, userId, sessionId] = [world.ids.next(), ada.userId, world.ids.next()];
  const plan = statement<{ 'QUERY PLAN': string }>(
    `explain select 1 from (select 1) one
       left join accounts.accounts a on a.account_id = $1
       left join identity.users u on u.user_id = $2
       left join accounts.members m on m.account_id = $1 and m.user_id = $2
       left join identity.api_keys k on k.account_id = $1 and k.id = $3
       left join identity.sessions s on s.user_id = $2 and s.id = $4
     where a.status is not null or u.status is not null or m.role is not null or k.name is not null or s.method is not null`,
    [organization, userId, keyId, sessionId],
  );
  const [, lines] = await db.system('limits.admission', [statement('set local enable_seqscan = off'), plan]);
  const text = lines.map((line) => line['QUERY PLAN']).join('\n');
  expect(text.match(/Index (Only )?Scan/g)).toHaveLength(5);
  expect(text).not.toContain('Seq Scan');
});
