import { commitPoint, type Database, deleteUnheld, statement } from '#platform/db';
import { addressBlock } from '#platform/http';
import { AppError, sha256 } from '#platform/kernel';
import type { Captcha } from './captcha.ts';
import '../errors.ts';

const TAKEN = commitPoint('identity.guess-taken', 'a guess that is about to be tried');
const GIVEN_BACK = commitPoint('identity.guess-given-back', 'a guess that was right, counted no more');
const PRUNED = commitPoint('identity.guesses-pruned', 'counts of guesses that have run down, deleted');
const PRUNE_BATCH = 5_000;

const MINUTE = 60;
const QUARTER = 15 * MINUTE;

/**
 * Counters, and how they run down: `free` wrong guesses cost no wait, the next ones 1, 2, 4 … 900 seconds, and one
 * is forgotten every `seconds`; `asks`: from how many on a CAPTCHA is asked for. The arithmetic is in docs/identity.md.
 */
const RULES = {
  /** Passwords of an email from an address. */
  pair: { free: 5, seconds: QUARTER, asks: 3, whole: true },
  /** Passwords of an email from everywhere else. OWASP ASVS 4.0.3, 2.2.1: at most 100 an hour for one account; here less than 90. */
  email: { free: 20, seconds: MINUTE, asks: 10, whole: false },
  /** Passwords of whichever emails from an address. */
  address: { free: 50, seconds: MINUTE, asks: 20, whole: false },
  /** Passwords of its user by a caller with a token of a device that they were signed in on. */
  device: { free: 10, seconds: QUARTER, asks: 5, whole: true },
  /** The password of a session's user, asked for again. */
  session: { free: 5, seconds: QUARTER, asks: null, whole: true },
  /** Links of mails, and API keys, from an address: who has a good one is let in all the same. */
  link: { free: 20, seconds: MINUTE, asks: null, whole: false },
  key: { free: 50, seconds: MINUTE, asks: null, whole: false },
} as const;

/** One count that a guess is added to. */
export interface Counter {
  readonly rule: keyof typeof RULES;
  readonly of: string;
}

/** Where a log-in comes from, as far as its user was seen there before. */
export interface Place {
  /** A session of the user whose refresh token the device has kept. */
  readonly device: string | undefined;
  /** Whether the user was signed in from this address before. */
  readonly isKnown: boolean;
}

/**
 * Counters of a guessed password. A caller from where the user was signed in before does not wait for what
 * others do elsewhere: so an attacker can't lock an owner out (OWASP, Slow Down Online Guessing Attacks with Device Cookies).
 */
export function countersOfLogin(login: {
  readonly email: string;
  readonly ip: string;
  readonly place: Place;
}): Counter[] {
  const { place } = login;
  if (place.device !== undefined) return [{ rule: 'device', of: place.device }];
  const [email, block] = [login.email.toLowerCase(), addressBlock(login.ip)];
  const pair: Counter = { rule: 'pair', of: `${email} ${block}` };
  if (place.isKnown) return [pair];
  return [pair, { rule: 'email', of: email }, { rule: 'address', of: block }];
}

export interface Guess {
  readonly by: readonly Counter[];
  /** Given where a CAPTCHA may be asked for: its answer, and the address that it was solved at. */
  readonly captcha?: { readonly answer: string | undefined; readonly ip: string };
}

