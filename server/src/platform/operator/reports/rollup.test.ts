import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, type Database, openDatabase, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { createAdjuster, type Permit } from '#platform/limits';
import { advance, advanceTo, ids, type Member, makeKey } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  holdRows,
  kill,
  ledger,
  type Node,
  openLimits,
  openNode,
  plannedCall,
  request,
} from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createRollup } from './index.ts';
import { openUsageReport, type UsageSum } from './usage.ts';

const { db, url } = await testDatabase();
const other = url === '' ? db : await openDatabase({ engine: 'postgres', url });
afterAll(async () => {
  if (other !== db) await other.close();
});
await advanceTo(db, '2027-01-05T00:00:00Z');
const fixture = await openLimits(db, {
  limits: { cost: { kind: 'budget', per: 'day', by: 'account' } },
  plans: { only: { cost: 1_000_000 }, more: { cost: 2_000_000 } },
});
const HALF_WAY = commitPoint('test.rollup.half-way', 'a run that never gets there');
const TEST = commitPoint('test.rollup', 'what a test changes by hand');
const GROUP = ['account', 'user', 'plan', 'product', 'feature', 'key', 'provider', 'model', 'day'] as const;
const adjust = createAdjuster({ ids, catalogues: [fixture.catalogue], audit: createAudit({ ids }) });

/** Sums as reports give them, by everything that they tell apart. */
async function readReport(): Promise<Map<string, Sums>> {
  const zone = { zone: 'Asia/Kathmandu', from: '2026-11-01', until: '2027-10-30' };
  const report = await openUsageReport(db, 'everybody', { group: GROUP, filters: {}, ...zone });
  const sums = new Map<string, Sums>();
  for (let after: string[] | undefined; ; ) {
    const page = await report.page({ limit: 7, after });
    for (const sum of page) sums.set(report.positionOf(sum).join(' '), figuresOf(sum));
    const last = page.at(-1);
    if (last === undefined) return sums;
    after = report.positionOf(last);
  }
}

type Sums = readonly number[];

function figuresOf(sum: UsageSum): Sums {
  const { calls, estimated_calls, prompt_tokens, completion_tokens } = sum;
  return [
    calls,
    estimated_calls,
    prompt_tokens,
    completion_tokens,
    sum.posted_micros,
    sum.estimated_micros,
    sum.corrections_micros,
    sum.cost_micros,
    sum.charged_micros,
  ];
}

interface Row {
  readonly keys: string[];
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost: number;
  readonly charged: number;
  readonly estimated: boolean;
  readonly corrects: string | null;
}

/** The same, added up here from the rows of the ledger one by one. */
async function countLedger(): Promise<Map<string, Sums>> {
  const rows = await db.asMigrator(
    statement<Row>(
      `select array[e.account_id::text, e.user_id::text, coalesce(p.plan, ''), e.product, e.feature, coalesce(e.key_id::text, ''), e.provider, e.model,
         to_char(e.updated_at at time zone 'Asia/Kathmandu', 'YYYY-MM-DD')] as keys,
         e.prompt_tokens, e.completion_tokens, e.cost, e.charged, e.estimated, e.corrects
       from limits.usage_events e join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id where e.state = 'posted'`,
    ),
  );
  const sums = new Map<string, Sums>();
  for (const { keys, prompt_tokens, completion_tokens, cost, charged, estimated, corrects } of rows) {
    const isCall = corrects === null;
    const [exact, guessed] = [isCall && !estimated, isCall && estimated];
    const row = [
      Number(isCall),
      Number(guessed),
      prompt_tokens,
      completion_tokens,
      exact ? cost : 0,
      guessed ? cost : 0,
      isCall ? 0 : cost,
      cost,
      charged,
    ];
    const before = sums.get(keys.join(' '));
    sums.set(
      keys.join(' '),
      before === undefined ? row : row.map((amount, at) => amount + (before[at] ?? 0)),
    );
  }
  return sums;
}

/** A run that has done all of it, and dies before its commit. */
async function rollHalfWay(at: Database): Promise<void> {
  const died = at.system('reports.rollup', HALF_WAY, async (tx) => {
    await tx.run(statement('select reports.roll(2)'));
    throw new Error('killed');
  });
  await expect(died).rejects.toThrow('killed');
}

