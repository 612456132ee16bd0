import { type Database, statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { meterOf } from '../batch.ts';
import type { KeyBudget, Standing } from '../decide/basis.ts';
import type { Segment } from '../decide/state.ts';
import type { AdmitRequest } from '../permit.ts';

/** About 10 MB. What was asked for longest ago goes first. */
const CAPACITY = 5_000;

/** What was read of an account, for a key of it. None of it is believed: the database compares, and what is old misses. */
export interface Known {
  readonly standing: Standing;
  readonly keyBudgets: readonly KeyBudget[];
  /** The database's clock when it was read, in epoch microseconds, and this process's, which never jumps. */
  readonly at: { readonly database: number; readonly here: number };
}

interface Entry {
  known: Known | undefined;
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
  readonly windows: Standing['windows'];
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

/** What this process knows of accounts that ask again and again. */
export function createKnown(db: Database) {
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

  /** In the background: whoever asks next has it. One that fails is read when somebody asks again. */
  async function read(entry: Entry, request: AdmitRequest): Promise<void> {
    entry.isReading = true;
    try {
      entry.known = await readKnown(db, request);
    } catch {
      entry.known = undefined;
    } finally {
      entry.isReading = false;
    }
  }

  return {
    /** Undefined where nothing is known, or where it would not help. */
    of(request: AdmitRequest): Known | undefined {
      if (!entries.has(nameOf(request))) return;
      const { isShut, known } = entryOf(request);
      return isShut ? undefined : known;
    },
    /** It was another way than it was known to be. */
    forget(request: AdmitRequest): void {
      const entry = entries.get(nameOf(request));
      if (entry !== undefined) entry.known = undefined;
    },
    /** The database decided by what it has: who comes a second time is read of, for the third. */
    decided(request: AdmitRequest, isGranted: boolean): void {
      const isNew = !entries.has(nameOf(request));
      const entry = entryOf(request);
      entry.isShut = !isGranted;
      if (isNew || !isGranted || entry.known !== undefined || entry.isReading) return;
      void read(entry, request);
    },
  };
}

/** The microsecond that the database's clock has come to, if both have run alike: a little early, and never late. */
export function databaseNow({ at }: Known): number {
  return at.database + Math.floor((systemClock.monotonic() - at.here) * 1_000);
}

function nameOf({ accountId, product, keyId }: AdmitRequest): string {
  return `${meterOf(accountId, product)} ${keyId ?? ''}`;
}

export async function readKnown(db: Database, request: AdmitRequest): Promise<Known | undefined> {
  const { accountId, product, userId, keyId } = request;
  const reading = statement<Row>(READ, [accountId, product, userId, keyId ?? null]);
  const [[row]] = await db.system('limits.admission', [reading]);
  // Its answer is older than this by the way that it had.
  const here = systemClock.monotonic();
  if (row === undefined || row.timeline === null || row.zone === null || row.made_at === null) return;
  const { version, by_default: byDefault, timeline, zone, made_at: madeAt, anchor, windows } = row;
  return {
    standing: { accountId, product, version, byDefault, timeline, zone, madeAt, anchor, windows },
    keyBudgets: row.key_budgets,
    at: { database: row.now, here },
  };
}
