import { expect, test } from 'vitest';
import type { AccountId, UserId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';
import { serve } from '@plinth/testkit/shop';
import { createCallTurns } from './call-turns.ts';

/** Turns of the event loop, each of which begins when the test says so. */
function openTurns(waitingIn: (lane: string) => number = () => 0) {
  const begun: string[] = [];
  let next: (() => void)[] = [];
  const turns = createCallTurns({ waitingIn, onNextTurn: (work) => void next.push(work) });
  return {
    begun,
    begin: turns.begin,
    take(lane: string, name = lane): void {
      const turn = turns.begin(lane);
      if (turn === undefined) begun.push(name);
      else void turn.then(() => begun.push(name));
    },
    async pass(): Promise<readonly string[]> {
      const before = begun.length;
      for (const work of next.splice(0)) work();
      await Promise.resolve();
      return begun.slice(before);
    },
    isIdle: () => next.length === 0,
  };
}

test('a call begins at once, however many of another account wait; those begin two in a turn, in their order, and all of them', async () => {
  const turns = openTurns();
  for (let n = 0; n < 9; n += 1) turns.take('a', `a${n}`);
  expect(turns.begun).toEqual(['a0', 'a1']);
  turns.take('b');
  expect(turns.begun.at(-1)).toBe('b');
  expect(await turns.pass()).toEqual(['a2', 'a3']);
  turns.take('b');
  expect(turns.begun.at(-1)).toBe('b');
  expect([await turns.pass(), await turns.pass(), await turns.pass()]).toEqual([
    ['a4', 'a5'],
    ['a6', 'a7'],
    ['a8'],
  ]);
  expect(await turns.pass()).toEqual([]);
  expect(turns.isIdle()).toBe(true);
  turns.take('a', 'again');
  expect(turns.begun.at(-1)).toBe('again');
});

test('a call is refused where 500 of its account wait, here and for the database, and none of another account is', () => {
  const turns = openTurns((lane) => (lane === 'a' ? 200 : 0));
  for (let n = 0; n < 302; n += 1) turns.take('a');
  const refused = expect.objectContaining({
    code: 'limit_exceeded',
    status: 429,
    retryAfter: 1,
    details: { limit: 'calls_waiting', used: 500, max: 500, resets_at: null, upgrade: null },
  });
  expect(() => turns.begin('a')).toThrow(refused);
  turns.take('b');
  expect(turns.begun.at(-1)).toBe('b');
});

test('300 calls of one account at once do not stand before one call of another', async () => {
  const accounts = [ids.next<AccountId>(), ids.next<AccountId>()] as const;
  const user = ids.next<UserId>();
  const arrived: (() => void)[] = [];
  const { call, shop } = await serve(
    {},
    {
      // None begins before all are here.
      async identify(bearer) {
        await new Promise<void>((go) => {
          if (arrived.push(go) === 301) for (const begin of arrived) begin();
        });
        const accountId = accounts[bearer === 'one' ? 0 : 1];
        return { userId: user, platformRole: 'user', scopes: ['*'], accountId };
      },
      roleOf: async () => 'owner',
    },
  );
  const send = (as: string) => call('/v1/items', { method: 'POST', as, body: JSON.stringify({ name: as }) });
  const many = Array.from({ length: 300 }, () => send('many'));
  await expect.poll(() => arrived.length).toBe(300);
  const answered = await Promise.all([...many, send('one')]);
  expect(answered.filter(({ status }) => status === 201)).toHaveLength(301);
  expect(shop.done.indexOf('one')).toBeLessThan(40);
});
