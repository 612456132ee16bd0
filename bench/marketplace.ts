import { Agent, request } from 'node:http';
import { type Database, openDatabase, statement } from '#platform/db';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import type { App } from '../server/src/app.ts';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { type RunningServer, startProgram } from './process.ts';
import { onDatabase, withApp } from './server.ts';
import { benchPayouts } from './marketplace/payouts.ts';
import { databaseCpu } from './vectors/database-cpu.ts';

/** Each has few enough calls a minute that no rate stops it. */
const CUSTOMERS = 120;
const EACH = 200;
const ROUNDS = 5;
const PER_ROUND = 240;
const AT_ONCE = 4;
const WORDS = 400;

/**
 * A marketplace of 10,000 plugins with a million installs: how long lists and searches take, over HTTP, one caller; and by turns what a
 * free install costs beside `GET /v1/plugins/:id`, of the server's processor time and the database's. First 1,000 payees are paid.
 * `--plugins`, `--installs`, `--payees`, `--sales`: fewer; `--payouts`: nothing but those.
 */
export async function benchMarketplace(
  say: (line: string) => void,
  flags: readonly string[],
): Promise<Figures> {
  const asked = (name: string, most: number) =>
    flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : most;
  const size = { plugins: asked('--plugins', 10_000), installs: asked('--installs', 1_000_000) };
  const paid = await benchPayouts(say, { payees: asked('--payees', 1_000), sales: asked('--sales', 10_000) });
  if (flags.includes('--payouts')) return paid;
  return onDatabase(async (settings) => {
    const keys = await makeCustomers(settings, CUSTOMERS, 'adiuva.power');
    const commits: string[] = [];
    const crashHook = (point: string, phase: string) => void (phase === 'after' && commits.push(point));
    const options = { work: false, migrate: false, crashHook } as const;
    const installed = await withApp(settings, options, async (app) => {
      await fill(app, size);
      say(`${size.plugins} plugins, ${size.installs} installs`);
      const { url } = await app.server.listen();
      const call = callsAt(url, keys);
      // The lease of a rate at an account's first call is no part of an install.
      await call(0, 'POST /v1/plugins/plugin-2/install', { plugin_id: 'plugin-2' });
      commits.length = 0;
      await call(0, 'POST /v1/plugins/plugin-1/install', { plugin_id: 'plugin-1' });
      return [...commits];
    });
    const server = await startProgram('serve', settings);
    const db = await openDatabase({ engine: 'postgres', url: settings['DATABASE_URL'] ?? '' });
    try {
      const call = callsAt(server.url, keys);
      const lists = await measureLists(call, size.plugins, say);
      const cpu = await measureCpu(call, { server, db, plugins: size.plugins }, say);
      return { ...size, ...paid, lists, commits_of_an_install: installed, ...cpu };
    } finally {
      await db.close();
      await server.stop();
    }
  });
}

/** One package is that of all of them. */
async function fill(
  { modules: { db, blobs } }: App,
  { plugins, installs }: { plugins: number; installs: number },
) {
  const bytes = Buffer.from('a package');
  const blob = await blobs.of('adiuva').put({
    accountId: PLATFORM_ACCOUNT,
    filename: 'package.zip',
    type: 'application/zip',
    purpose: 'plugin',
    bytes,
  });
  const each = Math.ceil(installs / plugins);
  // The nth of few words that many have, and of many that few have.
  const word = `('word' || floor(${WORDS} * random() * random())::int)`;
  const steps = [
    statement(
      `insert into adiuva.plugins (id, folded, developer, state, version, name, description, author, category, price_cents, currency, installs, ratings, stars, published_at)
       select 'plugin-' || n, 'plugin-' || n, gen_random_uuid(), 'offered', '1.0.0', (select string_agg(${word}, ' ') from generate_series(1, 3) where n > 0),
         (select string_agg(${word}, ' ') from generate_series(1, 30) where n > 0), 'Ada', (array['productivity', 'projects', 'notes', 'calendar'])[1 + n % 4],
         0, 'eur', $2::int, n % 50, (n % 50) * (1 + n % 5), app.now() - n * interval '1 minute'
       from generate_series(1, $1::int) n`,
      [plugins, each],
    ),
    statement(
      `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, state, manifest, permissions, sha256, bytes, public_key, signature, blob_id, countersignature, reviewed_at)
       select 'plugin-' || n, v || '.0.0', gen_random_uuid(), array[v, 0, 0], gen_random_uuid(), 'approved', '{}', '{read_tasks}', $2, 9, repeat('k', 113), repeat('s', 88), $3, '{"key_id":"k","signed":{},"signature":"s"}', app.now()
       from generate_series(1, $1::int) n, generate_series(1, 3) v`,
      [plugins, blob.sha256, blob.id],
    ),
    statement(
      `insert into adiuva.plugin_installs (account_id, plugin_id, is_installed, version)
       select md5('account ' || (a * 20 + n % 20))::uuid, 'plugin-' || n, true, '1.0.0' from generate_series(1, $2::int) a, generate_series(1, $1::int) n`,
      [plugins, each],
    ),
  ];
  for (const step of steps) await db.asMigrator(step);
  await db.script('vacuum analyze adiuva.plugins, adiuva.plugin_versions, adiuva.plugin_installs');
}