type Op =
  | { readonly do: 'admit'; readonly who: number; readonly model: string }
  | { readonly do: 'end'; readonly pick: number; readonly how: 'exact' | 'estimated' | 'unknown' | 'failed' }
  | { readonly do: 'adjust'; readonly pick: number; readonly by: number }
  | { readonly do: 'crash' | 'sweep' | 'verify' }
  | { readonly do: 'roll' | 'roll half-way'; readonly at: number };

const pick = fc.nat();
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      who: fc.nat(2),
      model: fc.constantFrom('small', 'large'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick,
      how: fc.constantFrom('exact' as const, 'estimated' as const, 'unknown' as const, 'failed' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      pick,
      by: fc.integer({ min: -120, max: 120 }).filter((amount) => amount !== 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'sweep' as const, 'verify' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('roll' as const, 'roll half-way' as const), at: fc.nat(1) }),
  },
);

interface Caller extends Member {
  readonly keyId?: Awaited<ReturnType<typeof makeKey>>;
}

/** Some callers, whose calls end in every way that there is, late ones too, and runs of two processes. */
class Run {
  readonly #open: Permit[] = [];
  readonly #callers: readonly Caller[];
  #node: Node;

  constructor(callers: readonly Caller[], node: Node) {
    this.#callers = callers;
    this.#node = node;
  }

  async step(one: Op): Promise<void> {
    switch (one.do) {
      case 'admit':
        return this.#admit(one);
      case 'end':
        return this.#end(one);
      case 'adjust':
        return this.#adjust(one);
      case 'crash':
        return this.#crash();
      case 'sweep':
        return void (await fixture.limits.sweep());
      case 'verify':
        return expect(await createRollup(other).verify()).toEqual([]);
      case 'roll':
        return void (await createRollup(one.at === 0 ? db : other).roll());
      case 'roll half-way':
        return rollHalfWay(one.at === 0 ? db : other);
    }
  }

  async #admit({ who, model }: Extract<Op, { do: 'admit' }>): Promise<void> {
    const caller = this.#callers[who];
    if (caller === undefined) return;
    const admission = await this.#node.limits.admit(request(caller, { reserve: 100 }));
    // Refused: its process dies at this very moment.
    if (admission.kind !== 'permit') return;
    const { permit } = admission;
    try {
      await permit.send(plannedCall(100, model));
      this.#open.push(permit);
    } catch (error) {
      // Its process died, and the sweep has closed it before anything was sent.
      assertStale(error);
    }
  }

  async #end({ pick: at, how }: Extract<Op, { do: 'end' }>): Promise<void> {
    const [permit] = this.#open.splice(at % Math.max(1, this.#open.length), 1);
    if (permit === undefined) return;
    if (how === 'exact' || how === 'failed') permit.served(figures(at % 150));
    if (how === 'estimated') permit.served(figures(77, { estimated: true }));
    const ended = how === 'failed' ? permit.release('failed') : permit.settle();
    // Late: the sweep has closed it, and what it says is a correction.
    await ended.catch(assertStale);
  }

  async #adjust({ pick: at, by }: Extract<Op, { do: 'adjust' }>): Promise<void> {
    const [first] = this.#callers;
    if (first === undefined) return;
    const rows = (await ledger(db, first.accountId)).filter(
      ({ state, corrects }) => state === 'posted' && corrects === null,
    );
    const row = rows[at % Math.max(1, rows.length)];
    if (row !== undefined) await adjustCall(first, row.id, by);
  }

  async #crash(): Promise<void> {
    const dead = this.#node;
    this.#node = await openNode(other, [fixture.catalogue]);
    await kill(dead);
  }
}

function assertStale(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'permit_stale') throw error;
}

function adjustCall({ accountId, userId }: Member, eventId: string, micros: number) {
  const by = { by: { kind: 'user', userId } as const, madeBy: userId };
  return other.system('admin.calls', TEST, (tx) =>
    adjust(tx, { accountId, of: { eventId }, amount: { micros }, reason: 'test', ...by }),
  );
}

test('sums equal rows at every instant, whatever is settled, late, corrected or rolled up by two at once, and whatever dies', async () => {
  await assertWithin(
    fc.asyncProperty(
      fc.array(fc.array(op, { minLength: 1, maxLength: 10 }), { minLength: 3, maxLength: 12 }),
      async (rounds) => {
        const first = await fixture.member();
        const callers = [first, { ...first, keyId: await makeKey(db, first) }, await fixture.member('more')];
        const run = new Run(callers, await openNode(db, [fixture.catalogue]));
        for (const ops of rounds) {
          await Promise.all(ops.map((one) => run.step(one)));
          await advance(db, '7 minutes');
          expect(await readReport()).toEqual(await countLedger());
        }
        await createRollup(db).roll();
        expect(await readReport()).toEqual(await countLedger());
      },
    ),
    { numRuns: 6, within: 60_000 },
  );
}, 120_000);

