import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createStripeSandbox } from './index.ts';
import { createReceiver, packageFor, sellMonthly } from './testing/fixture.ts';

const folder = await mkdtemp(join(tmpdir(), 'stripe-sandbox-'));
afterAll(() => rm(folder, { recursive: true }));

test('a restart forgets nobody: who subscribed, who is about to pay, and what was not yet told', async () => {
  const file = join(folder, 'whole.json');
  const receiver = await createReceiver();
  const first = await createStripeSandbox({ file, driven: true });
  const stripe = packageFor(first);
  const { id: price } = await sellMonthly(stripe);
  const { secret } = await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['customer.created'],
  });
  receiver.answers.push(503);
  const ada = { email: 'ada@example.com' };
  const { id: customer } = await stripe.customers.create(ada, { idempotencyKey: 'ada' });
  const { id } = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer,
    line_items: [{ price, quantity: 1 }],
    success_url: 'https://shop.example',
  });
  await first.idle();
  await first.close();

  const second = await createStripeSandbox({ file, driven: true });
  const again = packageFor(second);
  expect((await again.customers.create(ada, { idempotencyKey: 'ada' })).id).toBe(customer);
  const { url } = await again.checkout.sessions.retrieve(id);
  expect(url).toContain(second.url);
  expect((await second.pay(url ?? '')).outcome).toBe('complete');
  expect((await again.subscriptions.list({ customer })).data).toMatchObject([{ status: 'active' }]);
  second.advance(60);
  await second.idle();
  expect(receiver.heard()).toEqual(['customer.created', 'customer.created']);
  expect(
    second.message((await again.events.list({ type: 'customer.created' })).data[0]?.id ?? '', secret).url,
  ).toBe(receiver.url);
  await second.close();
});

test('pages are where they were before a restart, or elsewhere when somebody is there by now', async () => {
  const file = join(folder, 'port.json');
  const first = await createStripeSandbox({ file });
  await first.close();
  const second = await createStripeSandbox({ file });
  expect(second.url).toBe(first.url);
  const beside = await createStripeSandbox({ file });
  expect(beside.url).not.toBe(first.url);
  await beside.close();
  await second.close();
});

test('what was answered is kept already when the process is killed', async () => {
  const file = join(folder, 'killed.json');
  const sandbox = await createStripeSandbox({ file });
  const { id } = await packageFor(sandbox).customers.create();
  expect(await readFile(file, 'utf8')).toContain(id);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await sandbox.close();
});

test('time that passed while it was stopped has passed: what was due then has happened', async () => {
  const file = join(folder, 'later.json');
  const stopped = await createStripeSandbox({ file, driven: new Date(Date.now() - 10 * 86_400_000) });
  const { id: price } = await sellMonthly(packageFor(stopped));
  const line_items = [{ price, quantity: 1 }];
  const session = { mode: 'subscription' as const, line_items, success_url: 'https://shop.example' };
  const { id } = await packageFor(stopped).checkout.sessions.create(session);
  await stopped.close();
  const sandbox = await createStripeSandbox({ file });
  expect((await packageFor(sandbox).checkout.sessions.retrieve(id)).status).toBe('expired');
  await sandbox.close();
});

test('a file that makes no sense is left alone, and said to be wrong', async () => {
  const file = join(folder, 'wrong.json');
  for (const wrong of ['{"wor', '{}']) {
    await writeFile(file, wrong);
    await expect(createStripeSandbox({ file })).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(wrong);
  }
});

test('a port that is taken is said', async () => {
  const sandbox = await createStripeSandbox();
  const port = Number(new URL(sandbox.url).port);
  await expect(createStripeSandbox({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  await sandbox.close();
});
