import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });

const EXTERNAL = { product: 'gateway', feature: 'external' };

/** A dry run, by words of a query. */
async function preview({ key }: Pick<Customer, 'key'>, wanted: Readonly<Record<string, string>> = {}) {
  const query = new URLSearchParams({ ...EXTERNAL, ...wanted }).toString();
  const { status, body } = await app.call(key, `GET /v1/permits/preview?${query}`);
  return { status, body };
}

async function take({ key }: Pick<Customer, 'key'>, body: object = {}) {
  return app.call(key, 'POST /v1/permits', {
    body: { ...EXTERNAL, ...body },
    headers: { 'idempotency-key': randomUUID() },
  });
}

/** All that a permit of an account is written in. */
async function readRows({ accountId }: Customer): Promise<unknown> {
  const [rows] = await app.db.asMigrator(
    statement(
      `select (select count(*) from limits.permits where account_id = $1) as permits,
         (select count(*) from limits.usage_events where account_id = $1) as events,
         (select count(*) from idempotency.keys where account_id = $1) as keys,
         (select jsonb_agg(to_jsonb(m) order by scope) from limits.meters m where account_id = $1) as meters`,
      [accountId],
    ),
  );
  return rows;
}

describe('a permit’s preview', () => {
  test('says that it would be given, with what it would reserve, and writes nothing', async () => {
    const me = await app.customer('gateway.scale');
    await take(me);
    const before = await readRows(me);
    const priced = { model: 'openai/gpt-4o', prompt_tokens: '1000', completion_tokens: '400' };
    const said = { ...EXTERNAL, admitted: true, units: 2, reserve_micros: 6_500, refusal: null };
    expect(await preview(me, { ...priced, units: '2' })).toEqual({ status: 200, body: said });
    expect((await preview(me)).body).toMatchObject({ admitted: true, units: 1, reserve_micros: 20_000 });
    expect(await readRows(me)).toEqual(before);
  });

  test('refuses by the words that asking for a permit is refused with', async () => {
    const me = await app.customer();
    const costly = await preview(me, { cost_micros: '600000' });
    const denied = await take(me, { estimate: { cost_micros: 600_000 } });
    expect(denied.status).toBe(429);
    const { code, message, details } = denied.body['error'] as Readonly<Record<string, unknown>>;
    const refusal = { code, message, details: expect.objectContaining({ limit: 'daily_cost' }) };
    expect(costly.body).toMatchObject({ admitted: false, reserve_micros: 600_000, refusal });
    const told = (costly.body['refusal'] as { details: object }).details;
    expect(Object.keys(told).sort()).toEqual(Object.keys(details as object).sort());
    expect(told).toMatchObject({ needed: 600_000, max: 500_000, upgrade: 'gateway.scale' });
  });

  test('knows of places that are taken, and that they are free again at once', async () => {
    const me = await app.customer();
    const first = await take(me);
    await take(me);
    const full = { limit: 'concurrent', used: 2, max: 2 };
    expect((await preview(me)).body).toMatchObject({ admitted: false, refusal: { details: full } });
    const id = String(first.body['permit_id']);
    await app.call(me.key, `POST /v1/permits/${id}/release`, { body: {} });
    expect((await preview(me)).body).toMatchObject({ admitted: true });
  });

  test('knows of quotas that are used up', async () => {
    const me = await app.customer();
    const least = { cost_micros: '0' };
    expect((await preview(me, { ...least, units: '60' })).body).toMatchObject({ admitted: true });
    const many = await preview(me, { ...least, units: '61' });
    const message = 'This call needs 61 of per_minute; your plan has 60 a minute at most.';
    const bigger = { grant: 'per_minute', needed: 61, max: 60, upgrade: 'gateway.scale' };
    expect(many.body).toMatchObject({ refusal: { code: 'plan_required', message, details: bigger } });
    await take(me, { units: 59, estimate: { cost_micros: 0 } });
    const several = (await preview(me, { ...least, units: '2' })).body['refusal'];
    expect(several).toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringContaining('This call takes 2 units; the limit per_minute has 1 left of 60.'),
      details: { limit: 'per_minute', used: 59, max: 60, needed: 2, upgrade: 'gateway.scale' },
    });
    await take(me, { estimate: { cost_micros: 0 } });
    const none = (await preview(me, least)).body;
    expect(none).toMatchObject({ refusal: { code: 'limit_exceeded', details: { limit: 'per_minute' } } });
  });

  test('is of features that are open, of models with a price, and of whole numbers', async () => {
    const me = await app.customer('gateway.scale');
    const code = async (wanted: Readonly<Record<string, string>>) => {
      const { status, body } = await preview(me, wanted);
      return `${status} ${(body['error'] as { code?: string }).code}`;
    };
    expect(await code({ feature: 'chat' })).toBe('403 feature_not_open');
    expect(await code({ model: 'gpt-99' })).toBe('404 model_unknown');
    expect(await code({ units: '0' })).toBe('400 validation_failed');
    expect(await code({ units: '1e1' })).toBe('400 validation_failed');
  });
});
