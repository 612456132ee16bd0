import { describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { codeOf, machine, office } from './office.ts';

const app = await testApp({ work: false });
const { call } = app;

/** Machines that a licence is activated on, and that work nowhere. */
async function activate(key: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const body = { license_key: key, hardware_id: machine(name) };
    expect((await call(undefined, 'POST /v1/licenses/activate', { body })).status).toBe(200);
  }
}

const names = (count: number, word: string) => Array.from({ length: count }, (_, n) => `${word}-${n}`);

describe('machines that come at once', () => {
  test('get the places that are left, and those who get no seat leave theirs to the next', async () => {
    // Three seats and nine machines: two activations are left, for machines that get a seat.
    const at = await office(app);
    await activate(at.key, names(7, 'old'));
    const replies = await Promise.all(names(12, 'new').map((name) => at.acquire(name)));
    const codes = replies.map((reply) => (reply.status === 201 ? 'seated' : codeOf(reply)));
    const count = (code: string) => codes.filter((one) => one === code).length;
    expect([count('seated'), count('machines_exhausted'), count('seats_exhausted')]).toEqual([2, 10, 0]);
    expect(await at.seats()).toHaveLength(2);
    // An activated one still finds the third seat; then there is none, and no place either.
    const later = await Promise.all(names(4, 'old').map((name) => at.acquire(name)));
    expect(later.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 429, 429, 429]);
    expect(await at.seats()).toHaveLength(3);
  });

  test('in vain leave no machine behind: a machine without a seat is not activated', async () => {
    const at = await office(app);
    for (const name of ['a', 'b', 'c']) await at.seat(name);
    const replies = await Promise.all(names(15, 'new').map((name) => at.acquire(name)));
    expect(new Set(replies.map(codeOf))).toEqual(new Set(['seats_exhausted']));
    const { body } = await call(at.who.key, `GET /v1/licenses/${at.id}/machines`);
    expect(body['data']).toHaveLength(3);
    expect((await at.history()).length).toBe(3);
  });

  test('under one hardware id have one seat and one machine, and a history of each', async () => {
    const at = await office(app);
    const replies = await Promise.all(Array.from({ length: 8 }, () => at.acquire('image')));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(await at.seats()).toHaveLength(1);
    const { body } = await call(at.who.key, `GET /v1/licenses/${at.id}/machines`);
    expect(body['data']).toHaveLength(1);
    const history = await at.history();
    expect(history.map(({ status }) => status)).toEqual(['active', ...Array(7).fill('taken_over')]);
    // Each began when the one before it ended.
    for (const [n, { ended_at: ended }] of history.entries())
      if (n > 0) expect(ended).toBe(history[n - 1]?.['started_at']);
  });
});
