import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { micros } from '#platform/kernel';
import type { Reply } from '@plinth/testkit/services/app';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { advance, advanceTo, databaseTime } from '@plinth/testkit/factories';
import { openStores } from '../../../test/billing/stores.ts';
import { assertWithin } from '@plinth/testkit/property';
import { type Person, withPeople } from './fixture.ts';

/** A Wednesday at noon: no window of a limit ends while purchases are made. */
const app = withPeople(await openStores(undefined, '2031-01-15T12:00:00Z'));
const { db } = app;
const { limits, entitlements } = app.app.modules;

/** A person on the free plan, from whose messages no job draws fragments. */
async function createPerson(): Promise<Person> {
  const me = await app.somebody();
  await me.patch('/v1/profile', { consents: { insights: false } });
  return me;
}

/** Buys a plan whose notification is all that the server gets. */
const SHOPS: Readonly<Record<string, (by: Person['by'], plan: string) => unknown>> = {
  app_store: ({ accountId }, plan) =>
    app.apple.world.buy({ product: `prism.${plan}.monthly`, appAccountToken: accountId }),
  google_play: ({ accountId }, plan) =>
    app.play.world.buy({ productId: `prism.${plan}`, basePlanId: 'monthly', account: accountId }),
  stripe: ({ accountId }, plan) => app.subscribesAtStripe(accountId, `prism.${plan}`),
};

async function buys({ by }: Person, plan = 'prism', shop = 'app_store'): Promise<void> {
  await SHOPS[shop]?.(by, plan);
  await app.heard();
  const held = (await entitlements.current(by.accountId)).find((one) => one.product === 'prism');
  expect([held?.plan, held?.source]).toEqual([`prism.${plan}`, shop]);
}

/** Makes a window of the account as full as that. */
async function fill({ by }: Person, limit: string, used: number): Promise<void> {
  await db.asMigrator(
    statement(
      `update limits.meters set used[array_position(names, $2)] = $3 where account_id = $1 and scope = 'prism'`,
      [by.accountId, limit, used],
    ),
  );
}

/** Messages and replies of a session, as if they had been said. */
async function insertExchanges({ by }: Person, sessionId: string, exchanges: number): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day)
       select $1, gen_random_uuid(), $2, n, case when n % 2 = 1 then 'user' else 'mirror' end, 'said',
         case when n % 2 = 1 then 'answered' else 'whole' end, 'ok', '{}', current_date
       from generate_series(1, 2 * $3::integer) as n`,
      [by.accountId, sessionId, exchanges],
    ),
  );
  await db.asMigrator(
    statement('update prism.mirror_sessions set positions = 2 * $3 where account_id = $1 and id = $2', [
      by.accountId,
      sessionId,
      exchanges,
    ]),
  );
}

async function goal(by: Person): Promise<string> {
  return String((await by.post('/v1/lens/goals', { title: 'Run ten kilometres' })).body['id']);
}

/** A limit that the free plan has no more of, and the call that asks for it. */
interface Gate {
  readonly asked: () => Promise<Reply>;
  readonly denied: object;
}

/** Uses up what the free plan has of something. */
type UsesUp = (me: Person) => Promise<Gate>;

/** Asks each, is denied for nothing, buys, and asks each again. */
async function opens(me: Person, gates: readonly Gate[], shop?: string): Promise<void> {
  // An earlier call is settled beside its answer.
  await limits.ends.idle();
  const before = await me.used();
  for (const { asked, denied } of gates) expect(refusalOf(await asked())).toMatchObject(denied);
  expect(await me.used()).toEqual(before);
  await buys(me, 'prism', shop);
  for (const { asked } of gates) {
    const after = await asked();
    expect([200, 201], JSON.stringify(after.body)).toContain(after.status);
  }
}

const limitOf = (limit: string, max: number) => ({
  status: 429,
  code: 'limit_exceeded',
  details: { limit, max, upgrade: 'prism.prism' },
});

const lacks = (grant: string, upgrade: string) => ({
  status: 402,
  code: 'plan_required',
  details: { grant, upgrade },
});

const csv = (by: Person) => by.get('/v1/spectrum?format=csv');

const turns: UsesUp = async (me) => {
  for (let n = 0; n < 3; n += 1) expect((await me.turn()).status).toBe(200);
  return { asked: () => me.turn(), denied: limitOf('turns', 3) };
};

const sessions: UsesUp = async (me) => {
  for (let { mirror_sessions: n = 0 } = await me.used(); n < 2; n += 1) await me.session();
  return { asked: () => me.post('/v1/mirror/sessions', {}), denied: limitOf('mirror_sessions', 2) };
};

const messages: UsesUp = async (me) => {
  const session = await me.session();
  await insertExchanges(me, session, 20);
  const denied = await me.say(session);
  expect(denied.headers.get('retry-after')).toBeNull();
  expect(refusalOf(denied).details).toMatchObject({ used: 20, resets_at: null });
  return { asked: () => me.say(session), denied: limitOf('messages_per_session', 20) };
};

const suggestions: UsesUp = async (me) => {
  const id = await goal(me);
  const askSuggestions = () => me.post(`/v1/lens/goals/${id}/suggest`);
  await askSuggestions();
  await fill(me, 'suggestions', 3);
  return { asked: askSuggestions, denied: limitOf('suggestions', 3) };
};

const cost: UsesUp = async (me) => {
  const session = await me.session();
  await me.say(session);
  await fill(me, 'daily_cost', 50_000);
  return { asked: () => me.say(session), denied: limitOf('daily_cost', 50_000) };
};

const spectrum: UsesUp = async (me) => ({
  asked: () => me.get('/v1/spectrum'),
  denied: lacks('spectrum', 'prism.prism'),
});

describe('each gate denies the free plan, and opens with a purchase that the App Store’s notification tells of', () => {
  test.each([
    ['turns a day', turns],
    ['sessions a week', sessions],
    ['messages a session, which never resets', messages],
    ['suggestions a day', suggestions],
    ['model cost a day, of messages too', cost],
  ])('%s', async (_name, usesUp) => {
    const me = await createPerson();
    await opens(me, [await usesUp(me)]);
  });

  test('the spectrum, and its export with the larger plan', async () => {
    const me = await createPerson();
    await opens(me, [await spectrum(me)]);
    expect(refusalOf(await csv(me))).toMatchObject(lacks('spectrum_export', 'prism.prism_plus'));
    await buys(me, 'prism_plus');
    const response = await fetch(`${app.url}/v1/spectrum?format=csv`, {
      headers: { authorization: `Bearer ${me.by.key}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    expect(await response.text()).toBe('starts,ends,kind,text,count,intensity\r\n');
  });
});

