import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, type JobId, type KeyId } from '#platform/kernel';
import { advance, ids, makeGrant, makeMember, suspendAccount } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  kill,
  ledgerLines,
  openLimits,
  holdRows,
  permits,
  plannedCall,
  request,
  tally,
  waitsForLocks,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { answers as kept } from '@plinth/testkit/answers';
import { engine, testDatabase } from '@plinth/testkit/services';

const { db, url } = await testDatabase();
const effect = commitPoint('test.limits.effect', 'what a permit was for');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 5, at_once: 2, cost: 1_000 } },
});
await db.script(`
  create table public.effects (account_id uuid not null);
  grant select, insert on public.effects to plinth_tenant;`);
const mine = { key: 'mine', reserve: 100 };
const charged = { 'demo monthly': 1, 'demo cost': 100 };

async function storedKeys(accountId: AccountId): Promise<string> {
  const rows = await db.asMigrator(
    statement<{ row: string }>('select keys::text as row from idempotency.keys where account_id = $1', [
      accountId,
    ]),
  );
  return rows.map(({ row }) => row).join('\n');
}

describe('equal keys', () => {
  test('from 20 callers at once give one permit; the others are told that it runs', async () => {
    const member = await fixture.member();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fixture.admit(member, mine)));
    expect(tally(answers)).toEqual({ permit: 1, running: 19 });
    expect(await windows(db, member.accountId)).toEqual(charged);
  });

  test.runIf(engine === 'postgres')(
    'of which one comes while the answer of the first is stored wait for each other in no circle',
    async () => {
      const member = await fixture.member();
      const permit = permitOf(await fixture.admit(member, mine));
      const { accountId } = member;
      const meter = statement(
        `select from limits.meters where account_id = $1 and scope = 'demo' for update`,
        [accountId],
      );
      const letGo = await holdRows(url, [meter]);
      const repeat = fixture.admit(member, mine);
      await expect.poll(() => waitsForLocks(db)).toBe(1);
      const stored = db.tenant(accountId, effect, permit.settlementWith({ status: 200, body: {} }));
      await expect.poll(() => waitsForLocks(db)).toBe(2);
      await letGo();
      await stored;
      // Both wait for the meter; which of them PostgreSQL lets go first is its own affair.
      expect([{ running: 1 }, { replay: 1 }]).toContainEqual(tally([await repeat]));
    },
  );

  test('of which the first is denied and the second admitted: the third is told of the second, and the batch is decided', async () => {
    const member = await fixture.member();
    const crowd = [9, 1, 1].map((units) => fixture.admit(member, { ...mine, units, body: `${units}` }));
    expect(tally(await Promise.all(crowd))).toEqual({ plan_required: 1, permit: 1, running: 1 });
    expect(await windows(db, member.accountId)).toEqual(charged);
  });

  test('from 20 callers through two processes give one permit', async () => {
    const other = await fixture.another();
    const member = await fixture.member();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? fixture : other).limits.admit(request(member, mine)),
      ),
    );
    expect(tally(answers)).toEqual({ permit: 1, running: 19 });
    expect(await permits(db, member.accountId)).toHaveLength(1);
  });

  test('of different accounts, and of different routes, are different keys', async () => {
    const [one, two] = [await fixture.member(), await fixture.member()];
    permitOf(await fixture.admit(one, mine));
    permitOf(await fixture.admit(two, mine));
    const elsewhere = { route: 'POST /other', by: one, key: 'mine', bodyHash: 'body', sealed: false };
    permitOf(await fixture.admit(one, { ...mine, idempotency: elsewhere }));
  });

  test('of two products at once give one permit', async () => {
    const sample = await openLimits(db, {
      product: 'sample',
      limits: { uses: { kind: 'quota', per: 'day', by: 'account' } },
      plans: { only: { uses: 9 } },
    });
    const member = await fixture.member();
    await makeGrant(db, member.accountId, { catalogue: sample.catalogue, plan: 'only' });
    const answers = await Promise.all([fixture.admit(member, mine), sample.admit(member, mine)]);
    expect(tally(answers)).toEqual({ permit: 1, running: 1 });
  });

  test.runIf(engine === 'postgres')('of two products in two commits at once give one permit', async () => {
    const member = await fixture.member();
    const [written, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const owner = { account: member.accountId };
    const name = kept.nameOf({ owner, route: 'POST /use', by: member, key: 'mine' });
    // Rows that the other product's admission has written, and not committed yet.
    const other = db.system('limits.admission', effect, async (tx) => {
      await tx.run(
        statement(
          `insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state)
           values ($1, 'POST /use', $2, $3, $4, 'running')`,
          [member.accountId, name.keyHash, kept.requestOf(name, 'body'), ids.next()],
        ),
      );
      written.resolve();
      await commit.promise;
    });
    await written.promise;
    const answer = fixture.admit(member, mine);
    await expect.poll(() => waitsForLocks(db)).toBe(1);
    commit.resolve();
    await other;
    expect(await answer).toEqual({ kind: 'running' });
    expect(await permits(db, member.accountId)).toEqual([]);
    expect(await windows(db, member.accountId)).toEqual({});
  });
});

