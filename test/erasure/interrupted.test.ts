import { describe, expect, onTestFinished, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { leavingOf, type Resident } from './fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const HELD = commitPoint('test.erasure.held', 'a row that a test holds');
const death = plannedDeath();
const app = await testApp({
  work: false,
  crashHook: death.crashHook,
});
const { call, close, erase, gone, join, later, links, login, organization, resident, restore, roleOf } =
  leavingOf(app);

/** The link of the undo; no worker runs otherwise, or it would keep the schedule of erasures itself. */
async function linkTo(who: Resident): Promise<string | undefined> {
  const worker = app.app.modules.jobs.work();
  const sent = await links(who);
  await worker.stop(1_000);
  return sent.at(-1);
}

async function isErased({ userId, email }: Resident): Promise<boolean> {
  const tables = [...(await tablesWith(app.db, email))];
  const users = await app.db.asMigrator(statement('select from identity.users where user_id = $1', [userId]));
  return users.length === 0 && tables.length === 0;
}

describe('an erasure that is cut short', () => {
  test.each(['after erasure.begun', 'before erasure.erased', 'after erasure.erased'])(
    '%s is done by the next run, once',
    async (where) => {
      const who = await gone();
      await later('14 days');
      death.plan(where);
      await expect(erase()).rejects.toThrow('erasures failed');
      await erase();
      expect(await isErased(who)).toBe(true);
      const done = statement(`select from audit.events where action = 'user.erased' and target_id = $1`, [
        who.userId,
      ]);
      expect(await app.db.asMigrator(done)).toHaveLength(1);
    },
  );

  test('of one does not keep another from being erased', async () => {
    const [first, second] = [await gone(), await gone()];
    await later('14 days');
    death.plan('before erasure.erased');
    await expect(erase()).rejects.toThrow('1 erasures failed');
    // All but one, and that one by the next run.
    expect(await erase()).toBe(1);
    expect([await isErased(first), await isErased(second)]).toEqual([true, true]);
  });
});

describe('two at once', () => {
  test('erase everybody once', async () => {
    const people = [await gone(), await gone()];
    await later('14 days');
    const counts = await Promise.all([erase(), erase()]);
    // Each with the organization that they were alone in.
    expect(counts[0] + counts[1]).toBe(4);
    for (const who of people) expect(await isErased(who)).toBe(true);
  });
});

/** Does something in a transaction, and keeps that open; the answer does one thing more in it, and commits. */
async function holdTransaction(
  sql: string,
  { userId }: Pick<Resident, 'userId'>,
  then?: string,
): Promise<() => Promise<void>> {
  const [locked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = app.db.system('erasure.run', HELD, async (tx) => {
    await tx.run(statement(sql, [userId]));
    locked.resolve();
    await release.promise;
    if (then !== undefined) await tx.run(statement(then, [userId]));
  });
  await locked.promise;
  const letGo = () => {
    release.resolve();
    return holding;
  };
  // Also where the test fails before: what stays locked keeps the database from being closed.
  onTestFinished(letGo);
  return letGo;
}

test('a link that was sent late is good no longer than the 14 days', async () => {
  const who = await gone();
  await later('13 days');
  await app.call(undefined, 'POST /v1/auth/resend-restore', { body: { email: who.email } });
  const link = await linkTo(who);
  await later('1 day');
  expect(await restore(link)).toBe('400 link_invalid');
});

// The embedded database has one connection: no transaction waits for another's row there.
describe.runIf(engine === 'postgres')('an undo in the last moment', () => {
  test('that waits for an erasure which has begun is refused', async () => {
    const who = await gone();
    const link = await linkTo(who);
    const begun = await holdTransaction(
      'update identity.users set updated_at = app.now() where user_id = $1',
      who,
    );
    const undo = restore(link);
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await later('14 days');
    await begun();
    expect(await undo).toBe('400 link_invalid');
    await erase();
    expect(await isErased(who)).toBe(true);
  });

  test('that came first is done, and the erasure which waits for it finds nobody', async () => {
    const who = await gone();
    await later('14 days');
    const undone = await holdTransaction(
      `update identity.users set status = 'active', closed_at = null where user_id = $1`,
      who,
    );
    const erasing = erase();
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await undone();
    await erasing;
    expect(await login(who)).toBe('200');
  });
});

describe.runIf(engine === 'postgres')('an erasure that meets the end of a membership', () => {
  test('waits for it, in the order in which that takes the rows: neither is thrown out', async () => {
    const who = await gone();
    await later('14 days');
    const ended = await holdTransaction(
      `update accounts.members m set updated_at = app.now() from accounts.accounts a
       where m.user_id = $1 and a.account_id = m.account_id and a.kind = 'personal'`,
      who,
      'update identity.users set updated_at = app.now() where user_id = $1',
    );
    const erasing = erase();
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await ended();
    await erasing;
    expect(await isErased(who)).toBe(true);
  });
});

describe.runIf(engine === 'postgres')('an erasure that meets what a provider tells', () => {
  test('waits until that is written down, and has the provider forget the customer of it', async () => {
    const who = await gone();
    await later('14 days');
    const applied = await holdTransaction(
      `select from accounts.accounts where created_by = $1 and kind = 'personal' for share`,
      who,
      `insert into billing.customers (account_id, store, mode, customer)
       select account_id, 'stripe', 'live', 'cus_late' from accounts.accounts where created_by = $1 and kind = 'personal'`,
    );
    const erasing = erase();
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await applied();
    await erasing;
    expect(await isErased(who)).toBe(true);
    const toForget = `select from billing.customers where customer = 'cus_late' and erased_at is not null`;
    expect(await app.db.asMigrator(statement(toForget))).toHaveLength(1);
  });
});

/** An organization of a user, and a member of it. */
async function heirOf(owner: Resident): Promise<{ path: string; heir: Resident }> {
  const [path, heir] = [await organization(owner), await resident()];
  await join(path, heir, 'member');
  return { path, heir };
}

describe.runIf(engine === 'postgres')('who goes while an organization becomes theirs', () => {
  test('stays, where they became its owner first', async () => {
    const { path, heir } = await heirOf(await resident());
    const made = await holdTransaction(
      'select from identity.users where user_id = $1 for no key update',
      heir,
      `update accounts.members m set role = 'owner' from accounts.accounts a
       where m.user_id = $1 and a.account_id = m.account_id and a.kind = 'organization'`,
    );
    const going = close(heir);
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await made();
    expect(outcomeOf(await going)).toBe('409 conflict');
    expect(await roleOf(path, heir, heir)).toBe('owner');
  });

  test('is not made its owner, where they went first', async () => {
    const owner = await resident();
    const { path, heir } = await heirOf(owner);
    const went = await holdTransaction(
      `update identity.users set status = 'closed', closed_at = app.now() where user_id = $1`,
      heir,
    );
    const handing = call(owner.token, `POST ${path}/transfer`, { user_id: heir.userId });
    await expect.poll(() => waitsForLocks(app.db)).toBe(1);
    await went();
    expect(outcomeOf(await handing)).toBe('409 conflict');
    expect(await roleOf(path, owner, owner)).toBe('owner');
  });
});
