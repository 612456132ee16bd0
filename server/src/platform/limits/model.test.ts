import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { AppError } from '#platform/kernel';
import { advanceTo, type Member } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  limitsCatalogue,
  kill,
  type Node,
  openLimits,
  openNode,
  plannedCall,
  request,
} from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import type { Admission, Permit } from './index.ts';

const { db, url } = await testDatabase();
const other = url === '' ? db : await openDatabase({ engine: 'postgres', url });
afterAll(async () => {
  if (other !== db) await other.close();
});
const SIZES = { daily: 12, hourly: 8, at_once: 3, cost: 200 } as const;
const rules = {
  limits: {
    daily: { kind: 'quota', per: 'day', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: SIZES },
} as const;
const fixture = await openLimits(db, rules);
const catalogues = [limitsCatalogue(rules)];

type Op =
  | {
      readonly do: 'admit';
      readonly node: number;
      readonly units: number;
      readonly reserve: number;
      readonly least: number;
    }
  | { readonly do: 'end'; readonly pick: number; readonly settles: boolean; readonly share: number }
  | { readonly do: 'crash'; readonly node: number }
  | { readonly do: 'sweep' };
/** Steps that happen at once, half an hour or more after those before. */
interface Round {
  readonly halfHours: number;
  readonly ops: readonly Op[];
}

const node = fc.integer({ min: 0, max: 1 });
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      node,
      units: fc.integer({ min: 1, max: 3 }),
      reserve: fc.integer({ min: 0, max: 90 }),
      least: fc.integer({ min: 0, max: 90 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick: fc.nat(),
      settles: fc.boolean(),
      share: fc.integer({ min: 0, max: 100 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), node }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sweep' as const }) },
);
const round: fc.Arbitrary<Round> = fc.record({
  halfHours: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4 }), fc.constant(48)),
  // Alone, where the model says exactly what must happen, or in a crowd, where it follows what did.
  ops: fc.oneof(fc.array(op, { minLength: 1, maxLength: 1 }), fc.array(op, { minLength: 2, maxLength: 12 })),
});

interface Held {
  readonly permit: Permit;
  readonly node: Node;
  readonly day: number;
  readonly units: number;
}

/** The promises of limits, as plainly as they can be written: one account, its windows and its open permits. */
class Model {
  halfHour = 0;
  open: Held[] = [];
  readonly dead = new Set<Node>();
  readonly #units = new Map<number, number>();
  readonly #bursts = new Map<number, number>();
  readonly #costs = new Map<number, number>();

  get day(): number {
    return Math.floor(this.halfHour / 48);
  }
  get hour(): number {
    return Math.floor(this.halfHour / 2);
  }

  /** The use that each limit must report. */
  get used() {
    return {
      daily: this.#units.get(this.day) ?? 0,
      hourly: this.#bursts.get(this.hour) ?? 0,
      at_once: this.open.filter((held) => !this.dead.has(held.node)).length,
      cost: this.#costs.get(this.day) ?? 0,
    };
  }

  /** The answer to a request that comes alone. */
  expected({ units, reserve, least }: Extract<Op, { do: 'admit' }>): string {
    const { daily, hourly, at_once, cost } = this.used;
    if (daily + units > SIZES.daily) return 'daily';
    if (hourly + units > SIZES.hourly) return 'hourly';
    if (at_once >= SIZES.at_once) return 'at_once';
    return cost + Math.min(least, reserve) > SIZES.cost ? 'cost' : 'permit';
  }

