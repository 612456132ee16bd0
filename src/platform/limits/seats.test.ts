import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { advance, advanceTo, ids, makeAccount, makeGrant, revokeGrant } from '#test/factories';
import { openLimits } from '#test/limits';
import { assertWithin } from '#test/property';
import { testDatabase } from '#test/services';
import { createSeats, type Seat, type Seating, type Seats, type SeatsOf } from './index.ts';

const { db, url } = await testDatabase();
/** Half a second more than whole ones, so that in the model no lease ends at the very moment that somebody comes. */
const TTL = 360.5;
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

function seated(answer: Seating): Seat {
  if (answer.kind !== 'seat') throw new Error(`no seat: ${JSON.stringify(answer)}`);
  return answer.seat;
}

const kinds = (answers: readonly Seating[]) => answers.map(({ kind }) => kind);
const machines = async (of: SeatsOf) => (await seats.list(of)).map(({ machine }) => machine);

describe('seats', () => {
  test('are as many as the plan has, and a denial says when the next one may be free', async () => {
    await advanceTo(db, '2031-01-01T00:00:00Z');
    const of = await office();
    for (const machine of ['a', 'b', 'c']) {
      seated(await seats.take(of, machine, TTL));
      await advance(db, '10 seconds');
    }
    const refused = await seats.take(of, 'd', TTL);
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
    const first = seated(await seats.take(of, 'a', TTL));
    const second = seated(await seats.take(of, 'a', TTL));
    expect(second.fence).toBe(first.fence + 1);
    expect(await seats.renew(of, first, TTL)).toBeUndefined();
    await seats.release(of, first);
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.renew(of, second, TTL)).toBeInstanceOf(Date);
  });

  test('of machines that died are free after their time, and never revive', async () => {
    const of = await office();
    const held = [];
    for (const machine of ['a', 'b', 'c']) held.push(seated(await seats.take(of, machine, TTL)));
    await advance(db, `${TTL - 5} seconds`);
    const [a, b] = held;
    if (a === undefined || b === undefined) throw new Error('nobody is seated');
    await seats.renew(of, a, TTL);
    await advance(db, '5 seconds');
    expect(await machines(of)).toEqual(['a']);
    expect(await seats.renew(of, b, TTL)).toBeUndefined();
    expect(kinds([await seats.take(of, 'd', TTL), await seats.take(of, 'e', TTL)])).toEqual(['seat', 'seat']);
    expect(kinds([await seats.take(of, 'b', TTL)])).toEqual(['denied']);
  });

  test('are freed by their machine, or by force, and who was freed by force is told', async () => {
    const of = await office();
    const [a, b] = [seated(await seats.take(of, 'a', TTL)), seated(await seats.take(of, 'b', TTL))];
    await seats.release(of, a);
    await seats.release(of, a);
    expect(await seats.forceRelease(of, 'b')).toBe(true);
    expect(await seats.forceRelease(of, 'b')).toBe(false);
    expect(await seats.renew(of, b, TTL)).toBeUndefined();
    expect(await machines(of)).toEqual([]);
    expect(seated(await seats.take(of, 'b', TTL)).fence).toBeGreaterThan(b.fence);
  });

  test('beyond a smaller plan are kept while they are renewed, and nobody comes in their place', async () => {
    const { accountId } = await makeAccount(db);
    const of = { accountId, product: 'demo', limit: 'machines' };
    await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'only' });
    const more = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'more' });
    const held = [];
    for (const machine of ['a', 'b', 'c', 'd', 'e']) held.push(seated(await seats.take(of, machine, TTL)));
    await revokeGrant(db, more, fixture.catalogue);
    for (const seat of held) expect(await seats.renew(of, seat, TTL)).toBeInstanceOf(Date);
    for (const seat of held.slice(0, 2)) await seats.release(of, seat);
    expect(kinds([await seats.take(of, 'f', TTL)])).toEqual(['denied']);
  });

  test('that the plan has none of are not a matter of waiting', async () => {
    const lack = { kind: 'plan_required', grant: 'machines', needed: 1 };
    expect(await seats.take(await office('none'), 'a', TTL)).toEqual({ ...lack, plan: 'demo.none' });
    const { accountId } = await makeAccount(db);
    const of = { accountId, product: 'demo', limit: 'machines' };
    expect(await seats.take(of, 'a', TTL)).toEqual({ ...lack, plan: null });
  });

  test('of which three are free are taken by three of 30 machines at once through two processes', async () => {
    const of = await office();
    const crowd = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (nodes[i % 2] ?? seats).take(of, `machine ${i}`, TTL)),
    );
    expect(crowd.filter(({ kind }) => kind === 'seat')).toHaveLength(MAX);
    expect(await machines(of)).toHaveLength(MAX);
  });
});

type Step =
  | { readonly take: readonly number[] }
  | { readonly renew: number; readonly stale: boolean }
  | { readonly free: number; readonly force: boolean }
  | { readonly sleep: number };
const machine = fc.integer({ min: 0, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ take: fc.array(machine, { minLength: 1, maxLength: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ renew: machine, stale: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ free: machine, force: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ sleep: fc.oneof(fc.integer({ min: 20, max: 300 }), fc.constant(400)) }),
  },
);

test('whatever machines take, renew, free, sleep and crash: never more than the plan has, and nobody loses a seat early', async () => {
  let start = Date.parse('2032-01-01T00:00:00Z');
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (plan) => {
      await advanceTo(db, new Date((start += 86_400_000)).toISOString());
      const of = await office();
      let now = 60;
      /** By machine: the seats that it was given, the newest last, and until when that one is held. */
      const given = new Map<number, Seat[]>();
      const until = new Map<number, number>();
      const live = () => [...until].filter(([, end]) => end > now).map(([who]) => who);
      for (const one of plan) {
        now += 'sleep' in one ? one.sleep : 1;
        await advanceTo(db, new Date(start + now * 1_000).toISOString());
        if ('take' in one) {
          const before = new Set(live());
          const asked = [...new Set(one.take)];
          const answers = await Promise.all(
            asked.map((who, i) => (nodes[i % 2] ?? seats).take(of, `m${who}`, TTL)),
          );
          for (const [i, who] of asked.entries()) {
            const answer = answers[i];
            if (answer?.kind === 'seat') {
              given.set(who, [...(given.get(who) ?? []), answer.seat]);
              until.set(who, now + TTL);
            } else expect(before.has(who)).toBe(false);
          }
          const isFull = answers.some(({ kind }) => kind !== 'seat');
          expect(isFull ? live().length : MAX).toBe(MAX);
        } else if ('renew' in one) {
          const mine = given.get(one.renew) ?? [];
          const seat = one.stale ? mine.at(-2) : mine.at(-1);
          if (seat === undefined) continue;
          const renewed = await seats.renew(of, seat, TTL);
          expect(renewed !== undefined).toBe(!one.stale && live().includes(one.renew));
          if (renewed !== undefined) until.set(one.renew, now + TTL);
        } else if ('free' in one) {
          const seat = given.get(one.free)?.at(-1);
          const wasHeld = live().includes(one.free);
          if (one.force) expect(await seats.forceRelease(of, `m${one.free}`)).toBe(wasHeld);
          else if (seat !== undefined) await seats.release(of, seat);
          if (one.force || seat !== undefined) until.delete(one.free);
        }
        expect(live().length).toBeLessThanOrEqual(MAX);
        expect((await machines(of)).sort()).toEqual(
          live()
            .map((who) => `m${who}`)
            .sort(),
        );
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
  if (other !== db) await other.close();
}, 90_000);