/** Counts what is tried, so that trying gets slow (docs/identity.md, Guessing). In the database: it holds over all nodes. */
export interface Guessing {
  /**
   * Counts a guess, then tries it. `undefined` from `decide` means that it was wrong; anything else gives it back, and so
   * does a failure, by which nothing is learned. Throws `too_many_attempts` with the seconds to wait, and `captcha_required`.
   */
  attempt<T>(guess: Guess, decide: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Counts what turned out to be wrong. Throws `too_many_attempts` in place of what it would be answered, while it has to wait. */
  missed(rule: 'link' | 'key', ip: string): Promise<void>;
  /** Begins the counts of an email anew, from everywhere and from an address: there its owner has proven that the mailbox is theirs. */
  forget(email: string, ip: string): Promise<void>;
  /** Deletes counts that have run down. */
  prune(): Promise<number>;
}

export interface GuessingParts {
  readonly db: Database;
  /** undefined: none is asked for. */
  readonly captcha: Captcha | undefined;
}

export function createGuessing(parts: GuessingParts): Guessing {
  const { db } = parts;
  const giveBack = (counts: readonly Count[]) =>
    db.system('identity.guessing', GIVEN_BACK, [giveBackGuess(counts)]);

  return {
    async attempt(guess, decide) {
      await admit(parts, guess);
      const counts = guess.by.map((counter) => countOf(counter));
      const decided = await decide().catch(async (error: unknown) => {
        // This one alone: a caller who can make us fail must not have the others forgotten. One that stays is forgotten by itself.
        await giveBack(counts.map((count) => ({ ...count, whole: false }))).catch(() => {});
        throw error;
      });
      if (decided !== undefined) await giveBack(counts);
      return decided;
    },
    async missed(rule, ip) {
      refuseWaiting(await decideGuess(db, [countOf({ rule, of: addressBlock(ip) })]));
    },
    async forget(email, ip) {
      const place = { device: undefined, isKnown: false };
      // The address may go on guessing other passwords: its own count stays.
      const counters = countersOfLogin({ email, ip, place }).filter(({ rule }) => rule !== 'address');
      const keys = counters.map((counter) => countOf(counter).key);
      await db.system('identity.guessing', GIVEN_BACK, [forgetGuesses(keys)]);
    },
    async prune() {
      for (let total = 0; ; ) {
        const [[row]] = await db.system('identity.guessing', PRUNED, [pruneGuesses(PRUNE_BATCH)]);
        total += row?.deleted ?? 0;
        if ((row?.deleted ?? 0) < PRUNE_BATCH) return total;
      }
    },
  };
}

/** Returns when the guess may be tried; by then it is counted. */
async function admit({ db, captcha }: GuessingParts, { by, captcha: given }: Guess): Promise<void> {
  const service = given === undefined ? undefined : captcha;
  const ask = (solved?: 'solved' | 'unsolved') =>
    decideGuess(
      db,
      by.map((counter) => countOf(counter, solved)),
    );
  const first = await ask(service && 'unsolved');
  if (first.verdict !== 'ask' || service === undefined || given === undefined) return refuseWaiting(first);
  const answer = await service.check(given);
  if (answer === 'no') throw service.required();
  // A service that is away checks no caller: then the waits alone decide, as where there is none.
  refuseWaiting(await ask(answer === 'yes' ? 'solved' : undefined));
}

function refuseWaiting({ verdict, seconds }: GuessVerdict): void {
  if (verdict === 'wait') throw new AppError('too_many_attempts', { retryAfter: seconds });
}

/** The refusal of a link that is none. 256 bits are not guessed: a good one is let in after any number of wrong ones. */
export async function wrongLink(guessing: Guessing, ip: string): Promise<AppError> {
  await guessing.missed('link', ip);
  return new AppError('link_invalid');
}

async function decideGuess(db: Database, counts: readonly Count[]): Promise<GuessVerdict> {
  const [[verdict]] = await db.system('identity.guessing', TAKEN, [takeGuess(counts)]);
  if (verdict === undefined) throw new Error('a guess was not decided');
  return verdict;
}

/**
 * A count as the database takes it. Where a CAPTCHA is asked for, it stands in for the wait that an email has everywhere:
 * robots can't keep a person waiting who solves it.
 */
function countOf({ rule, of }: Counter, captcha?: 'solved' | 'unsolved'): Count {
  const { asks, ...rest } = RULES[rule];
  return {
    ...rest,
    key: `${rule} ${sha256(of)}`,
    asks: captcha === 'unsolved' ? asks : null,
    waits: captcha === undefined || rule !== 'email',
  };
}

/** A count as the database keeps it. */
interface Count {
  readonly key: string;
  readonly free: number;
  readonly seconds: number;
  readonly asks: number | null;
  readonly waits: boolean;
  readonly whole: boolean;
}

interface GuessVerdict {
  /** `go`: it is counted, and may be tried. */
  verdict: 'go' | 'wait' | 'ask';
  /** How long to wait, at least one. */
  seconds: number;
}

/** Counts a guess before it is tried, so that many at once are not let through by the same reading. */
const takeGuess = (counts: readonly Count[]) =>
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

const giveBackGuess = (counts: readonly Count[]) =>
  statement('select identity.give_back_guess($1::text[], $2::integer[], $3::boolean[])', [
    counts.map(({ key }) => key),
    counts.map(({ seconds }) => seconds),
    counts.map(({ whole }) => whole),
  ]);

const forgetGuesses = (keys: readonly string[]) =>
  statement('delete from identity.guesses where key = any($1::text[])', [keys]);

/** Deletes counts that have run down, so many at most; answers how many. */
const pruneGuesses = (most: number) =>
  statement<{ deleted: number }>(
    `with gone as (
       ${deleteUnheld('identity.guesses', 'forgotten_at <= app.now() and waits_until <= app.now() limit $1')} returning 1
     )
     select count(*)::int as deleted from gone`,
    [most],
  );
