import { describe, expect, test, vi } from 'vitest';
import { commitPoint, type Database, openDatabase, statement } from '#platform/db';
import type { AccountId, KeyId, PermitId, UsageEventId } from '#platform/kernel';
import { ids, makeGrant, type Member } from '@plinth/testkit/factories';
import {
  cappedKey,
  figures,
  permitOf,
  kill,
  openLimits,
  openNode,
  plannedCall,
  request,
  waitsForLocks,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { abandonAdmissions } from '../admission/admission.ts';
import type { Permit } from '../index.ts';

const { db, url } = await testDatabase();
const rules = {
  limits: { cost: { kind: 'budget', per: 'month', by: 'account' } },
  plans: { only: { cost: 10_000 } },
} as const;
const demo = await openLimits(db, rules);
const sample = await openLimits(db, { ...rules, product: 'sample' });
const open = () => openNode(db, [demo.catalogue, sample.catalogue]);
const POINT = commitPoint('test.limits.lock-order', 'rows that a test holds');

/** A member of both products with two keys, in the order in which keys are locked, and a process that decides for both. */
async function openWorld() {
  const member = await demo.member();
  await makeGrant(db, member.accountId, { catalogue: sample.catalogue, plan: 'only' });
  const [first, second] = [await cappedKey(db, member), await cappedKey(db, member)];
  const node = await open();
  const admit = async (product: string, keyId: KeyId): Promise<Permit> =>
    permitOf(await node.limits.admit(request(member, { keyId, reserve: 100 }, product)));
  return { member, first, second, node, admit };
}

type World = Awaited<ReturnType<typeof openWorld>>;

const meter = (accountId: AccountId, scope: string) =>
  statement('select from limits.meters where account_id = $1 and scope = $2 for update nowait', [
    accountId,
    scope,
  ]);

/**
 * Work done while an admission has the first row and is about to lock the other: it finds it free, or each would wait for the other.
 */
async function meanwhile(
  { accountId }: Member,
  [has, wants]: readonly [string, string],
  work: () => Promise<unknown>,
): Promise<unknown> {
  const other = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
  const [locked, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const admission = other.system('limits.settlement', POINT, async (tx) => {
    await tx.run(meter(accountId, has));
    locked.resolve();
    await goes.promise;
    await tx.run(meter(accountId, wants));
  });
  await locked.promise;
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  const waits = async () => isDone || (await waitsForLocks(db)) > 0;
  await vi.waitFor(async () => expect(await waits()).toBe(true), { timeout: 120_000 });
  goes.resolve();
  try {
    await admission;
    return await done;
  } finally {
    await other.close();
  }
}

const sweep = () => demo.limits.sweep();

const ledgerOf = (permit: PermitId) =>
  db.asMigrator(
    statement<{ id: UsageEventId }>('select id from limits.usage_events where permit_id = $1', [permit]),
  );

async function end(permit: Permit, cost: number): Promise<void> {
  await permit.send(plannedCall(100));
  permit.served(figures(cost));
  await permit.settle();
}

const MORE_THAN_RESERVED = 120;

describe.runIf(engine === 'postgres')(
  'whatever two products do with keys of one account, nobody waits in a circle',
  () => {
    test('further calls that need more than was reserved: a key is locked when all products are', async () => {
      const { member, first, admit } = await openWorld();
      const permits = [await admit('demo', first), await admit('sample', first)];
      for (const permit of permits) {
        await permit.send(plannedCall(100));
        permit.served(figures(100));
      }
      await meanwhile(member, ['sample', `key:${first}`], () =>
        Promise.all(permits.map((permit) => permit.send(plannedCall(100)))),
      );
    });

    test.each([
      ['less than was reserved', 40],
      ['more', MORE_THAN_RESERVED],
    ])('ends of calls that cost %s: keys are locked in one order', async (_, cost) => {
      const { member, first, second, admit } = await openWorld();
      const permits = [await admit('demo', second), await admit('sample', first)];
      await meanwhile(member, [`key:${first}`, `key:${second}`], () =>
        Promise.all(permits.map((permit) => end(permit, cost))),
      );
    });

    test('admissions whose answer was lost', async () => {
      const { member, first, node, admit } = await openWorld();
      const asked = await Promise.all(
        ['demo', 'sample'].map(async (product) => {
          const { id } = await admit(product, first);
          const [call] = await ledgerOf(id);
          if (call === undefined) throw new Error('the permit has no call');
          const wanted = request(member, { keyId: first }, product);
          return { request: wanted, keyed: undefined, permit: id, event: call.id };
        }),
      );
      await meanwhile(member, ['sample', `key:${first}`], () => tellAbandoned(node, asked));
    });

    test('a sweep: what somebody else has it leaves to the next', async () => {
      const { member, first, second, node, admit } = await openWorld();
      await admit('demo', second);
      await admit('sample', first);
      await kill(node);
      expect(await meanwhile(member, [`key:${first}`, `key:${second}`], sweep)).toBe(1);
      expect(await sweep()).toBe(1);
    });
  },
);

describe.runIf(engine === 'postgres')('budgets of the operator', () => {
  test('of two that end permits of several products on one shard one is through before the other begins', async () => {
    const { demo: ofDemo, sample: ofSample } = await endInBudgets();
    const { first, second } = await onOneShard();
    const [counted, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const one = first.system('limits.settlement', POINT, async (tx) => {
      await tx.run(counting(ofDemo));
      counted.resolve();
      await goesOn.promise;
      await tx.run(counting(ofSample));
    });
    await counted.promise;
    const other = second.system('limits.settlement', POINT, [counting(ofSample), counting(ofDemo)]);
    await vi.waitFor(async () => expect(await waitsForLocks(db)).toBe(1), { timeout: 120_000 });
    goesOn.resolve();
    await Promise.all([one, other]);
    await Promise.all([first.close(), second.close()]);
  });
});

/** Two permits that have ended, each of a product with a budget of the operator's. */
async function endInBudgets(): Promise<{ readonly demo: PermitId; readonly sample: PermitId }> {
  for (const product of ['demo', 'sample'])
    await db.asMigrator(
      statement(
        'select limits.set_operator_budget(gen_random_uuid(), $1, null, null, null, 1000000, false)',
        [product],
      ),
    );
  const { first, admit } = await openWorld();
  const [ofDemo, ofSample] = [await admit('demo', first), await admit('sample', first)];
  await end(ofDemo, 40);
  await end(ofSample, 40);
  return { demo: ofDemo.id, sample: ofSample.id };
}

const counting = (permit: PermitId) =>
  statement('select limits.count_spending(p, null, app.now()) from limits.permits p where id = $1', [permit]);

/** Two connections that write to one shard of the spending. */
async function onOneShard(): Promise<{ readonly first: Database; readonly second: Database }> {
  const one = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
  const shard = await shardOf(one);
  for (;;) {
    const other = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
    if ((await shardOf(other)) === shard) return { first: one, second: other };
    await other.close();
  }
}

async function shardOf(of: Database): Promise<number> {
  const [[row]] = await of.system('limits.settlement', POINT, [
    statement<{ shard: number }>('select pg_backend_pid() % 64 as shard'),
  ]);
  return row?.shard ?? -1;
}

/** Disowns them at once. */
function tellAbandoned(
  { holder }: World['node'],
  asked: Parameters<typeof abandonAdmissions>[1],
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const retries = { add: (_facts: object, work: () => Promise<unknown>) => resolve(work()) };
  abandonAdmissions(
    { db, ids, holder: holder.id, retries: { ...demo.limits.retries, ...retries, unknown: () => {} } },
    asked,
  );
  return promise;
}
