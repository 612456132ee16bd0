import { describe, expect, test } from 'vitest';
import { commitPoint, openDatabase, statement } from '#platform/db';
import { advance, advanceTo, ids, makeAccount, makeGrant, revokeGrant } from '@plinth/testkit/factories';
import { openLimits, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createSeats, type Seat, type SeatResult, type Seats, type SeatsOf } from '../index.ts';

const commits: string[] = [];
const { db, url } = await testDatabase({
  crashHook: (point, phase) => void (phase === 'before' && commits.push(point)),
});
const TTL = 360;
const TERMS = { ttlSeconds: TTL };
const OFFLINE = { ttlSeconds: TTL, offlineMinutes: 30 };
const MAX = 3;
const fixture = await openLimits(db, {
  limits: { machines: { kind: 'seats', by: 'account' }, uses: { kind: 'quota', per: 'day', by: 'account' } },
  plans: {
    none: { machines: 0, uses: 1 },
    only: { machines: MAX, uses: 1 },
    more: { machines: MAX + 2, uses: 1 },
  },
  features: { use: ['uses'] },
});
const other = url === '' ? db : await openDatabase({ engine: 'postgres', url });
const seats = createSeats({ db, ids });
const nodes: readonly Seats[] = [seats, createSeats({ db: other, ids })];

async function office(plan = 'only'): Promise<SeatsOf> {
  const { accountId } = await fixture.member(plan);
  return { accountId, product: 'demo', limit: 'machines' };
}

function toSeat(answer: SeatResult) {
  if (answer.kind !== 'seat') throw new Error(`no seat: ${JSON.stringify(answer)}`);
  return answer.seat;
}

const kinds = (answers: readonly SeatResult[]) => answers.map(({ kind }) => kind);
const machines = async (of: SeatsOf) => (await seats.list(of)).map(({ machine }) => machine);

describe('seats', () => {
  test('are as many as the plan has, and a denial says when the next one may be free', async () => {
    await advanceTo(db, '2031-01-01T00:00:00Z');
    const of = await office();
    for (const machine of ['a', 'b', 'c']) {
      toSeat(await seats.take(of, machine, TERMS));
      await advance(db, '10 seconds');
    }
    const refused = await seats.take(of, 'd', TERMS);
    expect(refused).toMatchObject({
      kind: 'denied',
      denial: { limit: 'machines', of: 'seats', used: MAX, max: MAX, plan: 'demo.only' },
    });
    if (refused.kind !== 'denied') throw new Error('it was not denied');
    expect(Math.abs((refused.denial.retryAfter ?? 0) - (TTL - 30))).toBeLessThan(3);
    expect(await fixture.limits.usage(of.accountId)).toMatchObject([
      { limit: 'machines', used: MAX, max: MAX },
      {},
    ]);
    expect(await machines(of)).toEqual(['a', 'b', 'c']);
  });

  test('are taken over by the same machine: its former self is told, and takes no second one', async () => {
    const of = await office();
    const first = toSeat(await seats.take(of, 'a', TERMS));
    const second = toSeat(await seats.take(of, 'a', TERMS));
    expect(second.fence).toBe(first.fence + 1);
    expect(await seats.renew(of, first, TERMS)).toMatchObject({ kind: 'taken_over' });
    await seats.release(of, first);
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.renew(of, second, TERMS)).toMatchObject({ kind: 'renewed' });
  });

  test('of machines that died are free after their time, and never revive', async () => {
    const of = await office();
    const held = [];
    for (const machine of ['a', 'b', 'c']) held.push(toSeat(await seats.take(of, machine, TERMS)));
    await advance(db, `${TTL - 5} seconds`);
    const [a, b] = held;
    if (a === undefined || b === undefined) throw new Error('nobody is seated');
    await seats.renew(of, a, TERMS);
    await advance(db, '5 seconds');
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.renew(of, b, TERMS)).toMatchObject({ kind: 'expired' });
    expect(kinds([await seats.take(of, 'd', TERMS), await seats.take(of, 'e', TERMS)])).toEqual([
      'seat',
      'seat',
    ]);
    expect(kinds([await seats.take(of, 'b', TERMS)])).toEqual(['denied']);
  });

  test('are freed by their machine, or by force, and who was freed by force is told', async () => {
    const of = await office();
    const [a, b] = [toSeat(await seats.take(of, 'a', TERMS)), toSeat(await seats.take(of, 'b', TERMS))];
    await seats.release(of, a);
    await seats.release(of, a);
    expect(await seats.forceRelease(of, 'b')).toBe(true);
    expect(await seats.forceRelease(of, 'b')).toBe(false);
    expect(await seats.renew(of, b, TERMS)).toMatchObject({ kind: 'forced' });
    expect(await machines(of)).toEqual([]);
    expect(toSeat(await seats.take(of, 'b', TERMS)).fence).toBeGreaterThan(b.fence);
  });

  test('beyond a smaller plan are kept while they are renewed, and nobody comes in their place', async () => {
    const { accountId } = await makeAccount(db);
    const of = { accountId, product: 'demo', limit: 'machines' };
    await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'only' });
    const more = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'more' });
    const held = [];
    for (const machine of ['a', 'b', 'c', 'd', 'e']) held.push(toSeat(await seats.take(of, machine, TERMS)));
    await revokeGrant(db, more, fixture.catalogue);
    for (const seat of held) expect(await seats.renew(of, seat, TERMS)).toMatchObject({ kind: 'renewed' });
    for (const seat of held.slice(0, 2)) await seats.release(of, seat);
    expect(kinds([await seats.take(of, 'f', TERMS)])).toEqual(['denied']);
  });

  test('that the plan has none of are not a matter of waiting', async () => {
    const lack = { kind: 'plan_required', grant: 'machines', needed: 1 };
    expect(await seats.take(await office('none'), 'a', TERMS)).toEqual({
      ...lack,
      plan: 'demo.none',
      ended: [],
    });
    const { accountId } = await makeAccount(db);
    const of = { accountId, product: 'demo', limit: 'machines' };
    expect(await seats.take(of, 'a', TERMS)).toEqual({ ...lack, plan: null, ended: [] });
  });

  test('of which three are free are taken by three of 30 machines at once through two processes', async () => {
    const of = await office();
    const crowd = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (nodes[i % 2] ?? seats).take(of, `machine ${i}`, TERMS)),
    );
    expect(crowd.filter(({ kind }) => kind === 'seat')).toHaveLength(MAX);
    expect(await machines(of)).toHaveLength(MAX);
  });
});

