import { LimitExceeded, NoAnswer } from '@plinth/sdk';
import { describe, expect, it } from 'vitest';
import { heldTime, sdkFixture, thrownBy } from './fixture.ts';

const { proxy, customer, clientOf, admin } = await sdkFixture();
const EXTERNAL = { product: 'gateway', feature: 'external' } as const;
const USAGE = { model: 'sandbox-small', prompt_tokens: 100, completion_tokens: 50 };
const TAKE = 'POST /v1/permits';
const SOON = { timeout: 120_000, interval: 10 };

/** A backend of the operator's, speaking for a customer, and that customer by itself. */
async function backend(options: Parameters<typeof clientOf>[1] = {}) {
  const by = await customer();
  const own = clientOf(by);
  return {
    client: clientOf(await admin(), { accountId: by.accountId, time: heldTime().time, ...options }),
    events: async () => (await own.usage()).events,
    /** How many calls are counted. */
    async calls() {
      const { data } = await own.usage();
      return data.find(({ product, limit }) => product === 'gateway' && limit === 'calls')?.used;
    },
  };
}

describe('work under a permit', () => {
  it('that is done is charged, at what it said that it cost', async () => {
    const { client, events, calls } = await backend();
    let id = '';
    const answer = await client.withPermit(EXTERNAL, async (permit) => {
      id = permit.permit_id;
      expect(await client.permits.get(id)).toMatchObject({ status: 'running' });
      permit.spent({ usage: USAGE });
      return 'an answer';
    });
    expect(answer).toBe('an answer');
    expect(await client.permits.get(id)).toMatchObject({ status: 'settled', units: 1 });
    expect(await events()).toMatchObject([
      { permit_id: id, status: 'posted', prompt_tokens: 100, completion_tokens: 50 },
    ]);
    expect(await calls()).toBe(1);
  });

  it('that fails is not charged', async () => {
    const { client, calls } = await backend();
    let id = '';
    const work = client.withPermit(EXTERNAL, async (permit) => {
      id = permit.permit_id;
      throw new Error('the handler crashed');
    });
    await expect(work).rejects.toThrow('the handler crashed');
    expect(await client.permits.get(id)).toMatchObject({ status: 'voided' });
    expect(await calls()).toBe(0);
  });

  it('that fails after it has spent something gives its unit back, and posts the money', async () => {
    const { client, events, calls } = await backend();
    const work = client.withPermit(EXTERNAL, async (permit) => {
      permit.spent({ usage: USAGE });
      throw new Error('the answer was no JSON');
    });
    await expect(work).rejects.toThrow('the answer was no JSON');
    expect(await calls()).toBe(0);
    expect(await events()).toMatchObject([{ status: 'posted', completion_tokens: 50 }]);
  });

  it('that is not admitted is not begun', async () => {
    const { client } = await backend();
    let begun = 0;
    const hold = await Promise.all([client.permits.take(EXTERNAL), client.permits.take(EXTERNAL)]);
    const denied = await thrownBy(
      client.withPermit(EXTERNAL, async () => {
        begun += 1;
      }),
    );
    expect(denied).toBeInstanceOf(LimitExceeded);
    expect(denied).toMatchObject({ limit: 'concurrent', used: 2, max: 2 });
    for (const { permit_id: id } of hold) await client.permits.release(id);
    expect(begun).toBe(0);
  });

  it('has one permit although the answer to its taking was lost, and is settled once although that was lost too', async () => {
    const { client, events, calls } = await backend();
    proxy.next(TAKE, { kind: 'answer_lost' });
    await client.withPermit(EXTERNAL, async (permit) => {
      proxy.next(`POST /v1/permits/${permit.permit_id}/settle`, { kind: 'answer_lost' });
      permit.spent({ usage: USAGE });
    });
    expect(await events()).toHaveLength(1);
    expect(await calls()).toBe(1);
  });

  it('keeps its permit alive for as long as it runs, though a sign of life is lost', async () => {
    const { time, waits, pass } = heldTime();
    const { client } = await backend({ time });
    await client.withPermit(
      { ...EXTERNAL, ttl_seconds: 60 },
      async ({ permit_id: id, expires_at: before }) => {
        const extend = `POST /v1/permits/${id}/extend`;
        const away = { kind: 'answered', status: 503 } as const;
        // All four tries of the first sign.
        proxy.next(extend, away, away, away, away);
        for (const [signs, tries] of [4, 5].entries()) {
          pass();
          await expect.poll(() => proxy.passedOf(extend).length, SOON).toBe(tries);
          await expect.poll(() => waits.length, SOON).toBe(signs + 2);
        }
        expect(waits).toEqual([20_000, 20_000, 20_000]);
        const { expires_at: now } = await client.permits.get(id);
        expect(Date.parse(now)).toBeGreaterThan(Date.parse(before));
      },
    );
  });

  it('hears that its permit is lost', async () => {
    const { time, pass } = heldTime();
    const unsettled: string[] = [];
    const { client } = await backend({ time, onUnsettled: (_, id) => void unsettled.push(id) });
    let id = '';
    await client.withPermit(EXTERNAL, async (permit) => {
      id = permit.permit_id;
      await client.permits.release(id);
      const lost = new Promise((resolve) => {
        permit.signal.addEventListener('abort', resolve);
      });
      pass();
      await lost;
    });
    expect(unsettled).toEqual([id]);
  });

  it('that was done is answered although it could not be settled: who it was for does not pay twice', async () => {
    const unsettled: unknown[] = [];
    const { client } = await backend({
      onUnsettled: (error) => void unsettled.push(error),
      retries: { max: 0 },
    });
    const answer = await client.withPermit(EXTERNAL, async ({ permit_id: id }) => {
      proxy.next(`POST /v1/permits/${id}/settle`, { kind: 'answer_lost' });
      return 'an answer';
    });
    expect(answer).toBe('an answer');
    expect(unsettled).toEqual([expect.any(NoAnswer)]);
  });
});

it('what was metered elsewhere is recorded once by its id, more than one call takes too', async () => {
  const { client } = await backend();
  const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const first = await client.usageEvents([{ ...EXTERNAL, id, usage: USAGE }]);
  expect(first).toMatchObject([{ id, status: 'posted' }]);
  const again = await client.usageEvents([
    { ...EXTERNAL, id, usage: USAGE },
    { ...EXTERNAL, id: other, cost_micros: 5 },
  ]);
  expect(again.map(({ status }) => status)).toEqual(['duplicate', 'posted']);
  const many = await client.usageEvents(
    Array.from({ length: 1_001 }, () => ({ ...EXTERNAL, cost_micros: 1 })),
  );
  expect(new Set(many.map((one) => one.id)).size).toBe(1_001);
});
