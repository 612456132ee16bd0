import { commitPoint, type Database, type Statement, statement } from '#platform/db';
import { inTime } from '#platform/kernel';
import type { RateEntry, Rates, RateVerdict } from './rates.ts';

const TAKEN = commitPoint('rates.taken', 'calls of the present minute are counted');
const SWEPT = commitPoint('rates.swept', 'rates that nobody used for an hour are forgotten');
/** Callers that one statement decides for; what it costs grows with them, and so does what the last one waits. */
const LARGEST_BATCH = 200;
const SWEEP_BATCH = 5_000;

interface Waiting {
  readonly entries: readonly RateEntry[];
  readonly answer: (verdict: RateVerdict | undefined) => void;
}

interface VerdictRow {
  readonly allowed: boolean;
  readonly entry: number;
  readonly remaining: number;
  readonly resets_at: Date;
  readonly seconds: number;
}

export interface PostgresRatesParts {
  readonly db: Database;
  /** Told of every batch that could not be decided; its callers pass. */
  readonly onFailure: (error: unknown) => void;
  /** After this many milliseconds without an answer the callers pass; one second when not said. */
  readonly patience?: number;
}

/** Rates in PostgreSQL. While one statement is under way the next batch fills, so a lone caller waits for nobody. */
export function createPostgresRates(parts: PostgresRatesParts): Rates {
  const waiting: Waiting[] = [];
  let flying = false;

  async function fly(): Promise<void> {
    flying = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, LARGEST_BATCH);
      const rows = await decide(parts, batch);
      batch.forEach(({ entries, answer }, index) => answer(verdict(entries, rows[index])));
    }
    flying = false;
  }

  return {
    take(entries) {
      if (entries.length === 0) return Promise.resolve(undefined);
      return new Promise((answer) => {
        waiting.push({ entries, answer });
        if (!flying) void fly();
      });
    },
    async sweep() {
      let total = 0;
      for (;;) {
        const [rows] = await parts.db.system('limits.rates', SWEPT, [forget(SWEEP_BATCH)]);
        const deleted = rows[0]?.deleted ?? 0;
        total += deleted;
        if (deleted < SWEEP_BATCH) return total;
      }
    },
  };
}

async function decide(parts: PostgresRatesParts, batch: readonly Waiting[]): Promise<readonly VerdictRow[]> {
  const deciding = () => parts.db.system('limits.rates', TAKEN, [takeAll(batch)]);
  try {
    const [rows] = await inTime(
      parts.patience ?? 1_000,
      deciding,
      () => new Error('rates were not decided in time'),
    );
    return rows;
  } catch (error) {
    parts.onFailure(error);
    return [];
  }
}

/** One statement for all callers of a batch; keys go once each, in the order in which they are locked. */
function takeAll(batch: readonly Waiting[]): Statement<VerdictRow> {
  const keys = [...new Set(batch.flatMap(({ entries }) => entries.map(({ key }) => key)))].sort();
  const slots = new Map(keys.map((key, index) => [key, index + 1]));
  const flat = batch.flatMap(({ entries }, caller) =>
    entries.map(({ key, perMinute }) => ({ caller: caller + 1, slot: slots.get(key) ?? 0, perMinute })),
  );
  return statement(
    'select * from limits.take_rates($1::text[], $2::integer[], $3::integer[], $4::integer[])',
    [
      keys,
      flat.map(({ caller }) => caller),
      flat.map(({ slot }) => slot),
      flat.map(({ perMinute }) => perMinute),
    ],
  );
}

function verdict(entries: readonly RateEntry[], row: VerdictRow | undefined): RateVerdict | undefined {
  if (row === undefined) return undefined;
  const { allowed, entry, remaining, seconds } = row;
  return {
    allowed,
    entry,
    limit: entries[entry]?.perMinute ?? 0,
    remaining,
    resetsAt: row.resets_at,
    seconds,
  };
}

function forget(most: number): Statement<{ deleted: number }> {
  return statement(
    `with gone as (
       delete from limits.rates where key in (
         select key from limits.rates where starts_at < app.now() - interval '1 hour' limit $1) returning 1
     )
     select count(*)::int as deleted from gone`,
    [most],
  );
}