/** A machine that has been at work for five minutes, and was handed a lease of half an hour. */
async function away(of: SeatsOf, machine: string): Promise<Seat> {
  const seat = toSeat(await seats.take(of, machine, OFFLINE));
  await advance(db, '5 minutes');
  const renewed = await seats.renew(of, seat, TERMS);
  if (renewed.kind !== 'renewed' || renewed.offlineUntil === null) throw new Error('no lease');
  expect(renewed.offlineUntil.getTime() - renewed.at.getTime()).toBe(1_800_000);
  return seat;
}

describe('work without the server', () => {
  test('is handed out after five minutes with it, and not at all by a seat that hands out none', async () => {
    const of = await office();
    const [early, none] = [await seats.take(of, 'a', OFFLINE), await seats.take(of, 'b', TERMS)].map(toSeat);
    if (early === undefined || none === undefined) throw new Error('nobody is seated');
    await advance(db, '290 seconds');
    expect(await seats.renew(of, early, TERMS)).toMatchObject({ kind: 'renewed', offlineUntil: null });
    await advance(db, '10 seconds');
    expect(await seats.renew(of, early, TERMS)).toMatchObject({ offlineUntil: expect.any(Date) as Date });
    expect(await seats.renew(of, none, TERMS)).toMatchObject({ kind: 'renewed', offlineUntil: null });
    const borrowed = await seats.renew(of, none, { ttlSeconds: TTL, borrowMinutes: 600 });
    if (borrowed.kind !== 'renewed') throw new Error('it was lost');
    expect((borrowed.offlineUntil?.getTime() ?? 0) - borrowed.at.getTime()).toBe(36_000_000);
  });

  test('occupies the seat until it ends, and its holder may come back as long', async () => {
    const of = await office();
    const a = await away(of, 'a');
    for (const machine of ['b', 'c']) toSeat(await seats.take(of, machine, TERMS));
    await advance(db, '25 minutes');
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.renew(of, a, TERMS)).toMatchObject({ kind: 'renewed' });
    await advance(db, '31 minutes');
    expect(await machines(of)).toEqual([]);
    expect(await seats.renew(of, a, TERMS)).toMatchObject({ kind: 'expired' });
  });

  test('that its holder gives up frees the seat at once', async () => {
    const of = await office();
    await seats.release(of, await away(of, 'a'));
    expect(await machines(of)).toEqual([]);
  });

  test('is still owed when others end the seat, or the same machine takes it over and stops', async () => {
    const of = await office();
    const [a, b] = [await away(of, 'a'), await away(of, 'b')];
    expect(await seats.forceRelease(of, 'a')).toBe(true);
    expect(await seats.renew(of, a, TERMS)).toMatchObject({ kind: 'forced' });
    await seats.release(of, toSeat(await seats.take(of, 'b', TERMS)));
    expect(await machines(of)).toEqual(['a', 'b']);
    await seats.release(of, a);
    expect(await machines(of)).toEqual(['b']);
    // A machine that took it over has no say in what was handed out before it; its holder gives it up.
    await seats.release(of, { ...b, fence: b.fence + 1 });
    expect(await machines(of)).toEqual(['b']);
    await seats.release(of, b);
    expect(await machines(of)).toEqual([]);
  });

  test('that is owed ends when it does, and the seat of the one who took it over when that one does', async () => {
    const of = await office();
    await away(of, 'a');
    const second = toSeat(await seats.take(of, 'a', OFFLINE));
    await advance(db, '7 minutes');
    const over = await seats.renew(of, second, TERMS);
    if (over.kind !== 'expired') throw new Error('it is renewed');
    expect(Math.abs(over.endedAt.getTime() - second.expiresAt.getTime())).toBeLessThanOrEqual(1);
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.forceRelease(of, 'a')).toBe(false);
    await advance(db, '24 minutes');
    expect(await machines(of)).toEqual([]);
  });

  test('is handed out to one holder of a seat at a time: machines with one name that take it over from each other share one', async () => {
    const of = await office();
    const first = await away(of, 'clone');
    let last = first;
    const from = new Set<number>();
    for (let n = 0; n < 5; n += 1) {
      const clone = toSeat(await seats.take(of, 'clone', OFFLINE));
      // The one before gives up nothing that is not its own.
      if (last !== first) await seats.release(of, last);
      last = clone;
      await advance(db, '5 minutes');
      const answer = await seats.renew(of, clone, { ttlSeconds: TTL, borrowMinutes: 600 });
      if (answer.kind !== 'renewed') throw new Error('the seat was lost');
      expect(answer.offlineUntil).toBeNull();
      from.add(answer.offlineFrom.getTime());
    }
    // All were told the same end.
    expect(from.size).toBe(1);
    await seats.release(of, first);
    expect(await seats.renew(of, last, TERMS)).toMatchObject({ offlineUntil: expect.any(Date) as Date });
  });

  test('is given up by a machine that shows it when it begins anew', async () => {
    const of = await office();
    const a = await away(of, 'a');
    await seats.release(of, toSeat(await seats.take(of, 'a', { ...OFFLINE, resumes: a })));
    expect(await machines(of)).toEqual([]);
  });

  test('ends with the plan for every machine that asks: the seat is suspended, and what was handed out is owed', async () => {
    const { accountId } = await makeAccount(db);
    const of = { accountId, product: 'demo', limit: 'machines' };
    const grant = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'only' });
    const [a, b] = [await away(of, 'a'), toSeat(await seats.take(of, 'b', TERMS))];
    await revokeGrant(db, grant, fixture.catalogue);
    expect(await seats.renew(of, a, TERMS)).toMatchObject({ kind: 'suspended' });
    expect(await seats.renew(of, b, TERMS)).toMatchObject({ kind: 'suspended' });
    expect(await seats.list(of)).toMatchObject([{ machine: 'a', ended: 'suspended' }]);
  });
});

