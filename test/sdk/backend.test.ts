import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LimitExceeded, NoAnswer, PlinthError } from '@plinth/sdk';
import { type BackendOptions, createBackend } from '@plinth/sdk/backend';
import { describe, expect, it } from 'vitest';
import { heldTime, sdkFixture, thrownBy } from './fixture.ts';

const { proxy, url, admin } = await sdkFixture();
const { key: apiKey } = await admin();
const [TAKE, SETTLE, EVENTS] = [
  'POST /v1/permits',
  'POST /v1/permits/:id/settle',
  'POST /v1/usage-events',
] as const;
const NOWHERE = await nowhere();
let made = 0;

const of = (more: Partial<BackendOptions>) =>
  createBackend({ apiKey, product: 'gateway', time: heldTime().time, baseUrl: proxy.url, ...more });

/** A customer of its own, at a server that faults befall, and what the server itself says of them. */
async function backend(options: Partial<BackendOptions> = {}) {
  const id = `customer-${(made += 1)}`;
  const direct = of({ baseUrl: url });
  await direct.customer(id).put({ name: 'Acme' });
  return {
    id,
    plinth: of(options),
    customer: of(options).customer(id),
    again: (more: Partial<BackendOptions> = options) => of(more),
    /** How many calls are counted, what they cost, and how many permits are open. */
    async spent() {
      const { data, events } = await direct.call('GET /v1/usage', {}, { customer: id });
      const cost = events.reduce((sum, { cost_micros: micros }) => sum + (micros ?? 0), 0);
      return { calls: data.find(({ limit }) => limit === 'calls')?.used, cost, events: events.length };
    },
  };
}