describe('a repeat', () => {
  test('gets the stored answer, whatever the limits say now, and charges nothing', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, mine));
    const stored = permit.answering({ status: 202, body: { id: 7 }, headers: { location: '/7' } });
    if (stored === undefined) throw new Error('the call came with a key');
    await db.tenant(member.accountId, effect, [stored, permit.settlement()]);
    for (let use = 0; use < 4; use += 1) await permitOf(await fixture.admit(member)).settle();
    denialOf(await fixture.admit(member));
    const before = await windows(db, member.accountId);
    const elsewhere = await fixture.another();
    const again = await Promise.all([
      fixture.admit(member, mine),
      fixture.admit(member, mine),
      elsewhere.limits.admit(request(member, mine)),
    ]);
    for (const answer of again) {
      expect(answer).toEqual({
        kind: 'replay',
        answer: { status: 202, body: { id: 7 }, headers: { location: '/7' } },
      });
    }
    expect(await windows(db, member.accountId)).toEqual(before);
  });

  test('by another member, or with another API key, is another call with a permit of its own', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, mine));
    const stored = permit.answering({ status: 202, body: { id: 7 } });
    await db.tenant(member.accountId, effect, [
      ...(stored === undefined ? [] : [stored]),
      permit.settlement(),
    ]);
    const other = await makeMember(db, member.accountId);
    await permitOf(await fixture.admit(other, mine)).settle();
    // The charged account does not matter: it is whose key it is.
    const by = { userId: member.userId, keyId: ids.next<KeyId>() };
    const keyed = { route: 'POST /use', by, key: 'mine', bodyHash: 'body', sealed: false };
    permitOf(await fixture.admit(member, { ...mine, idempotency: keyed }));
    expect((await fixture.admit(member, mine)).kind).toBe('replay');
  });

  test('with another body is refused, and the key itself is kept nowhere', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { ...mine, key: 'a secret key' }));
    expect(await fixture.admit(member, { ...mine, key: 'a secret key', body: 'other' })).toEqual({
      kind: 'mismatch',
    });
    expect(await windows(db, member.accountId)).toEqual(charged);
    expect(await storedKeys(member.accountId)).not.toContain('a secret key');
  });

  test('of a private call opens the sealed answer, which nobody reads without the key', async () => {
    const member = await fixture.member();
    const idempotency = {
      route: 'POST /chat',
      by: member,
      key: 'only I know',
      bodyHash: 'body',
      sealed: true,
    };
    const permit = permitOf(await fixture.admit(member, { idempotency }));
    await db.tenant(member.accountId, effect, [
      permit.answering({ status: 200, body: { text: 'private marker' } }) ?? statement('select 1'),
      permit.settlement(),
    ]);
    expect(await storedKeys(member.accountId)).not.toContain('private marker');
    const again = await fixture.admit(member, { idempotency });
    expect(again).toEqual({ kind: 'replay', answer: { status: 200, body: { text: 'private marker' } } });
  });

  test.runIf(engine === 'postgres')('that meets the commit which stores the answer gets it', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { ...mine, as: 'job' }));
    // By itself, because an admission waits for the lock below before it looks at keys.
    const repeatCall = () =>
      db.asMigrator(
        statement<{ kind: string }>(
          `select limits.repeated(jsonb_populate_record(null::limits.request, to_jsonb(k)), $2, null, app.now())->>'kind' as kind
             from idempotency.keys k where account_id = $1`,
          [member.accountId, ids.next()],
        ),
      );
    // A connection's first call of the function waits before its first statement: both have had theirs.
    expect((await Promise.all([repeatCall(), repeatCall()])).flat()).toEqual([
      { kind: 'running' },
      { kind: 'running' },
    ]);
    const [locked, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // A call that reads the permit waits; had it read the key before, it would have read it without its answer.
    const closing = db.system('limits.admission', effect, async (tx) => {
      await tx.run(statement('lock table limits.permits in access exclusive mode'));
      await tx.run(statement("select set_config('app.account', $1, true)", [member.accountId]));
      locked.resolve();
      await commit.promise;
      const stored = permit.answering({ status: 202, body: { id: 7 } });
      await tx.run(stored ?? statement('select 1'));
      await tx.run(permit.delegating('account', 60));
    });
    await locked.promise;
    const again = repeatCall();
    await expect.poll(() => waitsForLocks(db)).toBe(1);
    commit.resolve();
    await closing;
    expect(await again).toEqual([{ kind: 'replay' }]);
  });

  test('after 24 hours is a new call', async () => {
    const member = await fixture.member();
    await permitOf(await fixture.admit(member, mine)).settle();
    await advance(db, '23 hours 59 minutes');
    expect(await fixture.admit(member, mine)).toEqual({ kind: 'outcome_unknown' });
    await advance(db, '1 minute');
    permitOf(await fixture.admit(member, mine));
  });

  test('of work that came to nothing is a new call: its key is free', async () => {
    const member = await fixture.member();
    const first = permitOf(await fixture.admit(member, mine));
    await first.release('broken');
    const second = permitOf(await fixture.admit(member, mine));
    expect(second.id).not.toBe(first.id);
    expect(await windows(db, member.accountId)).toEqual(charged);
  });

  test('while the work runs under a living process is told so', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { ...mine, as: 'job' }));
    expect(await fixture.admit(member, { ...mine, as: 'job' })).toEqual({ kind: 'running' });
  });
});