/** Renews with a token, and answers what the next renewal shows. */
async function next(of: SeatsOf, held: Parameters<Seats['renew']>[1], token = held.token): Promise<number> {
  const answer = await seats.renew(of, { ...held, token }, TERMS);
  if (answer.kind !== 'renewed') throw new Error(`not renewed: ${answer.kind}`);
  return answer.token;
}

describe('the token that a renewal shows', () => {
  test('may be shown again while none after it was used, and each answer’s token goes on', async () => {
    for (const which of [0, 1, 2]) {
      const of = await office();
      const seat = toSeat(await seats.take(of, 'a', TERMS));
      const answers = [await next(of, seat), await next(of, seat), await next(of, seat)];
      expect(new Set(answers).size).toBe(3);
      expect(await next(of, seat, await next(of, seat, answers[which]))).toBeGreaterThan(0);
      expect(await seats.renew(of, { ...seat, token: answers[(which + 1) % 3] }, TERMS)).toMatchObject({
        kind: 'copied',
      });
    }
  });

  test('ends the seat where it is older than the one that was used last: of two copies none goes on, and one gets it anew', async () => {
    const of = await office();
    const seat = toSeat(await seats.take(of, 'a', TERMS));
    const [mine, copied] = [await next(of, seat), await next(of, seat)];
    const used = await next(of, seat, mine);
    expect(await seats.renew(of, { ...seat, token: copied }, TERMS)).toMatchObject({ kind: 'copied' });
    expect(await seats.renew(of, { ...seat, token: used }, TERMS)).toMatchObject({ kind: 'expired' });
    expect(await machines(of)).toEqual([]);
    const first = toSeat(await seats.take(of, 'a', { ...TERMS, resumes: { ...seat, token: used } }));
    const second = toSeat(await seats.take(of, 'a', { ...TERMS, resumes: { ...seat, token: copied } }));
    expect(await seats.renew(of, first, TERMS)).toMatchObject({ kind: 'taken_over' });
    expect(await next(of, second, await next(of, second))).toBeGreaterThan(0);
  });

  test('gives nothing up once it was copied: what was handed out is owed until it ends', async () => {
    const of = await office();
    const a = toSeat(await seats.take(of, 'a', OFFLINE));
    await advance(db, '301 seconds');
    await next(of, a, await next(of, a));
    const older = { ...a, token: a.token };
    const anew = toSeat(await seats.take(of, 'a', { ...OFFLINE, resumes: older }));
    expect(anew.token).toBe(1);
    await advance(db, '301 seconds');
    expect(await seats.renew(of, anew, TERMS)).toMatchObject({ kind: 'renewed', offlineUntil: null });

    const b = toSeat(await seats.take(of, 'b', OFFLINE));
    await advance(db, '301 seconds');
    const used = await next(of, b, await next(of, b));
    expect(await seats.renew(of, b, TERMS)).toMatchObject({ kind: 'copied' });
    await seats.release(of, { ...b, token: used });
    expect((await seats.list(of)).map(({ machine }) => machine)).toContain('b');
    toSeat(await seats.take(of, 'b', { ...OFFLINE, resumes: { ...b, token: used } }));
    await advance(db, '301 seconds');
    expect(await machines(of)).toContain('b');
  });

  test('is not asked for of a version that knows none, and never by the fence alone', async () => {
    const of = await office();
    const { machine, fence, token } = toSeat(await seats.take(of, 'a', TERMS));
    await next(of, { machine, fence, token }, await next(of, { machine, fence, token }));
    const given = await next(of, { machine, fence });
    expect(await next(of, { machine, fence, token: given })).toBeGreaterThan(given);
  });
});

