import { type Database, migrateUp, openDatabase, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { allMigrations } from '../server/src/app/lists.ts';
import { SCOPE_STATUSES } from '../products/orbit/scopes/scope.ts';
import { findScopes } from '../products/orbit/scopes/search.ts';
import type { ScopeFilters, ScopeSort } from '../products/orbit/scopes/store.ts';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Figures, quantile, round } from './figures.ts';

const SCOPES = 10_000;
/** As many again lie in workspaces beside it. */
const OTHERS = 100;
const SECTIONS = 8;
const LIMIT = 20;
const ROUNDS = 400;
/** What a page may take at the 99th of 100. */
const MOST_MS = 50;

const LARGE = accountOf(0);

interface Question {
  readonly filters: ScopeFilters;
  readonly sort: ScopeSort;
}

const BY_CHANGE = { sort: '-updated_at' } as const;
/** Frequent words are in each scope or each tenth, rare ones in two or none. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  list: { filters: {}, ...BY_CHANGE },
  'list by title': { filters: {}, sort: 'title' },
  'list by creation, oldest first': { filters: {}, sort: 'created_at' },
  'list of the trash': { filters: { deleted: true }, ...BY_CHANGE },
  'filter by status': { filters: { status: 'in_review' }, ...BY_CHANGE },
  'filter by a rare status, by title': { filters: { status: 'sent' }, sort: 'title' },
  'filter by client': { filters: { client_name: 'client 18' }, ...BY_CHANGE },
  'filter by creator': { filters: { created_by: accountOf(7) }, ...BY_CHANGE },
  'search for a word of each scope': { filters: { q: 'deliver' }, ...BY_CHANGE },
  'search for a word of each tenth': { filters: { q: 'harbour3' }, ...BY_CHANGE },
  'search for a rare word': { filters: { q: 'number4711' }, ...BY_CHANGE },
  'search for the beginning of a word': { filters: { q: 'number47' }, sort: 'title' },
  'search for no word': { filters: { q: 'nothing at all' }, ...BY_CHANGE },
  'search for a frequent word in a rare status': {
    filters: { q: 'deliver', status: 'sent' },
    ...BY_CHANGE,
  },
};

/** How long a page of a workspace of 10,000 scopes takes, by what is asked; from the service down, one caller. */
export async function benchOrbit(
  say: (line: string) => void,
  flags: readonly string[] = [],
): Promise<Figures> {
  const scopes = flags.includes('--small') ? SCOPES / 10 : SCOPES;
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  try {
    const db = await openDatabase({ engine: 'postgres', url: server.adminUrl });
    await migrateUp(db, allMigrations());
    const began = performance.now();
    await fill(db, scopes);
    say(`${scopes * 2} scopes in ${Math.round((performance.now() - began) / 1_000)} s`);
    const questions: Record<string, Times> = {};
    for (const [name, question] of Object.entries(QUESTIONS)) {
      questions[name] = await timesOf(db, question);
      say(`${name}: ${JSON.stringify(questions[name])}`);
    }
    await db.close();
    const slow = Object.entries(questions).filter(([, { p99_ms }]) => p99_ms >= MOST_MS);
    return { scopes, sections: scopes * SECTIONS, limit: LIMIT, questions, slow: slow.map(([name]) => name) };
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

/** Each first page, and where there is one the page after it. */
async function timesOf(db: Database, question: Question): Promise<Times> {
  const times: number[] = [];
  let [cursor, entries]: [string | null, number] = [null, 0];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const began = performance.now();
    const page = await findScopes(db, {
      accountId: LARGE,
      ...question,
      cursor: cursor ?? undefined,
      limit: LIMIT,
    });
    times.push(performance.now() - began);
    entries = Math.max(entries, page.data.length);
    cursor = cursor === null ? page.next_cursor : null;
  }
  return { p50_ms: round(quantile(times, 0.5)), p99_ms: round(quantile(times, 0.99)), entries };
}

async function fill(db: Database, scopes: number): Promise<void> {
  const others = Array.from({ length: OTHERS }, (_, n) => accountOf(n + 1));
  await db.asMigrator(
    statement(INSERT, [`{${[LARGE, ...others].join()}}`, scopes, JSON.stringify(SCOPE_STATUSES), SECTIONS]),
  );
  await db.script('vacuum analyze orbit.scopes');
}

/** Half of them are of one account. What sections say is put into the words that a scope is found by, as it is when one is written. */
const INSERT = `
  insert into orbit.scopes (account_id, id, created_by, title, client_name, summary, status, created_at, updated_at, deleted_at, section_words)
  select ($1::uuid[])[case when n % 2 = 0 then 1 else 2 + n % ${OTHERS} end], gen_random_uuid(), ($1::uuid[])[2 + n % 20],
    'Scope ' || md5(n::text), 'Client ' || n % 200, 'What we deliver for number' || n / 2 || ' and when.',
    case when n % 200 = 0 then 'sent' else $3::jsonb ->> (n / 2 % 3) end,
    timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-06-01' + n * 7919 % 100003 * interval '1 minute',
    case when n % 50 = 2 then timestamptz '2026-11-01' end,
    to_tsvector('simple', (
      select string_agg('deliver harbour' || n / 2 % 10 || ' section' || s || ' ' || md5((n * s)::text) || ' '
        || (select string_agg('word' || (n * s * w) % 5000, ' ') from generate_series(1, 60) w), ' ')
      from generate_series(1, $4::integer) s))
  from generate_series(0, $2::integer * 2 - 1) n`;

function accountOf(number: number): AccountId {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}` as AccountId;
}