test.each(['google_play', 'stripe'])(
  'all gates deny the free plan, and open with one purchase that a notification of %s tells of',
  async (shop) => {
    const me = await createPerson();
    const gates = [];
    for (const usesUp of [turns, suggestions, messages, cost, sessions, spectrum])
      gates.push(await usesUp(me));
    await opens(me, gates, shop);
  },
);

const HOUR = 3_600_000;
/** The farthest zones that there are, and some that move their clocks. */
const ZONES = [
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
];
/** Days around which clocks move, in Europe or America. */
const EVES = ['2032-03-12', '2032-03-26', '2032-10-29', '2033-03-11', '2033-03-25', '2033-10-28'];

/** Windows of this many days that may have begun in so much time, across time zones: a day or week that began before, and zones 26 hours apart. */
const windows = (days: number, milliseconds: number) =>
  2 + Math.floor((milliseconds + 27 * HOUR) / (days * 24 * HOUR));

describe('moves of the time zone', () => {
  /** Takes as much of a limit as there is, up to what the free plan has, past the memory of denials. */
  let reserve = 0;
  async function take({ by }: Person, feature: string, most: number): Promise<number> {
    let taken = 0;
    for (; taken < most; taken += 1) {
      reserve += 1;
      const admission = await limits.admit({
        accountId: by.accountId,
        userId: by.userId,
        product: 'prism',
        feature,
        as: 'inline',
        call: { provider: 'sandbox', model: 'sandbox-small', priceVersion: 'test', reserve: micros(reserve) },
        requestId: `take-${reserve}`,
      });
      if (admission.kind !== 'permit') break;
      await admission.permit.settle();
    }
    return taken;
  }

  test('never give more than the plan, over midnights, ends of weeks and days on which clocks move', async () => {
    const step = fc.record({
      zone: fc.option(fc.constantFrom(...ZONES), { nil: undefined }),
      minutes: fc.oneof(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 60, max: 26 * 60 }),
        fc.integer({ min: 24 * 60, max: 4 * 24 * 60 }),
      ),
    });
    let runs = 0;
    await assertWithin(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 12 }), async (steps) => {
        const eve = EVES[runs];
        runs += 1;
        if (eve !== undefined && Date.parse(eve) > (await databaseTime(db)).getTime())
          await advanceTo(db, `${eve}T20:00:00Z`);
        const me = await createPerson();
        const from = (await databaseTime(db)).getTime();
        const taken = { turns: 0, sessions: 0 };
        for (const { zone, minutes } of [{ zone: 'UTC', minutes: 1 }, ...steps]) {
          if (zone !== undefined)
            expect((await me.patch('/v1/profile', { time_zone: zone })).status).toBe(200);
          taken.turns += await take(me, 'turn', 3);
          taken.sessions += await take(me, 'mirror_session', 2);
          const passed = (await databaseTime(db)).getTime() - from;
          expect(taken.turns).toBeLessThanOrEqual(3 * windows(1, passed));
          expect(taken.sessions).toBeLessThanOrEqual(2 * windows(7, passed));
          await advance(db, `${minutes} minutes`);
        }
      }),
      { numRuns: 6, within: 20_000 },
    );
  });

  test('reset nothing at once, and count in the next window', async () => {
    await advanceTo(db, '2034-01-11T12:00:00Z');
    const me = await createPerson();
    expect(await take(me, 'turn', 3)).toBe(3);
    for (const zone of ZONES) {
      await me.patch('/v1/profile', { time_zone: zone });
      expect(await take(me, 'turn', 3)).toBe(0);
    }
    await me.patch('/v1/profile', { time_zone: 'Europe/Berlin' });
    // The day that began in UTC ends there; the next one ends in Berlin.
    await advanceTo(db, '2034-01-12T00:01:00Z');
    expect(await take(me, 'turn', 3)).toBe(3);
    await advanceTo(db, '2034-01-12T23:05:00Z');
    expect(await take(me, 'turn', 3)).toBe(3);
  });
});
