import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { advanceTo, ids } from '@plinth/testkit/factories';
import { openLimits } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { createSeats, type Renewal, type Seat, type Seats, type SeatsOf } from '../index.ts';

const { db, url } = await testDatabase();
const MAX = 3;
const fixture = await openLimits(db, {
  limits: { machines: { kind: 'seats', by: 'account' }, uses: { kind: 'quota', per: 'day', by: 'account' } },
  plans: { only: { machines: MAX, uses: 1 } },
  features: { use: ['uses'] },
});
const other = url === '' ? db : await openDatabase({ engine: 'postgres', url });
const seats = createSeats({ db, ids });
const nodes: readonly Seats[] = [seats, createSeats({ db: other, ids })];
const node = (index: number): Seats => nodes[index % 2] ?? seats;

/**
 * Seconds between two moments of the model. No time that matters is a multiple of it: five minutes, the lease, and what is handed out
 * end three seconds or more before or after such a moment, however slow the machine is that asks.
 */
const BEAT = 11;
const TTL = 360;
const MINUTES = 10;
const BORROWED = 25;

interface Take {
  readonly take: readonly number[];
  /** Which of the machine's tokens it shows: its last one, the one before that, or none. */
  readonly shows: -1 | -2 | 0;
  readonly offline: boolean;
}
interface Renew {
  readonly renew: readonly number[];
  readonly stale: boolean;
  readonly borrow: boolean;
}
interface Free {
  readonly free: number;
  readonly stale: boolean;
}
type Step =
  | Take
  | Renew
  | Free
  | { readonly force: number }
  | { readonly size: number | undefined }
  | { readonly sleep: number };
const machine = fc.integer({ min: 0, max: 5 });
const some = fc.uniqueArray(machine, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ take: some, shows: fc.constantFrom(-1, -2, 0), offline: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ renew: some, stale: fc.boolean(), borrow: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ free: machine, stale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ force: machine }) },
  { weight: 1, arbitrary: fc.record({ size: fc.constantFrom(undefined, 1, 2, 5) }) },
  {
    weight: 4,
    arbitrary: fc.record({ sleep: fc.oneof(fc.integer({ min: 1, max: 32 }), fc.constantFrom(40, 70)) }),
  },
);

/** A machine's second self runs out while its first one works without the server. */
const RUNS_OUT_BESIDE_A_LEASE: Step[] = [
  { take: [0], shows: 0, offline: true },
  { sleep: 28 },
  { renew: [0], stale: false, borrow: false },
  { take: [0], shows: 0, offline: true },
  { sleep: 40 },
  { renew: [0], stale: false, borrow: true },
  { renew: [0], stale: true, borrow: false },
  { free: 0, stale: true },
];

/** A token that a machine was given, with what its holder may do with it without ever asking again. */
interface Token {
  readonly seat: Seat;
  readonly takenAt: number;
  readonly offline: boolean;
  /** Until when it is renewed. */
  until: number;
  /** Until when its holder works without the server, unless it said that it does not. */
  away: number;
  ended?: 'released' | 'taken_over' | 'forced' | undefined;
}

/** A checker that sees nothing but requests and answers. */
class Checker {
  now = 0;
  size: number | undefined;
  readonly tokens = new Map<number, Token[]>();

  of(who: number): Token[] {
    const known = this.tokens.get(who);
    if (known !== undefined) return known;
    const none: Token[] = [];
    this.tokens.set(who, none);
    return none;
  }

  isHeld(token: Token | undefined): token is Token {
    return token !== undefined && token.ended === undefined && Math.max(token.until, token.away) > this.now;
  }

  /** Whether some token of the who lets a program work. */
  isOccupied(who: number): boolean {
    return this.of(who).some((token) => token.away > this.now || this.isHeld(token));
  }

  /** How many tokens of a machine let programs work without the server at once: each beyond one would be a machine more than there are seats. */
  mostLeases(): number {
    const leases = [...this.tokens.values()].map((all) => all.filter(({ away }) => away > this.now).length);
    return Math.max(0, ...leases);
  }

  occupied(): number[] {
    return [...this.tokens.keys()].filter((who) => this.isOccupied(who)).sort((a, b) => a - b);
  }

  renewed(who: number, token: Token, borrow: boolean): { kind: string; away: number | null } {
    const tokens = this.of(who);
    if (token !== tokens.at(-1)) return { kind: 'taken_over', away: null };
    if (token.ended !== undefined) return { kind: token.ended, away: null };
    if (!this.isHeld(token)) return { kind: 'expired', away: null };
    token.until = Math.max(token.until, this.now + TTL);
    const minutes = Math.max(token.offline ? MINUTES : 0, borrow ? BORROWED : 0);
    const isOwed = tokens.some((one) => one !== token && one.away > this.now);
    if (minutes > 0 && !isOwed && this.now - token.takenAt >= 300)
      token.away = Math.max(token.away, this.now + minutes * 60);
    return { kind: 'renewed', away: token.away > this.now ? token.away : null };
  }
}

