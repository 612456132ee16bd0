import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { App } from '../server/src/app.ts';
import { fileId } from '../products/memory/files/file-names.ts';
import { sealedText } from '../products/memory/items/sealed-text.ts';
import { EDGE_TYPES, NODE_KINDS } from '../products/memory/graph/store.ts';
import type { Memory } from '../products/memory/service.ts';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { chanceOf } from './library/texts.ts';
import { onDatabase, withApp } from './server.ts';

const SESSIONS = 10_000;
const MESSAGES = 30;
const FILES = 5_000;
/** So many of them are those that most sessions name. */
const POPULAR = 20;
const AT_ONCE = 100;
const CALLS = 300;
const WARM_UP = 20;
const ALL = { kinds: NODE_KINDS, types: EDGE_TYPES };

/**
 * What the graph of Coditect's memory costs at 10,000 sessions of 30 messages, of which each names a file, a third of them one of twenty: what
 * lies one and four edges around a node, and paths. Two fifths of the sessions are the reader's, and four tenths of the others are shown to
 * them. Rows are written by SQL, as the service would; the calls are the service's, without HTTP. `--engine pglite`: on one of the two alone.
 */
export async function benchGraph(say: (line: string) => void, flags: readonly string[]): Promise<Figures> {
  const valueOf = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
  const sessions = Number(valueOf('--sessions') ?? SESSIONS);
  const engine = valueOf('--engine');
  const figures: Record<string, unknown> = { sessions };
  for (const one of ['postgres', 'pglite']) {
    if (engine !== undefined && engine !== one) continue;
    figures[one] = await onDatabase(async ({ DATABASE_URL = '', ...settings }) => {
      const own = one === 'postgres' ? { ...settings, DATABASE_URL } : settings;
      await makeCustomers(own, 1, 'coditect.enterprise');
      return withApp(own, { work: false, migrate: false }, (app) =>
        measure(app, sessions, (line) => say(`${one}: ${line}`)),
      );
    });
  }
  return figures;
}

async function measure(app: App, sessions: number, say: (line: string) => void): Promise<Figures> {
  const { db } = app.modules;
  const [key] = await db.asMigrator(
    statement<{ account_id: AccountId; user_id: UserId }>(
      'select account_id, user_id from identity.api_keys',
    ),
  );
  if (key === undefined) throw new Error('nobody has a key');
  const reader = { accountId: key.account_id, userId: key.user_id };
  await fill(app, { ...reader, sessions });
  for (const table of [
    'memory_sessions',
    'memory_messages',
    'file_mentions',
    'memory_links',
    'memory_decisions',
  ])
    await db.script(`vacuum analyze coditect.${table}`);
  say('filled');
  const service = app.modules.mounted.find(({ module }) => module === 'coditect/memory')?.service;
  const { graph } = service as Memory;
  const chance = chanceOf(7);
  const anyFile = () => ({ file: nameOf(Math.floor(chance() * FILES)) });
  const popular = () => ({ file: nameOf(Math.floor(chance() * POPULAR)) });
  const around = (node: { file: string }, depth: number) =>
    graph.around(reader, { ...ALL, node, depth, limit: depth === 1 ? 50 : 200 });
  const figures: Record<string, unknown> = {};
  for (const [name, call] of Object.entries({
    one_edge: () => around(anyFile(), 1),
    one_edge_popular: () => around(popular(), 1),
    four_edges: () => around(anyFile(), 4),
    four_edges_popular: () => around(popular(), 4),
    paths: () => graph.path(reader, { ...ALL, from: anyFile(), to: anyFile(), depth: 6 }),
  })) {
    figures[name] = await timesOf(call);
    say(`${name}: ${JSON.stringify(figures[name])}`);
  }
  return figures;
}

