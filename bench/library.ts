import type { Database } from '#platform/db';
import { createLibrary } from '../products/reel/library/service.ts';
import type { AssetFilters } from '../products/reel/library/store.ts';
import { ids } from '@plinth/testkit/factories';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Figures, quantile, round } from './figures.ts';
import { plansOf } from './library/plans.ts';
import { QUESTIONS } from './library/questions.ts';
import { ASSETS, fillLibraries, LARGE } from './library/assets.ts';

const LIMIT = 20;
const ROUNDS = 5;
const EACH = 60;
/** Pages that are turned before a deep one is measured. */
const DEPTH = 500;
/** A quarter of a small server's memory, as PostgreSQL's manual advises; the default of 128 MB holds a third of the table. */
const SETTINGS = { shared_buffers: '1GB' };

/** How long a page of a library of 100,000 assets takes, by what is asked; from the service down, one caller. */
export async function benchLibrary(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true, settings: SETTINGS });
  try {
    const began = performance.now();
    const db = await fillLibraries(server.adminUrl);
    say(`${ASSETS} assets in ${Math.round((performance.now() - began) / 1_000)} s`);
    const questions = await measureTimes(db, say);
    await db.close();
    return {
      assets: ASSETS,
      of_one_account: ASSETS / 2,
      limit: LIMIT,
      questions,
      plans: await plans(server.adminUrl),
    };
  } finally {
    await server.stop();
  }
}

interface Times {
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** How many entries the last page held. */
  readonly entries: number;
}

async function measureTimes(db: Database, say: (line: string) => void): Promise<Record<string, Times>> {
  const { find } = createLibrary({ db, ids });
  const page = (filters: AssetFilters, cursor: string | undefined) =>
    find({ accountId: LARGE, filters, cursor, limit: LIMIT });
  const found: Record<string, Times> = {};
  const note = async (name: string, ask: (n: number) => ReturnType<typeof page>) => {
    found[name] = await rounds(ask);
    say(`${name}: ${JSON.stringify(found[name])}`);
  };
  for (const [name, question] of Object.entries(QUESTIONS)) {
    await note(name, (n) => page(question(n), undefined));
    const cursors = await Promise.all(
      [0, 1, 2, 3, 4].map(async (n) => (await page(question(n), undefined)).next_cursor),
    );
    if (cursors.includes(null)) continue;
    await note(`${name}, second page`, (n) => page(question(n % 5), cursors[n % 5] ?? undefined));
  }
  for (const filters of [{}, { platform: 'x' as const }]) {
    let deep: string | undefined;
    for (let turned = 0; turned < DEPTH; turned += 1)
      deep = (await page(filters, deep)).next_cursor ?? undefined;
    await note(`page ${DEPTH} by ${JSON.stringify(filters)}`, () => page(filters, deep));
  }
  return found;
}

/** The medians of several rounds: one round may share its processor with something else. */
async function rounds(ask: (n: number) => Promise<{ readonly data: readonly unknown[] }>): Promise<Times> {
  let entries = 0;
  const each: { readonly p50: number; readonly p99: number }[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const times: number[] = [];
    for (let n = 0; n < EACH; n += 1) {
      const began = performance.now();
      entries = (await ask(n)).data.length;
      times.push(performance.now() - began);
    }
    each.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
  }
  const median = (of: 'p50' | 'p99') =>
    round(
      quantile(
        each.map((one) => one[of]),
        0.5,
      ),
    );
  return { p50_ms: median('p50'), p99_ms: median('p99'), entries };
}

async function plans(url: string): Promise<Record<string, string[]>> {
  const named = Object.entries(QUESTIONS).map(
    async ([name, question]) => [name, await plansOf(url, question(0))] as const,
  );
  return Object.fromEntries(await Promise.all(named));
}
