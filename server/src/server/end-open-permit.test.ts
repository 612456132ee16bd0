import { afterEach, describe, expect, test } from 'vitest';
import { answer } from '#platform/http';
import { AppError, micros } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { Member } from '@plinth/testkit/factories';
import {
  figures,
  ledger,
  openLimits,
  permits,
  plannedCall,
  request,
  settlingGate,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { serve } from '@plinth/testkit/shop';

const { db } = await testDatabase();
const gate = settlingGate(db);
const fixture = await openLimits(gate.db, {
  product: 'shop',
  limits: {
    calls: { kind: 'quota', per: 'month', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  features: { chat: ['calls', 'at_once', 'cost'], generation: ['calls', 'at_once'] },
  plans: { only: { calls: 50, at_once: 1, cost: 10_000 } },
});

let member: Member;
const { call, shop, lines } = await serve(
  {},
  {
    admit: ({ feature, as, idempotency }) =>
      fixture.limits.admit(request(member, { feature, as, reserve: 1_000, idempotency }, 'shop')),
  },
);

async function sendAndServe(permit: Permit, cost: number): Promise<void> {
  await permit.send(plannedCall(1_000));
  permit.served(figures(cost));
}

/** A call of a new account, and what its rows say once no end is under way. */
async function chat(work: (permit: Permit) => Promise<unknown>) {
  member = await fixture.member();
  return repeat(work);
}

async function repeat(work: (permit: Permit) => Promise<unknown>) {
  let permit: Permit | undefined;
  shop.chat = async (given) => {
    permit = given.permit;
    return (await work(given.permit)) ?? {};
  };
  const { status } = await ask();
  await fixture.limits.ends.idle();
  return { status, permit: requirePermit(permit), ...(await rows()) };
}

/** The answer of a call that does not wait: it is there long before all this is done; else undefined. */
async function withoutWaiting<T>(asked: Promise<T>): Promise<T | undefined> {
  await expect.poll(() => fixture.limits.ends.size).toBe(1);
  return Promise.race([asked, passTime()]);
}

async function passTime(): Promise<undefined> {
  for (let nth = 0; nth < 50; nth += 1) await rows();
  return undefined;
}

const ask = () => call('/v1/chat', { method: 'POST', as: 'token' });

async function rows() {
  const [row] = await permits(db, member.accountId);
  const held = await windows(db, member.accountId);
  const events = await ledger(db, member.accountId);
  return {
    state: row?.state,
    reason: row?.reason,
    quota: held['shop calls'],
    cost: held['shop cost'],
    posted: events.map(({ state, cost, estimated }) => [state, cost, estimated]),
  };
}

function requirePermit(permit: Permit | undefined): Permit {
  if (permit === undefined) throw new Error('the handler did not run');
  return permit;
}

// After a test, passed or failed, nothing waits for it.
afterEach(() => {
  gate.afterDecision(() => {});
  gate.open();
});

describe('an inline handler that leaves its permit open', () => {
  test('is charged the sum of its calls, to the micro-dollar, when it has answered', async () => {
    const done = await chat(async (permit) => {
      await sendAndServe(permit, 31);
      await sendAndServe(permit, 12);
    });
    expect(done).toMatchObject({ status: 200, state: 'settled', quota: 1, cost: 43 });
    expect(done.posted).toEqual([
      ['posted', 31, false],
      ['posted', 12, false],
    ]);
    // Its place is free.
    expect((await repeat((permit) => sendAndServe(permit, 5))).state).toBe('settled');
  });

  test('with a permit that others have closed, as of a process stopped past its lease, is asked to come again: 503', async () => {
    member = await fixture.member();
    shop.chat = async () => Promise.reject(new AppError('permit_stale'));
    const { status, json } = await ask();
    expect([status, json.error?.code]).toEqual([503, 'server_stopping']);
  });

  test('is answered before its end is known, and its next call at one place is not denied for it', async () => {
    member = await fixture.member();
    shop.chat = async ({ permit }) => {
      await sendAndServe(permit, 31);
      return {};
    };
    gate.shut();
    expect(await withoutWaiting(ask())).toMatchObject({ status: 200 });
    expect((await rows()).state).toBe('running');
    expect(fixture.limits.ends.size).toBe(1);
    gate.open();
    // The end of each call arrives when the next one has been decided without it.
    gate.openAtDecisions();
    for (let nth = 0; nth < 4; nth += 1) expect((await ask()).status).toBe(200);
    gate.afterDecision(() => {});
    gate.open();
    await fixture.limits.ends.idle();
    expect(await rows()).toMatchObject({ quota: 5, cost: 155 });
  });

  test('is answered under an Idempotency-Key when its end is known', async () => {
    member = await fixture.member();
    shop.chat = async ({ permit }) => {
      await sendAndServe(permit, 31);
      return {};
    };
    gate.shut();
    const headers = { 'idempotency-key': 'k' };
    const keyed = call('/v1/chat', { method: 'POST', as: 'token', headers });
    expect(await withoutWaiting(keyed)).toBeUndefined();
    gate.open();
    expect((await keyed).status).toBe(200);
    expect(await rows()).toMatchObject({ state: 'settled', quota: 1, cost: 31 });
  });

  test('gets its quota back when no call was served', async () => {
    const done = await chat(async (permit) => {
      await permit.send(plannedCall(1_000));
      permit.notServed();
      return answer(200, { text: 'sorry' });
    });
    expect(done).toMatchObject({ status: 200, state: 'voided', reason: 'nothing served', quota: 0, cost: 0 });
  });

  test('that made none of the calls it was to make gets its quota back too', async () => {
    expect(await chat(async () => answer(200, {}))).toMatchObject({ state: 'voided', quota: 0, cost: 0 });
  });

  test.each([400, 409])('and says no with %d has its reason in the row', async (status) => {
    const done = await chat(async () => answer(status, {}));
    expect(done).toMatchObject({ state: 'voided', reason: `answered ${status}`, quota: 0 });
  });

  test('and throws pays for what was served before', async () => {
    const done = await chat(async (permit) => {
      await sendAndServe(permit, 31);
      throw new Error('after the call');
    });
    expect(done).toMatchObject({ status: 500, state: 'settled', quota: 1, cost: 31 });
    expect(await chat(() => Promise.reject(new Error('before any')))).toMatchObject({
      status: 500,
      state: 'voided',
      reason: 'handler failed',
      quota: 0,
      cost: 0,
    });
  });

  test('makes no call after its answer: the permit is over', async () => {
    const { permit } = await chat((given) => sendAndServe(given, 31));
    expect(permit.isOver).toBe(true);
    await expect(permit.send(plannedCall(1_000))).rejects.toMatchObject({ code: 'permit_stale' });
    const unused = (await chat(async () => undefined)).permit;
    await expect(unused.send(plannedCall(1_000))).rejects.toMatchObject({ code: 'permit_stale' });
    expect((await rows()).posted).toEqual([['voided', 0, false]]);
  });

  test('is told in the log when a call goes on without it, and charged what that cost', async () => {
    const { permit } = await chat((given) => given.send(plannedCall(1_000)));
    expect(lines.join('')).toContain('a handler answered while its provider call went on');
    expect((await rows()).state).toBe('running');
    permit.served(figures(77));
    await expect.poll(async () => (await rows()).state).toBe('settled');
    expect(await rows()).toMatchObject({ quota: 1, cost: 77, posted: [['posted', 77, false]] });
  });
});

describe('a handler that ends its permit itself', () => {
  test.each([
    ['settles it', (permit: Permit) => permit.settle(), 'settled', 1],
    ['releases it', (permit: Permit) => permit.release('not wanted'), 'voided', 0],
  ] as const)('and %s is left alone', async (...[, end, state, quota]) => {
    const done = await chat(async (permit) => {
      await sendAndServe(permit, 31);
      await end(permit);
    });
    expect(done).toMatchObject({ state, quota, cost: 31 });
  });

  test('by a statement that is yet to be run is left alone', async () => {
    const { permit, state } = await chat(async (given) => {
      await sendAndServe(given, 31);
      given.settlement();
    });
    expect(state).toBe('running');
    await permit.finish();
    expect(await rows()).toMatchObject({ state: 'settled', cost: 31 });
  });
});

test('a stream is settled at its end, by what it came to', async () => {
  member = await fixture.member();
  const { promise: going, resolve: go } = Promise.withResolvers<void>();
  shop.chat = async ({ permit, wire }) => {
    const out = wire.take();
    await permit.send(plannedCall(1_000));
    out.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    void going.then(() => {
      permit.served(figures(31));
      out.end('data: 2\n\n');
    });
  };
  const answering = call('/v1/chat', { method: 'POST', as: 'token' });
  await expect.poll(async () => (await rows()).state).toBe('running');
  go();
  expect((await answering).text).toBe('data: 1\n\ndata: 2\n\n');
  await expect.poll(async () => (await rows()).state).toBe('settled');
  expect(await rows()).toMatchObject({ quota: 1, cost: 31, posted: [['posted', 31, false]] });
});

test('a handler that gives its permit to no job gives it back, and the log says so', async () => {
  member = await fixture.member();
  const body = JSON.stringify({ topic: 'tea', variants: 3 });
  const headers = { 'idempotency-key': 'k' };
  expect((await call('/v1/generate', { method: 'POST', as: 'token', headers, body })).status).toBe(202);
  expect(await rows()).toMatchObject({ state: 'voided', reason: 'no job was made', quota: 0 });
  expect(lines.join('')).toContain('a handler gave its permit to no job');
  expect((await fixture.admit(member, { feature: 'generation', reserve: micros(1) })).kind).toBe('permit');
});
