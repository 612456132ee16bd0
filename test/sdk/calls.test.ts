import { type Client, LimitExceeded, NoAnswer, type PlinthError, Unavailable } from '@plinth/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertWithin } from '@plinth/testkit/property';
import type { TransportFault } from './fault-proxy.ts';
import { sdkFixture, thrownBy } from './fixture.ts';

const here = await sdkFixture();
const { proxy, customer, clientOf } = here;
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster' } as const;
const CREATE = 'POST /v1/create';
const CHAT = 'POST /v1/ai/chat/completions';

async function readUsed(client: Client): Promise<number | undefined> {
  const { data } = await client.usage();
  return data.find(({ product, limit }) => product === 'reel' && limit === 'generations')?.used;
}

const keysOf = (call: string, from: number) =>
  proxy
    .passedOf(call)
    .slice(from)
    .map(({ headers }) => headers['idempotency-key']);

describe('a call that creates', () => {
  it('is sent again under its key when its answer is lost, and has one effect, charged once', async () => {
    const client = clientOf(await customer('reel.basic'));
    const before = proxy.passedOf(CREATE).length;
    proxy.next(CREATE, { kind: 'answer_lost' }, { kind: 'answer_lost' });
    const { generation_id: id } = await client.reel.create(POST);
    expect((await client.reel.ended(id)).status).toBe('completed');
    expect(await readUsed(client)).toBe(1);
    const keys = keysOf(CREATE, before);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect((await client.reel.drafts.list()).data).toHaveLength(1);
  });

  it('has a key of its own each time it is made', async () => {
    const client = clientOf(await customer('reel.pro'));
    const before = proxy.passedOf(CREATE).length;
    await client.reel.create(POST);
    await client.reel.create(POST);
    expect(new Set(keysOf(CREATE, before)).size).toBe(2);
  });

  it('that is made twice under a key of the caller’s is done once', async () => {
    const client = clientOf(await customer('reel.basic'));
    const createTwice = () => client.reel.create(POST, { idempotencyKey: 'order-1' });
    const { generation_id: first } = await createTwice();
    expect((await createTwice()).generation_id).toBe(first);
    const other = client.reel.create({ ...POST, topic: 'Another' }, { idempotencyKey: 'order-1' });
    expect(await thrownBy(other)).toMatchObject({ code: 'idempotency_mismatch', status: 422 });
  });
});

const fault = fc.constantFrom<TransportFault>(
  { kind: 'answer_lost' },
  { kind: 'answered', status: 502 },
  { kind: 'answered', status: 503, headers: { 'retry-after': '3' } },
  { kind: 'answered', status: 429, headers: { 'retry-after': '1' } },
);

it('a paid call is answered and paid once, through any fault of the network', async () => {
  const paying = fc.asyncProperty(fc.array(fault, { maxLength: 3 }), async (faults) => {
    const client = clientOf(await customer());
    proxy.next(CHAT, ...faults);
    await client.ai.chat({ model: 'small', messages: [{ role: 'user', content: 'Say hello.' }] });
    const { data, events } = await client.usage();
    expect(data.find(({ limit }) => limit === 'calls')).toMatchObject({ product: 'gateway', used: 1 });
    expect(events.map(({ status }) => status)).toEqual(['posted']);
  });
  await assertWithin(paying, { numRuns: 25, within: 5_000 });
});

describe('a call is tried again', () => {
  const running = '{"error":{"code":"idempotency_in_progress","message":"Wait.","request_id":"r"}}';
  it.each([
    { when: 'a proxy finds no server', answer: { status: 502 }, waits: [125] },
    { when: 'the server is busy', answer: { status: 503 }, waits: [125] },
    { when: 'the server asks for patience', answer: { status: 503, after: '7' }, waits: [7_125] },
    { when: 'a rate is passed', answer: { status: 429, after: '2' }, waits: [2_125] },
    { when: 'it still runs', answer: { status: 409, after: '1', body: running }, waits: [1_125] },
  ])(
    'when $when, after as long as is asked and some more',
    async ({ answer: { after, ...answer }, waits }) => {
      const client = clientOf(await customer('reel.basic'));
      const headers = after === undefined ? {} : { 'retry-after': after };
      proxy.next(CREATE, { kind: 'answered', headers, ...answer });
      await client.reel.create(POST);
      expect(client.waits).toEqual(waits);
      expect(await readUsed(client)).toBe(1);
    },
  );

  it('with waits that double, each told of before it, and then no more', async () => {
    const told: [number, number][] = [];
    const onRetry = ({ status }: PlinthError, wait: number) => void told.push([status, wait]);
    const client = clientOf(await customer(), { retries: { onRetry } });
    proxy.next(
      'GET /v1/me',
      ...Array.from({ length: 9 }, () => ({ kind: 'answered', status: 503 }) as const),
    );
    expect(await thrownBy(client.me.get())).toBeInstanceOf(Unavailable);
    proxy.next('GET /v1/me');
    expect(client.waits).toEqual([125, 250, 500]);
    expect(told).toEqual(client.waits.map((wait) => [503, wait]));
  });
});

describe('a call is not tried again', () => {
  it('when it would have another effect the second time', async () => {
    const client = clientOf(await customer());
    const before = proxy.passed.length;
    proxy.next('PATCH /v1/me', { kind: 'answered', status: 503 });
    expect(await thrownBy(client.me.update({ full_name: 'Ada' }))).toBeInstanceOf(Unavailable);
    proxy.next('POST /v1/auth/login', { kind: 'answer_lost' });
    expect(
      await thrownBy(here.visitor().auth.signIn({ email: 'a@example.com', password: 'b' })),
    ).toBeInstanceOf(NoAnswer);
    expect(proxy.passed.length - before).toBe(2);
  });

  it('when its caller is asked for more patience than it has', async () => {
    const client = clientOf(await customer('reel.pro'), { retries: { longest: 5_000 } });
    const { generation_id: id, draft_id: draft } = await client.reel.create(POST);
    await client.reel.ended(id);
    await client.reel.regenerate({ draft_id: draft, mode: 'full' });
    const denied = await thrownBy(client.reel.regenerate({ draft_id: draft, mode: 'full' }));
    expect(denied).toBeInstanceOf(LimitExceeded);
    expect(denied).toMatchObject({ code: 'limit_exceeded', limit: 'regenerate_cooldown', used: 1, max: 1 });
    expect(client.waits).toEqual([]);
  });

  it('when an id would fold into another route', async () => {
    const client = clientOf(await customer());
    const before = proxy.passed.length;
    for (const id of ['..', '.', '']) {
      await expect(client.organizations.members.remove(id, id)).rejects.toThrow(TypeError);
    }
    expect(proxy.passed).toHaveLength(before);
  });

  it('when its caller has given up', async () => {
    const client = clientOf(await customer());
    const over = new AbortController();
    over.abort(new Error('never mind'));
    await expect(client.me.get({ signal: over.signal })).rejects.toThrow('never mind');
  });
});
