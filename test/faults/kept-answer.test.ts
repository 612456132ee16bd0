import { describe, expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { holdMeters, permits, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { testApp } from '@plinth/testkit/services/app';

const breakWaiting = statement(
  `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
);

const SOON = { timeout: 120_000, interval: 20 };

describe.runIf(engine === 'postgres')('a call whose answer could not be kept under its key', () => {
  test('is settled all the same, at what it cost, and a repeat charges nothing', async () => {
    const app = await testApp();
    const { db } = app;
    const customer = await app.customer('gateway.developer');
    app.sandbox.setLatency(5_000);
    const chat = () =>
      app.call(customer.key, 'POST /v1/ai/chat/completions', {
        headers: { 'idempotency-key': 'kept' },
        body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }] },
      });
    const called = chat();
    await vi.waitFor(async () => expect(await permits(db, customer.accountId)).toHaveLength(1), SOON);
    const release = await holdMeters(app.database.url, customer.accountId);
    // As when a server is restarted: first the answer with its settlement is lost, then the settlement by itself.
    for (const lost of ['answer', 'settlement']) {
      await vi.waitFor(async () => expect(await waitsForLocks(db), lost).toBe(1), SOON);
      await db.asMigrator(breakWaiting);
    }
    await release();

    expect(await called).toMatchObject({ status: 200 });
    await vi.waitFor(
      async () => expect(await permits(db, customer.accountId)).toMatchObject([{ state: 'settled' }]),
      SOON,
    );
    const posted = await db.asMigrator(
      statement('select state, estimated, provider_request_id as id from limits.usage_events'),
    );
    expect(posted).toEqual([{ state: 'posted', estimated: false, id: app.sandbox.bill()[0]?.request_id }]);
    expect(await chat()).toMatchObject({ status: 409, body: { error: { code: 'outcome_unknown' } } });
    expect(app.sandbox.bill()).toHaveLength(1);
  });
});
