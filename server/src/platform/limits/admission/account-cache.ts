import { type Database, statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { meterOf } from '../batch.ts';
import type { KeyBudget, AccountFacts } from '../decide/basis.ts';
import type { Segment } from '../decide/state.ts';
import type { AdmitRequest } from '../permit.ts';

/** About 10 MB. The least recently used entry goes first. */
const CAPACITY = 5_000;

/** An account as it was read, for one API key of it. The database compares all of it, and an outdated entry only misses. */
export interface CachedAccount {
  readonly facts: AccountFacts;
  readonly keyBudgets: readonly KeyBudget[];
  /** The database's clock when it was read, in epoch microseconds, and this process's, which never jumps. */
  readonly at: { readonly database: number; readonly here: number };
}

interface Entry {
  known: CachedAccount | undefined;
  isReading: boolean;
  /** The last answer that the database gave here was no permit: the next one is not likely to be one. */
  isShut: boolean;
}

interface Row {
  readonly now: number;
  readonly version: number | null;
  readonly by_default: string | null;
  readonly timeline: readonly Segment[] | null;
  readonly zone: string | null;
  readonly made_at: number | null;
  readonly anchor: number | null;
  readonly windows: AccountFacts['windows'];
  readonly key_budgets: readonly KeyBudget[];
}

const READ = `
  select limits.micros(app.now()) as now, of.version, case when of.version is null then of.timeline::text end as by_default,
    (select jsonb_agg(s || jsonb_build_object('from', limits.micros((s->>'from')::timestamptz), 'until', limits.micros((s->>'until')::timestamptz)) order by place)
      from jsonb_array_elements(of.timeline) with ordinality as t (s, place)) as timeline,
    accounts.time_zone($1) as zone, (select limits.micros(created_at) from accounts.accounts where account_id = $1) as made_at,
    (select limits.micros(starts_at) from limits.anchors where account_id = $1 and product = $2) as anchor,
    (select coalesce(jsonb_agg(jsonb_build_object('name', w.name, 'start', w.start)), '[]')
      from limits.meters m cross join lateral unnest(m.names, m.starts) as w (name, start) where m.account_id = $1 and m.scope = $2) as windows,
    (select coalesce(jsonb_agg(jsonb_build_object('keyId', key_id, 'micros', micros) order by place), '[]')
      from unnest((accounts.standings(array[row($1::uuid, $3::uuid, $4::uuid, null)::accounts.spender]))[1].key_budgets) with ordinality
        as b (key_id, micros, place)) as key_budgets
  from (select (select s.version from entitlements.snapshots s where s.account_id = $1 and s.product = $2 order by s.version desc limit 1) as version,
    entitlements.timeline($1, $2) as timeline) as of`;

/** A cache of accounts that ask for admission repeatedly. */
export function createAccountCache(db: Database) {
  const entries = new Map<string, Entry>();

  function entryOf(request: AdmitRequest): Entry {
    const name = nameOf(request);
    const found = entries.get(name) ?? { known: undefined, isReading: false, isShut: false };
    entries.delete(name);
    const [oldest] = entries.keys();
    if (entries.size >= CAPACITY && oldest !== undefined) entries.delete(oldest);
    entries.set(name, found);
    return found;
  }

  /** Reads in the background, for the next request. If it fails, a later request reads again. */
  async function read(entry: Entry, request: AdmitRequest): Promise<void> {
    entry.isReading = true;
    try {
      entry.known = await readAccount(db, request);
    } catch {
      entry.known = undefined;
    } finally {
      entry.isReading = false;
    }
  }

  return {
    /** Undefined if nothing is cached, or if the last answer was no permit. */
    of(request: AdmitRequest): CachedAccount | undefined {
      if (!entries.has(nameOf(request))) return;
      const { isShut, known } = entryOf(request);
      return isShut ? undefined : known;
    },
    /** The cached account was outdated. */
    forget(request: AdmitRequest): void {
      const entry = entries.get(nameOf(request));
      if (entry !== undefined) entry.known = undefined;
    },
    /** Notes a decision of the database: at an account's second request it is read, for the third. */
    decided(request: AdmitRequest, isGranted: boolean): void {
      const isNew = !entries.has(nameOf(request));
      const entry = entryOf(request);
      entry.isShut = !isGranted;
      if (isNew || !isGranted || entry.known !== undefined || entry.isReading) return;
      void read(entry, request);
    },
  };
}

/** The database's clock in microseconds, if both clocks run alike: a little early, and never late. */
export function databaseNow({ at }: CachedAccount): number {
  return at.database + Math.floor((systemClock.monotonic() - at.here) * 1_000);
}

function nameOf({ accountId, product, keyId }: AdmitRequest): string {
  return `${meterOf(accountId, product)} ${keyId ?? ''}`;
}

export async function readAccount(db: Database, request: AdmitRequest): Promise<CachedAccount | undefined> {
  const { accountId, product, userId, keyId } = request;
  const reading = statement<Row>(READ, [accountId, product, userId, keyId ?? null]);
  const [[row]] = await db.system('limits.admission', [reading]);
  // The answer is older than this by its travel time.
  const here = systemClock.monotonic();
  if (row === undefined || row.timeline === null || row.zone === null || row.made_at === null) return;
  const { version, by_default: byDefault, timeline, zone, made_at: madeAt, anchor, windows } = row;
  return {
    facts: { accountId, product, version, byDefault, timeline, zone, madeAt, anchor, windows },
    keyBudgets: row.key_budgets,
    at: { database: row.now, here },
  };
}
