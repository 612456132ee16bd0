import { deleteUnheld, statement } from '#platform/db';

/** A count as the database keeps it. */
export interface Count {
  readonly key: string;
  readonly free: number;
  readonly seconds: number;
  readonly asks: number | null;
  readonly waits: boolean;
  readonly whole: boolean;
}

export interface GuessVerdict {
  /** `go`: it is counted, and may be tried. */
  verdict: 'go' | 'wait' | 'ask';
  /** How long to wait, at least one. */
  seconds: number;
}

/** Counts a guess before it is tried, so that many at once are not let through by the same reading. */
export const takeGuess = (counts: readonly Count[]) =>
  statement<GuessVerdict>(
    'select * from identity.take_guess($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::boolean[])',
    [
      counts.map(({ key }) => key),
      counts.map(({ free }) => free),
      counts.map(({ seconds }) => seconds),
      counts.map(({ asks }) => asks),
      counts.map(({ waits }) => waits),
    ],
  );

export const giveBackGuess = (counts: readonly Count[]) =>
  statement('select identity.give_back_guess($1::text[], $2::integer[], $3::boolean[])', [
    counts.map(({ key }) => key),
    counts.map(({ seconds }) => seconds),
    counts.map(({ whole }) => whole),
  ]);

export const forgetGuesses = (keys: readonly string[]) =>
  statement('delete from identity.guesses where key = any($1::text[])', [keys]);

/** Deletes counts that have run down, so many at most; answers how many. */
export const pruneGuesses = (most: number) =>
  statement<{ deleted: number }>(
    `with gone as (
       ${deleteUnheld('identity.guesses', 'forgotten_at <= app.now() and waits_until <= app.now() limit $1')} returning 1
     )
     select count(*)::int as deleted from gone`,
    [most],
  );
