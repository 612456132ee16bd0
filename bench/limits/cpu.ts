import { readFileSync } from 'node:fs';
import { openDatabase, statement } from '#platform/db';
import {
  figures,
  permitOf,
  limitsCatalogue,
  openNode,
  plannedCall,
  request,
} from '@plinth/testkit/fixtures/limits';
import type { Figures } from '../figures.ts';
import { FIVE, type Fixture, openLoneBare } from './fixture.ts';
import { median } from './rounds.ts';

const ROUNDS = 9;
const KNOWN = 8;
const CROWD = 100;
/** Calls of a lone caller in a turn: each of those who are known has as many open permits then. */
const CALLS = 16;
/** A plan is made by the first calls after the tables were emptied. */
const WARM_UP = 8;

/** What a way takes of its one connection's backend: microseconds of CPU, of so many decisions a turn. */
interface Way {
  readonly pid: number;
  readonly each: number;
  readonly turn: (calls: number) => Promise<unknown>;
}

/**
 * The database's CPU a decision in turns of one run, which depends on what else the machine does less than time does; undefined where
 * the system does not tell it.
 */
export async function costInTheDatabase({ url, members, clear }: Fixture): Promise<Figures | undefined> {
  if (process.platform !== 'linux') return;
  const db = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
  const bare = openLoneBare(url);
  try {
    const { limits, holder } = await openNode(db, [limitsCatalogue(FIVE)]);
    const backend = statement<{ pid: number }>('select pg_backend_pid() as pid');
    const [[ours]] = await db.system('limits.admission', [backend]);
    if (ours === undefined) return;
    let calls = 0;
    const admit = async (n: number) => {
      const member = members[n % members.length];
      calls += 1;
      if (member === undefined) throw new Error('there is no such account');
      return permitOf(await limits.admit(request(member, { reserve: 100, key: `of cpu ${calls}` })));
    };
    const pair = async (n: number) => {
      const permit = await admit(n);
      await permit.send(plannedCall(100));
      permit.served(figures(50));
      await permit.settle();
    };
    const crowd = (one: (n: number) => Promise<unknown>, of: (n: number) => number) =>
      Promise.all(Array.from({ length: CROWD }, (_, n) => one(of(n))));
    const inTurn = (one: (n: number) => Promise<unknown>) => async (count: number) => {
      for (let n = 0; n < count; n += 1) await one(n % KNOWN);
    };
    const pid = await bare.pid();
    const ways: Readonly<Record<string, Way>> = {
      update: { pid, each: 1, turn: inTurn(bare.update) },
      alone: { pid: ours.pid, each: 1, turn: inTurn(admit) },
      hot: { pid: ours.pid, each: CROWD, turn: inTurn(() => crowd(admit, () => 0)) },
      spread: { pid: ours.pid, each: CROWD, turn: inTurn(() => crowd(admit, (n) => n)) },
      // A pair less the decision: what its settlement takes.
      rows: { pid, each: 1, turn: inTurn(bare.insertAndUpdate) },
      pairs_hot: { pid: ours.pid, each: CROWD, turn: inTurn(() => crowd(pair, () => 0)) },
      pairs: { pid: ours.pid, each: CROWD, turn: inTurn(() => crowd(pair, (n) => n)) },
    };
    const costs = await costsOf(ways, async () => {
      await holder.renew();
      await clear();
    });
    await holder.end();
    return { db_cpu_us: costs };
  } finally {
    await bare.close();
    await db.close();
  }
}

async function costsOf(
  ways: Readonly<Record<string, Way>>,
  between: () => Promise<void>,
): Promise<Record<string, number>> {
  const all = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, { pid, each, turn }] of Object.entries(ways)) {
      await between();
      await turn(each === 1 ? WARM_UP * 2 : 2);
      const calls = each === 1 ? CALLS : 4;
      const before = cpuOf(pid);
      await turn(calls);
      all.set(name, [...(all.get(name) ?? []), (cpuOf(pid) - before) / calls / each]);
    }
  }
  return Object.fromEntries([...all].map(([name, costs]) => [name, median(costs)]));
}

/** Microseconds that a process has had a processor. */
function cpuOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000;
}