const last = (tokens: readonly Token[], stale: boolean) => tokens.at(stale ? -2 : -1);

async function take(of: SeatsOf, known: Checker, { take: asked, shows, offline }: Take) {
  const shown = (who: number) => (shows === 0 ? undefined : known.of(who).at(shows));
  const before = known.occupied();
  const answers = await Promise.all(
    asked.map((who, i) =>
      node(i).take(of, `m${who}`, {
        ttlSeconds: TTL,
        size: known.size,
        offlineMinutes: offline ? MINUTES : 0,
        resumes: shown(who)?.seat,
      }),
    ),
  );
  const max = known.size ?? MAX;
  for (const [i, who] of asked.entries()) {
    const answer = answers[i];
    const tokens = known.of(who);
    if (answer?.kind !== 'seat') {
      // A machine that has a seat is refused only where a smaller size came meanwhile.
      expect(before.includes(who) && before.length <= max).toBe(false);
      continue;
    }
    const former = tokens.at(-1);
    if (former !== undefined) {
      if (known.isHeld(former)) former.ended = 'taken_over';
    }
    const given = shown(who);
    if (given !== undefined) given.away = 0;
    tokens.push({
      seat: answer.seat,
      takenAt: known.now,
      offline,
      until: known.now + TTL,
      away: 0,
    });
  }
  const isFull = answers.some(({ kind }) => kind !== 'seat');
  if (isFull) expect(known.occupied().length).toBeGreaterThanOrEqual(max);
  const came = known.occupied().filter((who) => !before.includes(who));
  if (came.length > 0) expect(known.occupied().length).toBeLessThanOrEqual(max);
}

async function renew(of: SeatsOf, known: Checker, one: Renew) {
  const asked = one.renew.flatMap((who) => {
    const token = last(known.of(who), one.stale);
    return token === undefined ? [] : [{ who, token }];
  });
  const terms = { ttlSeconds: TTL, borrowMinutes: one.borrow ? BORROWED : undefined };
  // Each twice, through two processes: a heartbeat that is told again changes nothing.
  const answers = await Promise.all(
    [...asked, ...asked].map(({ token }, i) => node(i).renew(of, token.seat, terms)),
  );
  for (const [i, answer] of answers.entries()) {
    const { who, token } = asked[i % asked.length] ?? {};
    if (who === undefined || token === undefined) continue;
    const { kind, away } = known.renewed(who, token, one.borrow);
    expect(answer.kind).toBe(kind);
    expect(roundedAway(known, answer)).toBe(away);
  }
}

/** In seconds of the model. */
function roundedAway(known: Checker, answer: Renewal): number | null {
  if (answer.kind !== 'renewed' || answer.offlineUntil === null) return null;
  const left = (answer.offlineUntil.getTime() - answer.at.getTime()) / 1_000 + known.now;
  // Counted in what it hands out, and not in what time the asking took.
  return [...known.tokens.values()]
    .flat()
    .map(({ away }) => away)
    .concat(known.now + MINUTES * 60, known.now + BORROWED * 60)
    .reduce((best, at) => (Math.abs(at - left) < Math.abs(best - left) ? at : best), Infinity);
}

async function free(of: SeatsOf, known: Checker, one: Free) {
  const tokens = known.of(one.free);
  const token = last(tokens, one.stale);
  if (token === undefined) return;
  await seats.release(of, token.seat);
  if (token === tokens.at(-1) && known.isHeld(token)) token.ended = 'released';
  token.away = 0;
}

async function force(of: SeatsOf, known: Checker, who: number) {
  const token = known.of(who).at(-1);
  const isHeld = known.isHeld(token);
  expect(await seats.forceRelease(of, `m${who}`)).toBe(isHeld);
  if (isHeld) token.ended = 'forced';
}

test('whatever machines take, renew, borrow, free, force, sleep and crash: seats are what a checker computes of requests and answers', async () => {
  let start = Date.parse('2032-01-01T00:00:00Z');
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (plan) => {
      const { accountId } = await fixture.member('only');
      const of = { accountId, product: 'demo', limit: 'machines' };
      const known = new Checker();
      start += 86_400_000;
      for (const one of plan) {
        known.now += BEAT * ('sleep' in one ? one.sleep : 1);
        await advanceTo(db, new Date(start + known.now * 1_000).toISOString());
        if ('take' in one) await take(of, known, one);
        else if ('renew' in one) await renew(of, known, one);
        else if ('free' in one) await free(of, known, one);
        else if ('force' in one) await force(of, known, one.force);
        else if ('size' in one) known.size = one.size;
        const occupied = (await seats.list(of)).map(({ machine: name }) => name).sort();
        expect(occupied).toEqual(known.occupied().map((who) => `m${who}`));
        expect(known.mostLeases()).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 20, within: 40_000, examples: [[RUNS_OUT_BESIDE_A_LEASE]] },
  );
  if (other !== db) await other.close();
}, 90_000);