async function timesOf(call: () => Promise<{ readonly nodes: readonly unknown[]; readonly isCut: boolean }>) {
  const times: number[] = [];
  let [nodes, cut] = [0, 0];
  for (let n = 0; n < WARM_UP + CALLS; n += 1) {
    const began = performance.now();
    const found = await call();
    if (n < WARM_UP) continue;
    times.push(performance.now() - began);
    nodes += found.nodes.length;
    cut += found.isCut ? 1 : 0;
  }
  return {
    p50: round(quantile(times, 0.5)),
    p99: round(quantile(times, 0.99)),
    nodes: round(nodes / CALLS),
    cut: round(cut / CALLS),
  };
}

const nameOf = (file: number) => `src/part-${file % 50}/file-${file}.ts`;

async function fill(
  { modules: { db, dataKeys, ids } }: App,
  {
    accountId,
    userId,
    sessions,
  }: { readonly accountId: AccountId; readonly userId: UserId; readonly sessions: number },
): Promise<void> {
  const key = await dataKeys.of(accountId);
  const fileIds = Array.from({ length: FILES }, (_, file) => fileId(key, nameOf(file)));
  const others = Array.from({ length: 20 }, () => ids.next());
  const chance = chanceOf(1);
  const under = (most: number) => Math.floor(chance() * most);
  const run = (sql: string, rows: readonly object[]) =>
    db.asMigrator(statement(sql, [accountId, JSON.stringify(rows)]));
  for (let done = 0; done < sessions; done += AT_ONCE) {
    const [made, messages, mentions, decisions]: object[][] = [[], [], [], []];
    for (let n = done; n < Math.min(sessions, done + AT_ONCE); n += 1) {
      const id = ids.next();
      const author = chance() < 0.4 ? userId : others[under(others.length)];
      made?.push({ id, author, level: chance() < 0.4 ? 'organization' : 'private' });
      const own = Array.from({ length: 12 }, () => under(FILES));
      for (let said = 0; said < MESSAGES; said += 1) {
        const [message, mention] = [ids.next(), ids.next()];
        const file = chance() < 0.33 ? Math.floor(POPULAR * chance() ** 2) : (own[under(own.length)] ?? 0);
        const name = sealedText.mentionedName
          .seal(key, { accountId, id: mention }, nameOf(file))
          .toString('base64');
        messages?.push({ id: message, session: id });
        mentions?.push({ id: mention, session: id, message, file: fileIds[file], name });
      }
      if (n % 5 === 0) decisions?.push({ id: ids.next(), link: ids.next(), session: id, author });
    }
    await run(
      `insert into coditect.memory_sessions (account_id, id, author_id, level, client_id, started_at)
       select $1, n.id, n.author, n.level, n.id, now() from jsonb_to_recordset($2::jsonb) n (id uuid, author uuid, level text)`,
      made ?? [],
    );
    await run(
      `insert into coditect.memory_messages (account_id, session_id, id, client_id, role, said_at, recalled, text_hash, size)
       select $1, n.session, n.id, n.id, 'user', now(), false, uuid_send(n.id), 100 from jsonb_to_recordset($2::jsonb) n (id uuid, session uuid)`,
      messages ?? [],
    );
    await run(
      `insert into coditect.file_mentions (account_id, id, session_id, message_id, file_id, first, last, name)
       select $1, n.id, n.session, n.message, n.file, 0, 20, decode(n.name, 'base64')
       from jsonb_to_recordset($2::jsonb) n (id uuid, session uuid, message uuid, file uuid, name text)`,
      mentions ?? [],
    );
    await run(
      `with n as (select * from jsonb_to_recordset($2::jsonb) n (id uuid, link uuid, session uuid, author uuid)),
       d as (insert into coditect.memory_decisions (account_id, id, author_id, level, client_id, status, decided_at, bytes)
         select $1, n.id, n.author, 'organization', n.id, 'accepted', now(), 0 from n)
       insert into coditect.memory_links (account_id, id, decision_id, type, session_id, about_session_id)
       select $1, n.link, n.id, 'drawn_from', n.session, n.session from n`,
      decisions ?? [],
    );
  }
}
