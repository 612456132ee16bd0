import {
  commitPoint,
  type Database,
  deleteUnheld,
  type Statement,
  statement,
  systemCall,
} from '#platform/db';
import { type Clock, elapsed, inTime, readClocks, runForEverybody } from '#platform/kernel';
import {
  createLeasedRates,
  LEASED_SHARE,
  type RateAnswer,
  type RateRequest,
  type RateStore,
  type UnusedCalls,
} from './rates.leased.ts';
import type { RateEntry, Rates } from './rates.ts';

const TAKEN = commitPoint('rates.taken', 'calls of the present minute are counted');
const GIVEN_BACK = commitPoint('rates.given-back', 'calls that were lent and not made are counted off');
const SWEPT = commitPoint('rates.swept', 'rates that nobody used for an hour are forgotten');
/** Callers that one statement decides for; its cost and the wait of the last caller grow with them. */
const LARGEST_BATCH = 200;
const SWEEP_BATCH = 5_000;

/** Keys that one statement gives back: callers wait for the rows that it locks. */
const GIVE_BACK_BATCH = 500;

interface WaitingCaller {
  readonly requests: readonly RateRequest[];
  readonly answer: (answers: readonly RateAnswer[] | undefined) => void;
}

interface AnswerRow {
  readonly left_over: number;
  readonly spare: number;
  /** In microseconds. */
  readonly ends: number;
  readonly milliseconds: number;
}

export interface PostgresRatesParts {
  readonly db: Database;
  readonly clock: Clock;
  /** Called for every batch that could not be decided; its callers pass. */
  readonly onFailure: (error: unknown) => void;
  /** After this many milliseconds without an answer the callers pass; `PATIENCE` when not said. */
  readonly patience?: number;
}

/** Rates in PostgreSQL, under leases. */
export function createPostgresRates(parts: PostgresRatesParts): Rates {
  return createLeasedRates({ store: createPostgresStore(parts), clock: parts.clock });
}

/** While one statement is under way the next batch fills, so a single caller never waits. */
function createPostgresStore(parts: PostgresRatesParts): RateStore {
  const waiting: WaitingCaller[] = [];
  let isSending = false;

  async function sendBatches(): Promise<void> {
    isSending = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, LARGEST_BATCH);
      const answers = await decide(parts, batch);
      let next = 0;
      for (const { requests, answer } of batch) {
        answer(answers?.slice(next, next + requests.length));
        next += requests.length;
      }
    }
    isSending = false;
  }

  return {
    take: (requests) =>
      new Promise((answer) => {
        waiting.push({ requests, answer });
        if (!isSending) void runForEverybody(sendBatches);
      }),
    async giveBack(unused) {
      // In the order in which keys are locked.
      const sorted = unused.toSorted(inOrder);
      for (let at = 0; at < sorted.length; at += GIVE_BACK_BATCH)
        await runForEverybody(() =>
          parts.db.system('limits.rates', GIVEN_BACK, [
            giveBackUnused(sorted.slice(at, at + GIVE_BACK_BATCH)),
          ]),
        );
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

/** Milliseconds without an answer after which callers pass. */
const PATIENCE = 1_000;

/**
 * The answers for all entries of all callers, in their order. That there was none in time says nothing about the database when this very
 * process was away, stopped or asleep: it is asked once more, and what was counted before the pause counts twice.
 */
async function decide(
  parts: PostgresRatesParts,
  batch: readonly WaitingCaller[],
  isSecond = false,
): Promise<readonly RateAnswer[] | undefined> {
  const { patience = PATIENCE, clock } = parts;
  const asked = readClocks(clock);
  const decideBatch = async () =>
    (await takeAlone(parts.db, batch)) ?? (await take(parts.db, takeAll(batch)));
  try {
    const rows = await inTime(patience, decideBatch, () => new Error('rates were not decided in time'));
    return rows.map(({ left_over: left, spare, ends, milliseconds }) => ({
      left,
      spare,
      endsAt: ends / 1_000,
      milliseconds,
    }));
  } catch (error) {
    if (!isSecond && elapsed(asked, readClocks(clock)) > patience + PATIENCE)
      return decide(parts, batch, true);
    parts.onFailure(error);
    return undefined;
  }
}

async function take(db: Database, call: Statement<AnswerRow>): Promise<readonly AnswerRow[]> {
  const [rows] = await db.system('limits.rates', TAKEN, [systemCall(call)]);
  return rows;
}

/** For one caller who names each key once; undefined for other callers, and when a key has no row yet. */
async function takeAlone(
  db: Database,
  [first, ...others]: readonly WaitingCaller[],
): Promise<readonly AnswerRow[] | undefined> {
  if (first === undefined || others.length > 0) return;
  const { requests } = first;
  const sorted = requests.toSorted(inOrder);
  if (new Set(sorted.map(({ key }) => key)).size < sorted.length) return;
  const rows = await take(
    db,
    statement(
      'select * from limits.take_rates_alone($1::text[], $2::integer[], $3::integer[], $4::integer)',
      [
        sorted.map(({ key }) => key),
        sorted.map(({ perMinute }) => perMinute),
        sorted.map(({ spare }) => spare),
        LEASED_SHARE,
      ],
    ),
  );
  const answers = new Map(rows.map((row, at) => [sorted[at], row]));
  return rows.length < requests.length ? undefined : requests.flatMap((entry) => answers.get(entry) ?? []);
}

/** The order in which all processes lock keys. */
function inOrder(a: Pick<RateEntry, 'key'>, b: Pick<RateEntry, 'key'>): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** One statement for all callers of a batch; keys go once each, in the order in which they are locked. */
function takeAll(batch: readonly WaitingCaller[]): Statement<AnswerRow> {
  const keys = [...new Set(batch.flatMap(({ requests }) => requests.map(({ key }) => key)))].sort();
  const slots = new Map(keys.map((key, index) => [key, index + 1]));
  const flat = batch.flatMap(({ requests }, caller) =>
    requests.map((request) => ({ ...request, caller: caller + 1, slot: slots.get(request.key) ?? 0 })),
  );
  return statement(
    'select * from limits.take_rates($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer)',
    [
      keys,
      flat.map(({ caller }) => caller),
      flat.map(({ slot }) => slot),
      flat.map(({ perMinute }) => perMinute),
      flat.map(({ spare }) => spare),
      LEASED_SHARE,
    ],
  );
}

function giveBackUnused(unused: readonly UnusedCalls[]): Statement<object> {
  return statement('select from limits.give_back_rates($1::text[], $2::bigint[], $3::integer[])', [
    unused.map(({ key }) => key),
    unused.map(({ endsAt }) => Math.round(endsAt * 1_000)),
    unused.map(({ count }) => count),
  ]);
}

function forget(most: number): Statement<{ deleted: number }> {
  return statement(
    `with gone as (
       ${deleteUnheld('limits.rates', "starts_at < app.now() - interval '1 hour' limit $1")} returning 1
     )
     select count(*)::int as deleted from gone`,
    [most],
  );
}
