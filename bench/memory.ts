import { type Database, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { Pool } from 'undici';
import type { App } from '../server/src/app.ts';
import { readQuestion } from '../products/memory/retrieval/index.ts';
import type { Memory } from '../products/memory/service.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { frequentWords, MESSAGES, rarestWordsOf, someWordsOf, textsOf } from './memory/texts.ts';
import { onDatabase, withApp } from './server.ts';
import { databaseCpu } from './vectors/database-cpu.ts';

const SESSIONS = 10_000;
/** Calls of each question, after some that are not counted. */
const CALLS = 300;
const WARM_UP = 20;
/** Fewer than a member has a minute. */
const AT_ONCE = 150;
const SAMPLED = 200;
const ROUNDS = 5;
const POSTS = 100;

/**
 * What Coditect's memory of 10,000 sessions of 30 messages costs: a question, an export, a message that is stored, the index, and the
 * erasure of all of it; and how many turns are found by their own words. Over HTTP, the load in the same process. `--sessions 1000`: a
 * smaller one; `--engine pglite`: on one of the two alone.
 */
export async function benchMemory(say: (line: string) => void, flags: readonly string[]): Promise<Figures> {
  const valueOf = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
  const sessions = Number(valueOf('--sessions') ?? SESSIONS);
  const engine = valueOf('--engine');
  const figures: Record<string, unknown> = { sessions, messages: sessions * MESSAGES };
  for (const one of ['postgres', 'pglite']) {
    if (engine !== undefined && engine !== one) continue;
    figures[one] = await onDatabase(async ({ DATABASE_URL = '', ...settings }) => {
      const own = one === 'postgres' ? { ...settings, DATABASE_URL } : settings;
      const [key = ''] = await makeCustomers(own, 1, 'coditect.enterprise');
      return withApp(own, { work: false, migrate: false }, async (app) =>
        measure(await openBench(app, key, { sessions, say: (line) => say(`${one}: ${line}`) })),
      );
    });
  }
  return figures;
}

interface Bench {
  readonly app: App;
  readonly db: Database;
  readonly sessions: number;
  readonly owner: { readonly accountId: AccountId; readonly userId: UserId };
  readonly say: (line: string) => void;
  /** Milliseconds of processor time of the database's processes; 0 of the embedded one, which is in this process. */
  readonly cpu: () => number;
  call(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>>;
}

async function openBench(
  app: App,
  key: string,
  { sessions, say }: Pick<Bench, 'sessions' | 'say'>,
): Promise<Bench> {
  const { db } = app.modules;
  const [owner] = await db.asMigrator(
    statement<{ account_id: AccountId; user_id: UserId }>(
      'select account_id, user_id from identity.api_keys',
    ),
  );
  if (owner === undefined) throw new Error('nobody has a key');
  const { url } = await app.server.listen();
  const pool = new Pool(url, { connections: 1 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return {
    app,
    db,
    sessions,
    owner: { accountId: owner.account_id, userId: owner.user_id },
    say,
    cpu: db.engine === 'postgres' ? await databaseCpu(db) : () => 0,
    async call(method, path, body) {
      const answer = await pool.request({
        method,
        path,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      const read = (await answer.body.json()) as Record<string, unknown>;
      if (answer.statusCode >= 300)
        throw new Error(`${path} was answered ${answer.statusCode}: ${JSON.stringify(read)}`);
      return read;
    },
  };
}

async function measure(bench: Bench): Promise<Figures> {
  const { db, sessions, say } = bench;
  const filling = await timed(() => fill(bench));
  await db.script('vacuum analyze coditect.memory_messages, coditect.memory_sessions');
  say(`${sessions * MESSAGES} messages in ${round(filling / 1_000)} s`);
  const told = <T>(name: string, figures: T): T => {
    say(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  };
  const now = new Date();
  const frequent = frequentWords((word) => readQuestion(word, { speakers: [], now }).terms.length > 0);
  return {
    stored_per_second: round((sessions * MESSAGES) / (filling / 1_000)),
    sizes: told('sizes', await sizesOf(db)),
    rare_words: told('rare words', await timesOf(bench, (n) => rarestWordsOf(turnOf(bench, n).text))),
    frequent_words: told('frequent words', await timesOf(bench, () => frequent)),
    recall: told('recall', {
      of_all_words: await recallOf(bench, ({ text }) => text),
      of_five_words: await recallOf(bench, ({ text }, n) => someWordsOf(text, n)),
    }),
    export: told('export', await exportsOf(bench)),
    storing: told('storing', await storingOf(bench)),
    erased_s: told('erased in seconds', round((await timed(() => erase(bench))) / 1_000)),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const serviceOf = ({ modules }: App) =>
  modules.mounted.find(({ module }) => module === 'coditect/memory')?.service as Memory;

/** All sessions with their messages, some at a time, below HTTP. */
async function fill(bench: Bench): Promise<void> {
  const { app, db, owner, sessions } = bench;
  const { memory } = serviceOf(app);
  let next = 0;
  const lane = async () => {
    for (let session = next++; session < sessions; session = next++) {
      if (session % AT_ONCE === 0) await forgetRates(bench);
      const named = { clientId: `s${session}`, title: `Session ${session}`, startedAt: null } as const;
      const notes = { summary: null, metadata: null };
      const { row } = await memory.create(owner, { ...named, ...notes, level: 'private', teamId: null });
      const said = textsOf(session).map((text, n) => ({
        clientId: `${session}-${n}`,
        role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
        text,
        speaker: null,
        saidAt: new Date(Date.UTC(2026, 0, 1) + session * 600_000 + n * 10_000),
        recalled: false,
      }));
      await memory.append({ ...owner, id: row.id }, said);
    }
  };
  await Promise.all(Array.from({ length: db.engine === 'postgres' ? 3 : 1 }, lane));
}

/** A turn from anywhere. */
function turnOf({ sessions }: Bench, n: number) {
  const session = (n * 7_919) % sessions;
  const place = (n * 13) % MESSAGES;
  return { clientId: `${session}-${place}`, text: textsOf(session)[place] ?? '' };
}

type Found = readonly { readonly client_id: string; readonly text: string }[];

async function ask(
  bench: Bench,
  n: number,
  { query, budget = 2_000 }: { readonly query: string; readonly budget?: number },
): Promise<Found> {
  if (n % AT_ONCE === 0) await forgetRates(bench);
  const path = `/v1/context/relevant?query=${encodeURIComponent(query)}&budget_tokens=${budget}`;
  const { turns } = await bench.call('GET', path);
  return turns as Found;
}

async function timesOf(bench: Bench, queryOf: (n: number) => string) {
  const queries = Array.from({ length: WARM_UP + CALLS }, (_, n) => queryOf(n));
  for (let n = 0; n < WARM_UP; n += 1) await ask(bench, n, { query: queries[n] ?? '' });
  const times: number[] = [];
  const { server, database } = await cpuOf(bench, CALLS, async (n) => {
    times.push(await timed(() => ask(bench, n, { query: queries[WARM_UP + n] ?? '' })));
  });
  return {
    p50_ms: round(quantile(times, 0.5)),
    p99_ms: round(quantile(times, 0.99)),
    server_cpu_ms: round(server),
    database_cpu_ms: round(database),
  };
}

/** The share of some turns that are among the first ten of an answer. */
async function recallOf(
  bench: Bench,
  queryOf: (turn: ReturnType<typeof turnOf>, n: number) => string,
): Promise<number> {
  let found = 0;
  for (let n = 0; n < SAMPLED; n += 1) {
    const turn = turnOf(bench, n * 31);
    const turns = await ask(bench, n, { query: queryOf(turn, n), budget: 100_000 });
    if (turns.slice(0, 10).some(({ text }) => text === turn.text)) found += 1;
  }
  return round(found / SAMPLED);
}

async function exportsOf(bench: Bench) {
  const rows = await bench.db.asMigrator(
    statement<{ id: string }>('select id from coditect.memory_sessions order by created_at desc limit 100'),
  );
  await forgetRates(bench);
  const times: number[] = [];
  for (const { id } of rows)
    times.push(await timed(() => bench.call('POST', `/v1/sessions/${id}/export`, {})));
  return { p50_ms: round(quantile(times, 0.5)), p99_ms: round(quantile(times, 0.99)) };
}

/** Milliseconds of processor time. */
interface Cpu {
  readonly server: number;
  readonly database: number;
}

const allOf = ({ server, database }: Cpu) => server + database;

const said = (text: string, n: number) => ({ client_id: `m${n}`, role: 'user', text });

/** What a message costs alone and as one of thirty, beside a POST that inserts one row. */
async function storingOf(bench: Bench) {
  const texts = textsOf(bench.sessions, ROUNDS * POSTS);
  const rounds: { readonly row: Cpu; readonly alone: Cpu; readonly thirty: Cpu }[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const ids: string[] = [];
    const store = (n: number, messages: readonly object[]) =>
      bench.call('POST', `/v1/sessions/${ids[n]}/messages`, { messages });
    const row = await cpuOf(bench, POSTS, async (n) => {
      ids.push(String((await bench.call('POST', '/v1/sessions', { client_id: `b${turn}-${n}` }))['id']));
    });
    const alone = await cpuOf(bench, POSTS, (n) => store(n, [said(texts[turn * POSTS + n] ?? '', 0)]));
    const thirty = await cpuOf(bench, POSTS / 5, (n) =>
      store(
        n,
        textsOf(bench.sessions + 1 + turn * POSTS + n).map((text, place) => said(text, place + 1)),
      ),
    );
    rounds.push({ row, alone, thirty });
  }
  const median = (of: (one: (typeof rounds)[number]) => number) => round(quantile(rounds.map(of), 0.5));
  const both = (name: keyof (typeof rounds)[number]) => ({
    server_cpu_ms: median((one) => one[name].server),
    database_cpu_ms: median((one) => one[name].database),
  });
  return {
    row: both('row'),
    message: both('alone'),
    thirty_messages: both('thirty'),
    message_to_row: median(({ alone, row }) => allOf(alone) / allOf(row)),
    message_of_thirty_to_row: median(({ thirty, row }) => allOf(thirty) / MESSAGES / allOf(row)),
  };
}

async function cpuOf(bench: Bench, count: number, one: (n: number) => Promise<unknown>): Promise<Cpu> {
  await forgetRates(bench);
  const [cpu, own] = [bench.cpu(), process.cpuUsage()];
  for (let n = 0; n < count; n += 1) await one(n);
  const { user, system } = process.cpuUsage(own);
  return { server: (user + system) / 1_000 / count, database: (bench.cpu() - cpu) / count };
}

/** Bytes of texts, and of what they are found by: keys of words in the rows, and their index. */
async function sizesOf(db: Database) {
  const [row] = await db.asMigrator(
    statement<{ text: number; keys: number; index: number; total: number }>(
      `select sum(size)::float8 as text, sum(pg_column_size(words))::float8 as keys,
         pg_relation_size('coditect.memory_messages_by_word')::float8 as index,
         pg_total_relation_size('coditect.memory_messages')::float8 as total from coditect.memory_messages`,
    ),
  );
  const { text = Number.NaN, keys = 0, index = 0, total = 0 } = row ?? {};
  return {
    text_mb: round(text / 1e6),
    index_to_text: round(index / text),
    keys_to_text: round(keys / text),
    table_to_text: round(total / text),
  };
}

/** The organization's two weeks are over. */
async function erase({ app, db, owner }: Bench): Promise<void> {
  await db.asMigrator(
    statement(
      `update accounts.accounts set deleted_at = app.now() - interval '15 days' where account_id = $1`,
      [owner.accountId],
    ),
  );
  const erased = await app.modules.erasure.eraser.run();
  if (erased !== 1) throw new Error(`${erased} were erased`);
}
