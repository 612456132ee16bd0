import { createStripeSandbox } from '#sandbox/stripe';
import { commitPoint, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine } from '@plinth/testkit/services';
import { afterAll, describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { testApp } from '@plinth/testkit/services/app';

const APPLYING = commitPoint('test.billing.applying', 'what is applied meanwhile');
const sandbox = await createStripeSandbox({ driven: new Date() });
afterAll(() => sandbox.close());
const stripe = packageAt(sandbox);
const plinth = await testApp({ stripe: sandbox });
const admin = await plinth.admin();
const ada = await plinth.customer();

const insertWant = (id: string) =>
  statement(
    `insert into billing.wants (store, mode, kind, object_id, wanted, due_at)
     values ('stripe', 'sandbox', 'customer', $1, 0, 'infinity')`,
    [id],
  );

interface ListedEvent {
  readonly event_id: string;
  readonly type: string;
  readonly kind: string | null;
  readonly object_id: string | null;
  readonly state: string;
}
type Pageful = { readonly data: readonly ListedEvent[]; readonly next_cursor: string | null };

const list = async (query = '') =>
  (await plinth.call(admin.key, `GET /v1/admin/billing/inbox${query}`)).body as unknown as Pageful;
const replay = (body: object) => plinth.call(admin.key, 'POST /v1/admin/billing/inbox/replay', { body });
/** What became of the newest message about an object. */
const stateOf = async (id: string) =>
  (await list('?limit=100')).data.find(({ object_id }) => object_id === id)?.state;
const countFetches = (path: string) => sandbox.calls().filter((call) => call.path.startsWith(path)).length;

async function customer(): Promise<string> {
  const { id } = await stripe.customers.create({ metadata: { plinth_account: ada.accountId } });
  await expect.poll(() => stateOf(id)).toBe('applied');
  return id;
}

describe('what Stripe tells', () => {
  test('is taken, applied by a job and shown to admins, newest first and page by page', async () => {
    const first = await customer();
    const second = await customer();
    const { data, next_cursor } = await list('?limit=1');
    expect(data).toMatchObject([{ type: 'customer.created', kind: 'customer', object_id: second }]);
    const next = await list(`?limit=1&cursor=${next_cursor}`);
    expect(next.data).toMatchObject([{ object_id: first }]);
    expect((await list('?state=dead')).data).toEqual([]);
    expect((await list('?state=applied')).data.length).toBeGreaterThan(1);
  });

  test('is taken at every address that it was ever given', async () => {
    await customer();
    const event = sandbox.events().at(-1)?.id ?? '';
    const { body, headers } = sandbox.message(event);
    for (const path of ['/v1/webhooks/stripe', '/v1/billing/webhook', '/api/v1/subscriptions/webhook']) {
      const reply = await fetch(plinth.url + path, { method: 'POST', body, headers });
      expect([reply.status, await reply.json()]).toEqual([200, { ok: true, received: true }]);
    }
  });
});

describe('an admin', () => {
  test('has objects looked at again by the ids of what was told, or by its time', async () => {
    const id = await customer();
    const before = countFetches(`/v1/customers/${id}`);
    const told = (await list()).data.find(({ object_id }) => object_id === id);
    expect(await replay({ event_ids: [told?.event_id] })).toMatchObject({
      status: 202,
      body: { objects: 1 },
    });
    await expect.poll(() => countFetches(`/v1/customers/${id}`)).toBe(before + 1);
    const since = new Date(Date.now() - 60_000).toISOString();
    const { body } = await replay({ since });
    expect(body).toMatchObject({ next_since: null });
    await expect.poll(() => countFetches(`/v1/customers/${id}`)).toBe(before + 2);
    expect(await replay({ event_ids: ['evt_none'] })).toMatchObject({ status: 404 });
    const audited = await plinth.db.asMigrator(
      statement(`select actor_kind from audit.events where action = 'billing.replayed'`),
    );
    expect(audited).toHaveLength(2);
  });

  test.runIf(engine === 'postgres')('has them looked at while some of them are applied', async () => {
    const [first = '', second = ''] = [await customer(), await customer()].toSorted();
    const told = (await list()).data.filter(({ object_id: id }) => id === first || id === second);
    const [marked, waits] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await plinth.db.asMigrator(insertWant(first));
    const applying = plinth.db.system('billing.inbox', APPLYING, async (tx) => {
      await tx.run(insertWant(second));
      marked.resolve();
      await waits.promise;
      await tx.run(statement('delete from billing.wants where object_id = $1', [first]));
    });
    await marked.promise;
    const replayed = replay({ event_ids: told.map(({ event_id }) => event_id) });
    await expect.poll(() => waitsForLocks(plinth.db), { timeout: 120_000 }).toBeGreaterThan(0);
    waits.resolve();
    await applying;
    expect(await replayed).toMatchObject({ status: 202, body: { objects: 2 } });
  });

  test('sees what is refused, and what was given up, and has it tried again', async () => {
    const id = await customer();
    sandbox.faults.always(`GET /v1/customers/${id}`, { kind: 'status', status: 400 });
    await stripe.customers.update(id, { description: 'Somebody' });
    await sandbox.idle();
    const dead = async () =>
      (await plinth.call(admin.key, 'GET /v1/admin/billing/inbox/dead')).body['data'] as object[];
    await plinth.app.modules.inbox.drain();
    expect(await dead()).toMatchObject([{ object_id: id, error: 'store_refused', given_up_at: null }]);
    // Some two weeks.
    for (let n = 0; n < 200 && (await list('?state=dead')).data.length === 0; n += 1) {
      await advance(plinth.db, '7 hours');
      await plinth.app.modules.inbox.drain();
    }
    expect(await dead()).toMatchObject([{ kind: 'customer', object_id: id, error: 'store_refused' }]);
    expect((await list('?state=dead')).data).toMatchObject([{ object_id: id }]);
    const one = { store: 'stripe', mode: 'sandbox', kind: 'customer', object_id: id };
    for (const other of [{ object_id: 'cus_none' }, { mode: 'live' }, { kind: 'invoice' }])
      expect(await replay({ dead_object: { ...one, ...other } })).toMatchObject({ status: 404 });
    // It is refused on: the object itself, and all of them, can be asked for again.
    expect(await replay({ dead_object: one })).toMatchObject({ status: 202, body: { objects: 1 } });
    await plinth.app.modules.inbox.drain();
    expect(await dead()).toMatchObject([{ object_id: id, given_up_at: null }]);
    sandbox.faults.clear();
    expect(await replay({ dead: true })).toMatchObject({ status: 202, body: { objects: 1 } });
    await expect.poll(() => stateOf(id)).toBe('applied');
    expect(await dead()).toEqual([]);
  });
});