/** Settled calls of a new account, each at this cost. */
async function settleCalls(...costs: readonly number[]): Promise<Member> {
  const member = await fixture.member();
  for (const cost of costs) {
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(cost));
    await permit.settle();
  }
  return member;
}

const change = (sql: string, values: readonly unknown[]) =>
  other.system('reports.rollup', TEST, [statement(sql, values)]);

describe('verify', () => {
  beforeEach(async () => void (await createRollup(db).repair()));

  test.each([
    [
      'a cell that somebody changed',
      'update reports.usage_cells set posted = posted + 5 where account_id = $1',
      { posted: -5 },
    ],
    [
      'a cell that is gone',
      'delete from reports.usage_cells where account_id = $1',
      { posted: 70, calls: 2 },
    ],
  ])('names %s, and repair makes it right', async (_name, sql, says) => {
    const { accountId } = await settleCalls(30, 40);
    const rollup = createRollup(db);
    await rollup.roll();
    expect(await rollup.verify()).toEqual([]);
    await change(sql, [accountId]);
    expect(await rollup.verify()).toEqual([expect.objectContaining({ account_id: accountId, ...says })]);
    expect(await rollup.repair()).toBe(1);
    expect(await rollup.verify()).toEqual([]);
    expect(await readReport()).toEqual(await countLedger());
  });

  test('names what was taken out of the queue and added nowhere; it looks at the days that it is asked for alone', async () => {
    const { accountId } = await settleCalls(30);
    await change('delete from limits.postings where $1 = any(accounts)', [accountId]);
    const rollup = createRollup(db);
    expect(await rollup.verify({ until: new Date('2026-01-01') })).toEqual([]);
    expect(await rollup.verify({ from: new Date('2026-01-01') })).toMatchObject([
      { account_id: accountId, posted: 30 },
    ]);
  });

  test('is content with what is not rolled up yet, and repair leaves that in the queue', async () => {
    await settleCalls(30, 40);
    const rollup = createRollup(db);
    expect([await rollup.verify(), await rollup.repair()]).toEqual([[], 0]);
    expect(await rollup.roll()).toBeGreaterThan(0);
    expect(await rollup.verify()).toEqual([]);
  });
});

test.runIf(engine === 'postgres')(
  'a commit that comes late is added when it comes: a run in between passes over nothing',
  async () => {
    const slow = await fixture.member();
    await permitOf(await fixture.admit(slow, { reserve: 100 })).send(plannedCall(100));
    const commit = await holdRows(url, [
      statement(
        `update limits.usage_events set state = 'posted', cost = 25, updated_at = app.now() where account_id = $1`,
        [slow.accountId],
      ),
    ]);
    await settleCalls(20);
    await createRollup(db).roll();
    await commit();
    expect(await readReport()).toEqual(await countLedger());
    expect(await createRollup(db).roll()).toBe(1);
    expect(await readReport()).toEqual(await countLedger());
  },
);

describe.runIf(engine === 'postgres')('two runs at once', () => {
  test('take each row once, and pass over what the other has taken', async () => {
    await createRollup(db).roll();
    for (const cost of [10, 20, 30]) await settleCalls(cost);
    const commit = await holdRows(url, [statement('select reports.roll(1)')]);
    expect(await createRollup(db).roll()).toBe(2);
    await commit();
    expect(await createRollup(db).roll()).toBe(0);
    expect(await readReport()).toEqual(await countLedger());
  });
});

test('a settlement of many is one row of the queue, and what is admitted none', async () => {
  await createRollup(db).roll();
  const member = await fixture.member();
  const asked = Array.from({ length: 20 }, () => fixture.admit(member, { reserve: 10 }));
  const permits = (await Promise.all(asked)).map(permitOf);
  await Promise.all(permits.map((permit) => permit.send(plannedCall(10))));
  const queue = () =>
    db.asMigrator(statement<{ events: number }>('select cardinality(events) as events from limits.postings'));
  expect(await queue()).toEqual([]);
  await Promise.all(permits.map((permit) => (permit.served(figures(5)), permit.settle())));
  const rows = await queue();
  expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(20);
  expect(rows.length).toBeLessThan(5);
});