test('a size in the plan’s place counts while the plan has seats', async () => {
  const of = await office();
  for (const machine of ['a', 'b', 'c', 'd', 'e'])
    toSeat(await seats.take(of, machine, { ...TERMS, size: 5 }));
  expect(await seats.take(of, 'f', { ...TERMS, size: 5 })).toMatchObject({ denial: { used: 5, max: 5 } });
  expect(await seats.take(await office('none'), 'a', { ...TERMS, size: 5 })).toMatchObject({
    kind: 'plan_required',
  });
});

test('renewals that come together are committed together, of whichever accounts they are', async () => {
  const offices = [await office(), await office(), await office()];
  const held: { of: SeatsOf; seat: Seat }[] = [];
  for (const of of offices)
    for (const machine of ['a', 'b', 'c'])
      held.push({ of, seat: toSeat(await seats.take(of, machine, TERMS)) });
  commits.length = 0;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => held.map(({ of, seat }) => seats.renew(of, seat, TERMS))).flat(),
  );
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['renewed']));
  expect(commits).toEqual(['limits.seat-renewals']);
});

test.runIf(engine === 'postgres')(
  'a new machine waits for a renewal that is under way when its time ends, and is denied',
  async () => {
    const of = await office();
    const [a] = [await seats.take(of, 'a', TERMS), await seats.take(of, 'b', TERMS)].map(toSeat);
    if (a === undefined) throw new Error('nobody is seated');
    await advance(db, `${TTL - 10} seconds`);
    toSeat(await seats.take(of, 'c', TERMS));
    const began = Promise.withResolvers<undefined>();
    const goes = Promise.withResolvers<undefined>();
    const renewal = `{"(${of.accountId},demo,machines,a,${a.fence},${TTL},)"}`;
    const renewing = db.system('limits.seats', commitPoint('test.renew', 'a renewal'), async (tx) => {
      await tx.run(statement('select kind from limits.renew_seats($1::limits.renewal[])', [renewal]));
      began.resolve(undefined);
      await goes.promise;
    });
    await began.promise;
    await advance(db, '20 seconds');
    // Two seats have run out as committed, and one of them is being renewed: one is free.
    const crowd = Promise.all(['d', 'e'].map((name) => seats.take(of, name, TERMS)));
    await expect.poll(() => waitsForLocks(db), { timeout: 60_000 }).toBe(2);
    goes.resolve(undefined);
    await renewing;
    expect(kinds(await crowd).sort()).toEqual(['denied', 'seat']);
    expect(await machines(of)).toHaveLength(MAX);
  },
);
