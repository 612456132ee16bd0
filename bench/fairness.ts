import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { makeColleagues, makeCustomers } from './customers.ts';
import type { AttackOrder } from './fairness/attacker.ts';
import {
  ATTACKS,
  BLOB,
  blobOf,
  DIMENSIONS,
  ITEMS,
  LARGE_BLOBS,
  numbersOf,
  SESSIONS,
} from './fairness/attacks.ts';
import { type Figures, quantile, round } from './figures.ts';
import { type Child, startChild } from './gateway/child.ts';
import { textsOf } from './memory/texts.ts';
import { ALONE, startProgram } from './process.ts';
import { onDatabase } from './server.ts';

/** Seconds of each round; one alone and one under attack by turns, so often. */
const ROUND = 4;
const ROUNDS = 3;
/** Milliseconds between two of the watched calls. */
const GAP = 20;
/** Members of the account that attacks, each with the rates of one; and accounts that are watched, by turns. */
const MEMBERS = 12;
const WATCHED = 12;
/** Most numbers in one request of vectors. */
const NUMBERS = 195_000;
const HEADERS = { 'content-type': 'application/json' };

type Say = (line: string) => void;

interface Bench {
  readonly url: string;
  readonly attackers: readonly string[];
  readonly watched: readonly string[];
  readonly child: Child;
  readonly say: Say;
}

/**
 * Measures how one account's attack slows others: the times of another account's small call, alone and under attack by turns, as
 * ratios of one run. A process of its own attacks. `--engine pglite`: on one of the two alone; `--only vectors`: one attack.
 */
export async function benchFairness(say: Say, flags: readonly string[]): Promise<Figures> {
  const valueOf = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
  const attacks = Object.keys(ATTACKS).filter((name) => valueOf('--only')?.split(',').includes(name) ?? true);
  const figures: Record<string, unknown> = {};
  for (const engine of ['postgres', 'pglite']) {
    if (![undefined, engine].includes(valueOf('--engine'))) continue;
    figures[engine] = await onDatabase(async ({ DATABASE_URL = '', DATA_DIR = '' }) => {
      const own = engine === 'postgres' ? { DATABASE_URL } : { EMBEDDED_DATABASE: 'true' };
      const settings = { ...own, DATA_DIR, PORT: '0', LOG_LEVEL: 'error', TRUSTED_PROXIES: '127.0.0.1' };
      return onProgram(
        { ...settings, EMAIL_VERIFICATION: 'off', SANDBOX_AI: 'true' },
        { attacks, say: (line) => say(`${engine}: ${line}`) },
      );
    });
  }
  return figures;
}

async function onProgram(
  settings: Readonly<Record<string, string>>,
  { attacks, say }: { readonly attacks: readonly string[]; readonly say: Say },
): Promise<Figures> {
  const all = { ...ALONE, ...settings };
  const attackers = await makeColleagues(all, MEMBERS, 'coditect.enterprise', 'adiuva.team');
  const watched = await makeCustomers(all, WATCHED, 'coditect.starter');
  const program = await startProgram('start', settings);
  const child = await startChild('../fairness/attacker.ts');
  try {
    const bench = { url: program.url, attackers, watched, child, say };
    await fill(bench);
    const figures: Record<string, unknown> = {};
    for (const attack of attacks) figures[attack] = await measure(bench, attack);
    return figures;
  } finally {
    await child.stop();
    await program.stop();
  }
}

async function fill({ url, attackers, say }: Bench): Promise<void> {
  const pool = new Pool(url, { connections: 2 });
  const post = async (key: string, path: string, body: object) => {
    const headers = { ...HEADERS, authorization: `Bearer ${key}` };
    const answer = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(body) });
    const read = await answer.body.json();
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${JSON.stringify(read)}`);
    return read as Readonly<Record<string, unknown>>;
  };
  for (const key of attackers) {
    for (let session = 0; session < SESSIONS; session += 1) {
      const { id } = await post(key, '/v1/sessions', { client_id: `s${session}` });
      const messages = textsOf(session).map((text, n) => ({ client_id: `${n}`, role: 'user', text }));
      await post(key, `/v1/sessions/${String(id)}/messages`, { messages });
    }
  }
  const each = Math.floor(NUMBERS / DIMENSIONS);
  for (let first = 0; first < ITEMS; first += each) {
    const length = Math.min(each, ITEMS - first);
    const vectors = Array.from({ length }, (_, n) => ({
      id: `v${first + n}`,
      ...BLOB,
      embedding: numbersOf(first + n),
    }));
    for (const key of attackers.slice(0, 1)) await post(key, '/v1/storage/vectors/upsert', { vectors });
  }
  const large = blobOf(Buffer.alloc(65_536, 'blob'));
  for (const half of [LARGE_BLOBS.slice(50), LARGE_BLOBS.slice(0, 50)])
    for (const key of attackers.slice(0, 1))
      await post(key, '/v1/storage/vectors/upsert', { vectors: half.map((id) => ({ id, ...large })) });
  await pool.close();
  say('filled');
}

async function measure(bench: Bench, attack: string): Promise<Figures> {
  const times = { alone: new Array<number>(), attacked: new Array<number>() };
  const statuses: Record<string, number> = {};
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    times.alone.push(...(await watch(bench)));
    const answers = once(bench.child.process, 'message');
    const { url, attackers } = bench;
    const keys = ['vectors', 'blobs'].includes(attack) ? attackers.slice(0, 1) : attackers;
    bench.child.process.send({ url, keys, attack } satisfies AttackOrder);
    await pause(500);
    times.attacked.push(...(await watch(bench)));
    bench.child.process.send('end');
    const [counted] = (await answers) as [Record<string, number>];
    for (const [status, count] of Object.entries(counted)) statuses[status] = (statuses[status] ?? 0) + count;
  }
  const [alone, attacked] = [quantilesOf(times.alone), quantilesOf(times.attacked)];
  const figures = { alone, attacked, ratio_p99: round(attacked.p99_ms / alone.p99_ms), attack: statuses };
  bench.say(`${attack}: ${JSON.stringify(figures)}`);
  return figures;
}

const quantilesOf = (values: readonly number[]) => ({
  calls: values.length,
  p50_ms: round(quantile(values, 0.5)),
  p99_ms: round(quantile(values, 0.99)),
});

/** Milliseconds of the small calls of a round. */
async function watch({ url, watched }: Bench): Promise<number[]> {
  const pool = new Pool(url, { connections: 4 });
  const times: number[] = [];
  const end = performance.now() + ROUND * 1_000;
  for (let call = 0; performance.now() < end; call += 1) {
    const index = call % watched.length;
    const headers = {
      authorization: `Bearer ${watched[index]}`,
      'x-forwarded-for': `198.51.100.${index + 1}`,
    };
    const began = performance.now();
    const answer = await pool.request({ method: 'GET', path: '/v1/sessions?limit=1', headers });
    await answer.body.text();
    times.push(performance.now() - began);
    if (answer.statusCode !== 200) throw new Error(`the watched call was answered ${answer.statusCode}`);
    await pause(GAP);
  }
  await pool.close();
  return times;
}