/** A call of the nth customer: `GET /v1/plugins`. Answers how many milliseconds it took. */
type Call = (nth: number, call: string, body?: object) => Promise<number>;

/** Calls by one customer after the other. */
function callsAt(url: string, keys: readonly string[]): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  return (nth, named, body) => {
    const [method = '', path = ''] = named.split(' ');
    const text = body === undefined ? '' : JSON.stringify(body);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = {
      authorization: `Bearer ${keys[nth % keys.length] ?? ''}`,
      'content-length': Buffer.byteLength(text),
      ...type,
    };
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const asked = request(url + path, { method, agent, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(performance.now() - began);
          else reject(new Error(`${method} ${path}: ${Buffer.concat(parts).toString()}`));
        });
      });
      asked.on('error', reject);
      asked.end(text);
    });
  };
}

async function measureLists(call: Call, plugins: number, say: (line: string) => void): Promise<Figures> {
  const last = Math.ceil(plugins / 20);
  const asked: Readonly<Record<string, (n: number) => string>> = {
    'by rating': () => '',
    'by installs': () => 'sort=installs',
    newest: () => 'sort=newest',
    'a category': () => 'category=notes',
    'a category, newest': () => 'category=notes&sort=newest',
    'the last page': () => `page=${last}`,
    'a word of many': () => 'q=word1%20word1',
    'two words': (n) => `q=word${n % 50}%20word${n % 37}`,
    'the beginning of a word of all': () => 'q=w&sort=newest',
    'the beginning of a word': (n) => `q=word2${n % 10}&sort=newest`,
    'a word of none': () => 'q=nothing',
  };
  const times: Record<string, Figures> = {};
  for (const [name, query] of Object.entries(asked)) {
    const taken: number[] = [];
    for (let n = 0; n < EACH; n += 1) taken.push(await call(n, `GET /v1/plugins?${query(n)}`));
    times[name] = { p50_ms: round(quantile(taken, 0.5)), p99_ms: round(quantile(taken, 0.99)) };
    say(`${name}: ${JSON.stringify(times[name])}`);
  }
  return times;
}

async function measureCpu(
  call: Call,
  {
    server,
    db,
    plugins,
  }: { readonly server: RunningServer; readonly db: Database; readonly plugins: number },
  say: (line: string) => void,
): Promise<Figures> {
  const database = await databaseCpu(db);
  const ms = () => server.cpuSeconds() * 1_000 + database();
  let next = 0;
  const costs = { read: [] as number[], install: [] as number[] };
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const kind of ['read', 'install'] as const) {
      const before = ms();
      const first = next;
      next += PER_ROUND;
      const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
        for (let n = first + lane; n < first + PER_ROUND; n += AT_ONCE) {
          // Each account meets each plugin once.
          const id = `plugin-${3 + (n % (plugins - 2))}`;
          if (kind === 'read') await call(n, `GET /v1/plugins/${id}`);
          else await call(n, `POST /v1/plugins/${id}/install`, { plugin_id: id });
        }
      });
      await Promise.all(lanes);
      costs[kind].push((ms() - before) / PER_ROUND);
    }
  }
  const [read, install] = [quantile(costs.read, 0.5), quantile(costs.install, 0.5)];
  const figures = {
    read_cpu_ms: round(read),
    install_cpu_ms: round(install),
    install_vs_read: round(install / read),
  };
  say(JSON.stringify(figures));
  return figures;
}