/** The address of a server that is not there any more. */
async function nowhere(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

const folder = () => mkdtempSync(join(tmpdir(), 'journal-'));
const work = (cost: number) => async (permit: { spent(said: { cost_micros: number }): void }) => {
  permit.spent({ cost_micros: cost });
  return 'done';
};

describe('a customer by an external id', () => {
  it('is made once, is given permits, tracks what happened once for ever, and is told what is left', async () => {
    const { customer, spent } = await backend();
    expect(await customer.withPermit('external', work(70))).toBe('done');
    const id = crypto.randomUUID();
    await customer.track('external', { id, cost_micros: 30 });
    await customer.track('external', { id, cost_micros: 30 });
    expect(await spent()).toEqual({ calls: 2, cost: 100, events: 2 });
    expect(await customer.check('external')).toEqual({ admitted: true, refusal: null });
    const { data } = await customer.entitlements();
    expect(data.find(({ product }) => product === 'gateway')).toMatchObject({ plan: 'gateway.developer' });
  });

  it('is denied past a limit, before the work begins', async () => {
    const { customer, spent } = await backend();
    await customer.track('external', { units: 1_000 });
    const denied = await thrownBy(customer.withPermit('external', () => Promise.reject(new Error('begun'))));
    expect(denied).toBeInstanceOf(LimitExceeded);
    expect((await customer.check('external')).refusal).toMatchObject({
      code: 'limit_exceeded',
      limit: 'calls',
    });
    expect(await spent()).toMatchObject({ calls: 1_000 });
  });

  it('of a product that nothing names is refused here', async () => {
    const { again, id } = await backend();
    await expect(again({ product: undefined }).customer(id).track('external')).rejects.toThrow(
      'of no product',
    );
  });
});

describe('figures and names that a slip in the code makes', () => {
  it.each([undefined, null, '', '..', 'a b', 42])(
    '%s is no customer: the calls would be the operator’s own',
    async (id) => {
      const { again } = await backend();
      expect(() => again({}).customer(id as string)).toThrow('is no id of a customer');
    },
  );

  it('a cost with a part of a micro-dollar is rounded up, of an event and of a permit', async () => {
    const { customer, spent } = await backend();
    await customer.withPermit('external', work(812 * 0.15));
    await customer.track('external', { cost_micros: 0.2 });
    expect(await spent()).toEqual({ calls: 2, cost: 123, events: 2 });
  });

  it.each([Number.NaN, -5, null, '1845', 2_000_000_000])(
    'a cost of %s is thrown in the work that says it, and its reserve is posted: the work has cost something',
    async (cost) => {
      const { customer, spent } = await backend();
      await expect(customer.withPermit('external', work(cost as number))).rejects.toThrow(
        'cost_micros is a number',
      );
      expect(await spent()).toEqual({ calls: 0, cost: 20_000, events: 1 });
    },
  );

  it('a bound of uses that is no whole number is refused when the client is made', async () => {
    const { again } = await backend();
    for (const most of ['100' as unknown as number, Number.NaN, -1])
      expect(() => again({ away: { most } })).toThrow('away.most');
  });
});

const neverBegun = () => Promise.reject(new Error('the work was begun'));

describe('a server that is away', () => {
  it('refuses where nothing else was said', async () => {
    const { again, id } = await backend();
    const { customer } = again({ baseUrl: NOWHERE, retries: { max: 0 } });
    expect(await thrownBy(customer(id).withPermit('external', work(1)))).toBeInstanceOf(NoAnswer);
  });

  it('lets through what was allowed, also in parallel, and is told of it exactly', async () => {
    const journal = folder();
    const { again, id, spent } = await backend();
    const away = again({ baseUrl: NOWHERE, away: { most: 3, journal } }).customer(id);
    const ends = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((cost) => away.withPermit('external', work(cost))),
    );
    const done = ends.flatMap(({ status }, at) => (status === 'fulfilled' ? [at + 1] : []));
    expect(done).toHaveLength(3);
    await again({ away: { most: 3, journal } }).report();
    const cost = done.reduce((sum, one) => sum + one, 0);
    expect(await spent()).toEqual({ calls: done.length, cost, events: done.length });
    expect(readdirSync(journal)).toEqual([]);
  });

  it('counts nothing of work that failed before it cost anything', async () => {
    const { again, id, spent } = await backend();
    const away = again({ baseUrl: NOWHERE, away: { most: 1 } }).customer(id);
    const fails = () => away.withPermit('external', () => Promise.reject(new Error('the model is away')));
    await expect(fails()).rejects.toThrow('the model is away');
    await expect(fails()).rejects.toThrow('the model is away');
    expect(await spent()).toMatchObject({ calls: 0 });
  });

  it('posts what failed work had cost, and counts no use of it', async () => {
    const { again, id, spent } = await backend();
    const journal = folder();
    const failed = again({ baseUrl: NOWHERE, away: { most: 1, journal } })
      .customer(id)
      .withPermit('external', async (permit) => {
        await work(60)(permit);
        throw new Error('the answer was cut');
      });
    await expect(failed).rejects.toThrow('the answer was cut');
    await again({ away: { most: 1, journal } }).report();
    expect(await spent()).toEqual({ calls: 0, cost: 60, events: 1 });
  });

  it.each([
    ['the take', TAKE],
    ['the settlement', SETTLE],
  ])('counts work once where the answer to %s was lost', async (_, call) => {
    const { plinth, id, spent } = await backend({ away: { most: 3 }, retries: { max: 0 } });
    proxy.next(call, { kind: 'answer_lost' });
    expect(await plinth.customer(id).withPermit('external', work(40))).toBe('done');
    await plinth.report();
    await plinth.report();
    expect(await spent()).toEqual({ calls: 1, cost: 40, events: 1 });
  });

  it('gives back the permit of work that failed after the answer to the take was lost', async () => {
    const { plinth, id, spent } = await backend({ away: { most: 3 }, retries: { max: 0 } });
    proxy.next(TAKE, { kind: 'answer_lost' });
    const fails = plinth.customer(id).withPermit('external', () => Promise.reject(new Error('failed')));
    await expect(fails).rejects.toThrow('failed');
    await plinth.report();
    expect(await spent()).toMatchObject({ calls: 0, cost: 0 });
  });

  it('is told once of what several processes report at once', async () => {
    const journal = folder();
    const { again, id, spent } = await backend();
    await again({ baseUrl: NOWHERE, away: { most: 9, journal } })
      .customer(id)
      .track('external', { cost_micros: 7 });
    await Promise.all([1, 2, 3].map(() => again({ away: { most: 9, journal } }).report()));
    expect(await spent()).toEqual({ calls: 1, cost: 7, events: 1 });
  });

  it('is told of what it refuses, and keeps nothing of it', async () => {
    const journal = folder();
    const refused: string[] = [];
    const { again, id } = await backend();
    await again({ baseUrl: NOWHERE, away: { most: 9, journal } })
      .customer(id)
      .track('unheard_of');
    const onRefused = ({ code }: { readonly code: string }) => void refused.push(code);
    await again({ away: { most: 9, journal }, onRefused }).report();
    expect(refused).toEqual(['feature_not_open']);
    expect(readdirSync(journal)).toEqual([]);
  });

  it('has work that another process closes just now told by the next turn alone', async () => {
    const body = JSON.stringify({ error: { code: 'idempotency_in_progress', message: 'It is under way.' } });
    const { plinth, id, spent } = await backend({ away: { most: 3 }, retries: { max: 0 } });
    proxy.next('POST /v1/permits', { kind: 'answer_lost' }, { kind: 'answered', status: 409, body });
    await plinth.customer(id).withPermit('external', work(5));
    await plinth.report();
    await plinth.report();
    expect(await spent()).toMatchObject({ calls: 1, cost: 5 });
  });

  it('takes a server that is called too often for no denial', async () => {
    const details = {
      limit: 'requests_per_minute_by_account',
      used: 9,
      max: 9,
      resets_at: null,
      upgrade: null,
    };
    const body = JSON.stringify({ error: { code: 'limit_exceeded', message: 'Too often.', details } });
    const { plinth, id, spent } = await backend({ away: { most: 3 }, retries: { max: 0 } });
    proxy.next('POST /v1/permits', { kind: 'answer_lost' }, { kind: 'answered', status: 429, body });
    await plinth.customer(id).withPermit('external', work(5));
    await expect(plinth.report()).rejects.toBeInstanceOf(LimitExceeded);
    await plinth.report();
    expect(await spent()).toMatchObject({ calls: 1, cost: 5 });
  });

  it.each([
    ['a proxy that finds no server', { status: 502 }, NoAnswer],
    ['another server', { status: 201, body: '{}' }, PlinthError],
    ['another server', { status: 201, body: 'null' }, PlinthError],
  ])('does no work for the answer of %s', async (_, answered, Kind) => {
    const { plinth, id } = await backend({ retries: { max: 0 } });
    proxy.next('POST /v1/permits', { kind: 'answered', ...answered });
    const error = await thrownBy(plinth.customer(id).withPermit('external', neverBegun));
    expect(error).toBeInstanceOf(Kind);
    expect(error).toMatchObject({ code: 'unreadable_answer' });
  });

  it('that answers 502 by a proxy is away, and an event whose answer was lost counts once', async () => {
    const { plinth, id, spent } = await backend({ away: { most: 3 }, retries: { max: 0 } });
    proxy.next(EVENTS, { kind: 'answered', status: 502 }, { kind: 'answer_lost' });
    const customer = plinth.customer(id);
    await customer.track('external', { cost_micros: 5 });
    await expect(plinth.report()).rejects.toBeInstanceOf(NoAnswer);
    await plinth.report();
    expect(await spent()).toEqual({ calls: 1, cost: 5, events: 1 });
  });
});