  admitted(held: Held): void {
    this.open.push(held);
    add(this.#units, this.day, held.units);
    add(this.#bursts, this.hour, held.units);
    add(this.#costs, this.day, held.permit.reserve);
  }

  /** Its process died, and the sweeper closed it before anything was sent: all is given back but the burst. */
  sweptAway(units: number): void {
    add(this.#bursts, this.hour, units);
  }

  /** Late: the sweeper had closed it, so that the quota stays, and the estimate is corrected; it comes back where all of it came to nothing. */
  ended(held: Held, { settles, cost, late }: { settles: boolean; cost: number; late: boolean }): void {
    this.open = this.open.filter((one) => one !== held);
    add(this.#costs, held.day, cost - held.permit.reserve);
    if (!settles && (!late || cost === 0)) add(this.#units, held.day, -held.units);
  }
}

function add(map: Map<number, number>, key: number, amount: number): void {
  map.set(key, (map.get(key) ?? 0) + amount);
}

let days = 0;

/** Two processes with connections of their own, one account, and the model of it. */
class Run {
  readonly model = new Model();
  readonly #start = Date.parse('2030-01-01T00:00:10Z') + (days += 40) * 86_400_000;
  readonly #member: Member;
  readonly #nodes: Node[];

  constructor(member: Member, nodes: Node[]) {
    this.#member = member;
    this.#nodes = nodes;
  }

  begin(): Promise<void> {
    return this.#goOn();
  }

  async play({ halfHours, ops }: Round): Promise<void> {
    const { model } = this;
    model.halfHour += halfHours;
    if (halfHours > 0) await this.#goOn();
    const [only] = ops;
    const expected = ops.length === 1 && only?.do === 'admit' ? model.expected(only) : undefined;
    const free = [...model.open];
    const answers = await Promise.all(ops.map((one) => this.#step(one, free)));
    if (expected !== undefined) expect(answers).toEqual([expected]);
    await this.#agree();
    for (const crashed of model.dead) await this.#replace(crashed);
  }

  async #goOn(): Promise<void> {
    await advanceTo(db, new Date(this.#start + this.model.halfHour * 1_800_000).toISOString());
  }

  async #step(one: Op, free: Held[]): Promise<string> {
    switch (one.do) {
      case 'admit':
        return this.#admit(one);
      case 'end':
        return this.#end(one, free);
      case 'crash': {
        const crashed = this.#nodes[one.node] ?? fixture.node;
        this.model.dead.add(crashed);
        await kill(crashed);
        return 'crashed';
      }
      case 'sweep':
        await fixture.limits.sweep();
        return 'swept';
    }
  }

  async #admit({ node: at, units, reserve, least }: Extract<Op, { do: 'admit' }>): Promise<string> {
    const by = this.#nodes[at] ?? fixture.node;
    const wanted = request(this.#member, { units, reserve, leastReserve: least });
    const answer: Admission = await by.limits.admit(wanted);
    if (answer.kind === 'denied') return answer.denial.limit;
    if (answer.kind !== 'permit') return answer.kind;
    try {
      await answer.permit.send(plannedCall(answer.permit.reserve));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'permit_stale') throw error;
      this.model.sweptAway(units);
      return 'swept away';
    }
    this.model.admitted({ permit: answer.permit, node: by, day: this.model.day, units });
    return 'permit';
  }

  async #end({ pick, settles, share }: Extract<Op, { do: 'end' }>, free: Held[]): Promise<string> {
    const [held] = free.length === 0 ? [] : free.splice(pick % free.length, 1);
    if (held === undefined) return 'nothing';
    const cost = Math.floor((held.permit.reserve * share) / 100);
    held.permit.served(figures(cost));
    try {
      await (settles ? held.permit.settle() : held.permit.release('failed'));
      this.model.ended(held, { settles, cost, late: false });
      return 'ended';
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'permit_stale') throw error;
      this.model.ended(held, { settles, cost, late: true });
      return 'late';
    }
  }

  async #agree(): Promise<void> {
    const rows = await fixture.limits.usage(this.#member.accountId);
    const used = Object.fromEntries(rows.map((row) => [row.limit, row.used]));
    expect(used).toEqual(this.model.used);
    for (const [limit, size] of Object.entries(SIZES)) expect(used[limit]).toBeLessThanOrEqual(size);
  }

  async #replace(crashed: Node): Promise<void> {
    const at = this.#nodes.indexOf(crashed);
    if (at >= 0) this.#nodes[at] = await openNode(at === 0 ? db : other, catalogues);
  }

  /** All processes die; afterwards the account has all its places again. */
  async end(): Promise<void> {
    for (const one of this.#nodes) await kill(one);
    await fixture.limits.sweep();
    this.model.halfHour += 48;
    await this.#goOn();
    for (let index = 0; index < SIZES.at_once; index += 1) permitOf(await fixture.admit(this.#member));
    expect((await fixture.admit(this.#member)).kind).toBe('denied');
  }
}

test('whatever two processes do at once, crash and come back: never over, and the windows hold what was used', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(round, { minLength: 5, maxLength: 25 }), async (rounds) => {
      const nodes = [await openNode(db, catalogues), await openNode(other, catalogues)];
      const run = new Run(await fixture.member(), nodes);
      await run.begin();
      for (const one of rounds) await run.play(one);
      await run.end();
    }),
    { numRuns: 25, within: 60_000 },
  );
}, 120_000);