describe('after the process of the first call died', () => {
  const asJob = { ...mine, as: 'job' } as const;

  test('an inline call has an unknown outcome: its provider call may have been served', async () => {
    const [dead, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    permitOf(await dead.limits.admit(request(member, mine)));
    await kill(dead);
    expect(await alive.limits.admit(request(member, mine))).toEqual({ kind: 'outcome_unknown' });
    await alive.limits.sweep();
    expect(await alive.limits.admit(request(member, mine))).toEqual({ kind: 'outcome_unknown' });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
  });

  test('a retry adopts the permit that no job owns yet: the next fence, and nothing is charged again', async () => {
    const [dead, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    const first = permitOf(await dead.limits.admit(request(member, asJob)));
    await kill(dead);
    const answer = await alive.limits.admit(request(member, asJob));
    expect(answer).toMatchObject({ kind: 'permit', adopted: true });
    const second = permitOf(answer);
    expect(second).toMatchObject({ id: first.id, fence: 2, holder: alive.holder.id, reserve: 100, calls: 0 });
    expect(await windows(db, member.accountId)).toEqual(charged);
    await second.send(plannedCall(80, 'other'));
    second.served(figures(30));
    await second.settle();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 30']);
    expect(await windows(db, member.accountId)).toEqual({ 'demo monthly': 1, 'demo cost': 30 });
  });

  test('the old process, if it lives after all, finds itself stale, and its whole transaction is undone', async () => {
    const [old, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    const first = permitOf(await old.limits.admit(request(member, asJob)));
    await kill(old);
    const second = permitOf(await alive.limits.admit(request(member, asJob)));
    const traces = () =>
      db.asMigrator(statement('select 1 from public.effects where account_id = $1', [member.accountId]));
    const insert = statement('insert into public.effects values ($1)', [member.accountId]);
    const jobId = ids.next<JobId>();
    await expect(db.tenant(member.accountId, effect, [insert, first.attaching(jobId)])).rejects.toMatchObject(
      { code: 'PL010' },
    );
    await expect(db.tenant(member.accountId, effect, [insert, first.settlement()])).rejects.toMatchObject({
      code: 'PL010',
    });
    await expect(
      db.tenant(member.accountId, effect, async (tx) => {
        await tx.run(insert);
        await first.settleIn(tx);
      }),
    ).rejects.toMatchObject({ code: 'permit_stale' });
    await expect(first.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    await expect(first.send(plannedCall(500))).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await traces()).toHaveLength(0);
    await db.tenant(member.accountId, effect, [insert, second.settlement()]);
    expect(await traces()).toHaveLength(1);
  });

  test('a member who may no longer spend adopts nothing', async () => {
    const [dead, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    permitOf(await dead.limits.admit(request(member, asJob)));
    await kill(dead);
    await suspendAccount(db, member.accountId);
    expect(await alive.limits.admit(request(member, asJob))).toEqual({
      kind: 'refused',
      reason: 'account_suspended',
    });
    expect((await permits(db, member.accountId)).map(({ fence }) => fence)).toEqual([1]);
  });

  test('a process that is dead itself adopts nothing', async () => {
    const [dead, dying] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    permitOf(await dead.limits.admit(request(member, asJob)));
    await kill(dead);
    await kill(dying);
    expect(await dying.limits.admit(request(member, asJob))).toEqual({
      kind: 'refused',
      reason: 'holder_dead',
    });
  });

  test('a permit that its job owns is the job’s, waiting or begun: a retry is told that it runs', async () => {
    const [dead, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    const first = permitOf(await dead.limits.admit(request(member, asJob)));
    await db.tenant(member.accountId, effect, [first.attaching(ids.next<JobId>())]);
    await kill(dead);
    expect(await alive.limits.admit(request(member, asJob))).toEqual({ kind: 'running' });
    expect((await permits(db, member.accountId)).map(({ fence }) => fence)).toEqual([1]);
    await db.system('jobs.queue', effect, [
      statement('select limits.take($1, $2, $3)', [member.accountId, first.id, dead.holder.id]),
    ]);
    expect(await alive.limits.admit(request(member, asJob))).toEqual({ kind: 'running' });
  });

  test('one that is adopted after 50 seconds has a minute of its own to get its job', async () => {
    const [dead, alive] = [await fixture.another(), await fixture.another()];
    const member = await fixture.member();
    permitOf(await dead.limits.admit(request(member, asJob)));
    await kill(dead);
    await advance(db, '50 seconds');
    const adopted = permitOf(await alive.limits.admit(request(member, asJob)));
    await advance(db, '50 seconds');
    await alive.limits.sweep();
    expect((await permits(db, member.accountId)).map(({ state }) => state)).toEqual(['queued']);
    await adopted.settle();
  });
});
