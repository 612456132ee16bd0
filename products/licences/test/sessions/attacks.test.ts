import { describe, expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import {
  claimsOf,
  codeOf,
  type KeptSession,
  keptOf,
  machine,
  type Office,
  office,
  setLicense,
} from './office.ts';

const app = await testApp({ work: false });
const { call, db } = app;

/** A machine that has been at work for five minutes, and what its heartbeat then hands out. */
async function createLeased(at: Office, name: string): Promise<KeptSession> {
  const kept = await at.seat(name);
  await advance(db, '5 minutes');
  const beaten = await at.beat(kept);
  expect(beaten.body['offline_until']).not.toBeNull();
  return keptOf(beaten);
}

describe('a hardware id', () => {
  test.each([
    { what: 'of nine characters', hardware_id: 'x'.repeat(9), status: 400 },
    { what: 'of 256 characters', hardware_id: 'x'.repeat(256), status: 400 },
    { what: 'of ten megabytes', hardware_id: 'x'.repeat(10_000_000), status: 413 },
    { what: 'with a NUL in it', hardware_id: 'machine\u0000of-test', status: 400 },
    { what: 'that is half a character', hardware_id: 'machine-of-test-\ud800', status: 400 },
    { what: 'that is none', hardware_id: { toString: 'machine-of-test' }, status: 400 },
  ])('$what is refused by each call, and nothing comes of it', async ({ hardware_id, status }) => {
    const at = await office(app);
    for (const path of ['acquire', 'activate', 'deactivate', 'validate']) {
      const body = { license_key: at.key, hardware_id };
      expect((await call(undefined, `POST /v1/licenses/${path}`, { body })).status).toBe(status);
    }
    expect(await at.seats()).toEqual([]);
    const { body } = await call(at.who.key, `GET /v1/licenses/${at.id}/machines`);
    expect(body['data']).toEqual([]);
  });
});

describe('a token', () => {
  test('of another licence gives nothing up, here or there', async () => {
    const [at, other] = [await office(app), await office(app)];
    const [mine, theirs] = [await createLeased(at, 'a'), await createLeased(other, 'a')];
    const { signed_token } = theirs;
    const again = await at.seat('a', { signed_token });
    await at.release(again);
    // Time that it was handed out itself is owed still, and so is that of the other one.
    expect(await at.seats()).toMatchObject([{ hardware_id: machine('a'), ended: 'released' }]);
    expect(await other.seats()).toMatchObject([{ hardware_id: machine('a'), ended: null }]);
    for (const session_id of [mine.session_id, again.session_id]) {
      const crossed = { session_id, signed_token };
      expect((await at.beat(crossed)).status).toBe(404);
      expect((await at.borrow(crossed, 5)).status).toBe(404);
      expect((await at.release(crossed)).status).toBe(204);
    }
    expect(await other.seats()).toHaveLength(1);
    expect((await other.beat(theirs)).status).toBe(200);
  });

  test('of a former holder renews, borrows and frees nothing of the one after it', async () => {
    const at = await office(app);
    const [former, present] = [await at.seat('a'), await at.seat('a')];
    expect(codeOf(await at.beat(former))).toBe('seat_taken_over');
    expect(codeOf(await at.borrow(former, 5))).toBe('seat_taken_over');
    expect((await at.release(former)).status).toBe(204);
    expect(await at.seats()).toMatchObject([{ session_id: present.session_id, ended: null }]);
    expect((await at.beat(present)).status).toBe(200);
  });

  test('says what it was asked for with, and so tells a new answer from an old one', async () => {
    const at = await office(app);
    const taken = keptOf(await at.acquire('a', { nonce: 'first' }));
    expect(claimsOf(taken)['nonce']).toBe('first');
    const path = `PATCH /v1/licenses/sessions/${taken.session_id}/heartbeat`;
    const { signed_token } = taken;
    const beaten = await call(undefined, path, { body: { signed_token, nonce: 'second' } });
    expect(claimsOf(keptOf(beaten))['nonce']).toBe('second');
    const alias = { body: { ...taken, nonce: 'third' } };
    const again = await call(undefined, 'POST /v1/licenses/heartbeat', alias);
    expect(claimsOf(keptOf(again))['nonce']).toBe('third');
    expect(claimsOf(keptOf(await at.beat(taken)))['nonce']).toBeUndefined();
    await advance(db, '5 minutes');
    const borrowed = { body: { ...taken, minutes: 10, nonce: 'fourth' } };
    const lent = await call(undefined, 'POST /v1/licenses/borrow', borrowed);
    expect(claimsOf(keptOf(lent))['nonce']).toBe('fourth');
  });
});

describe('machines with one hardware id', () => {
  test('that take their seat over from each other are handed out one lease between them, borrowed or not', async () => {
    const at = await office(app);
    await setLicense(app, at.who.accountId, { offlineMinutes: 600 });
    const first = await createLeased(at, 'image');
    const lent = await at.borrow(first, 600);
    const ends = String(lent.body['offline_until']);
    const tokens = [keptOf(lent)];
    for (let n = 0; n < 4; n += 1) {
      const clone = await at.seat('image');
      await advance(db, '6 minutes');
      // Its own six minutes are over, though the seat is occupied.
      expect((await at.beat(clone)).status).toBe(410);
      const anew = await at.seat('image');
      await advance(db, '5 minutes');
      const refused = await at.borrow(anew, 600);
      expect([codeOf(refused), refused.body['error']]).toMatchObject([
        'offline_too_early',
        { details: { available_at: ends } },
      ]);
      tokens.push(keptOf(await at.beat(anew)));
    }
    expect(tokens.filter((token) => claimsOf(token)['off'] !== undefined)).toHaveLength(1);
    expect(await at.seats()).toHaveLength(1);
    // The holder releases the lease; then the present machine gets another.
    await at.release(first);
    const [last] = tokens.slice(-1);
    if (last === undefined) throw new Error('nobody has a seat');
    expect((await at.borrow(last, 600)).status).toBe(200);
  });

  test('of which one released the seat and another one works offline occupy it until that ends', async () => {
    const at = await office(app);
    await createLeased(at, 'image');
    const second = await at.seat('image');
    await at.release(second);
    for (const name of ['b', 'c']) await at.seat(name);
    expect(codeOf(await at.acquire('d'))).toBe('seats_exhausted');
    await advance(db, '31 minutes');
    expect((await at.acquire('d')).status).toBe(201);
  });
});
