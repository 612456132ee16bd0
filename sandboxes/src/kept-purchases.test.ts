import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createAppStoreSandbox } from './app-store/index.ts';
import { createGooglePlaySandbox } from './google-play/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'store-sandboxes-'));
afterAll(() => rm(folder, { recursive: true }));

const post = async (url: string, body: object) =>
  (await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json()) as Record<string, string>;

test('a restart of the App Store forgets nobody, and takes back no time', async () => {
  const file = join(folder, 'app-store.json');
  const first = await createAppStoreSandbox({ file });
  const { id = '' } = await post(`${first.url}/controls/buy`, { product: 'reel.pro.monthly' });
  await post(`${first.url}/controls/advance`, { days: 40 });
  const before = first.world.now();
  await first.close();
  const second = await createAppStoreSandbox({ file });
  expect(second.world.purchase(id)).toEqual(first.world.purchase(id));
  expect(second.world.purchase(id).transactions).toHaveLength(2);
  expect(second.world.now()).toBe(before);
  const restored = await post(`${second.url}/controls/restore`, { id });
  expect(restored['signedTransaction']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  await second.close();
});

const PLAN = { productId: 'reel.pro', basePlanId: 'monthly', period: 'P1M', currency: 'USD' } as const;

test('a restart of Google Play forgets nobody, takes back no time, and tells under no name that it used before', async () => {
  const file = join(folder, 'google-play.json');
  const plans = [{ ...PLAN, priceMicros: 9_990_000, graceDays: 7, holdDays: 30 }];
  const first = await createGooglePlaySandbox({ file, plans });
  const { token = '' } = await post(`${first.url}/sandbox/buy`, PLAN);
  first.world.acknowledge(token);
  await post(`${first.url}/sandbox/advance`, { days: 40 });
  const orders = first.world.ordersOf(token);
  await post(`${first.url}/sandbox/refund`, { order_id: orders[0]?.orderId });
  await first.close();
  const second = await createGooglePlaySandbox({ file, plans });
  expect(second.now()).toEqual(first.now());
  expect(second.world.ordersOf(token)).toEqual(orders);
  expect(second.world.voided).toEqual(first.world.voided);
  await post(`${second.url}/sandbox/cancel`, { token });
  const ids = [first, second].flatMap((one) => one.told().map(({ messageId }) => messageId));
  expect(new Set(ids).size).toBe(ids.length);
  await second.close();
});

test('a file that is another’s is not begun with', async () => {
  const file = join(folder, 'other.json');
  await writeFile(file, '{"mine": true}');
  await expect(createAppStoreSandbox({ file })).rejects.toThrow('an empty sandbox of the App Store');
  await expect(createGooglePlaySandbox({ file })).rejects.toThrow('an empty sandbox of Google Play');
});
