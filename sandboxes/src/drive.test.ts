import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { drive } from './drive.ts';
import { STARTS } from './starts.ts';

const heard: string[] = [];
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    heard.push(body);
    response.end();
    receiver.emit('heard');
  });
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const address = receiver.address();
const notify = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
const folder = mkdtempSync(join(tmpdir(), 'driving-'));
const opened = new Map<string, Record<string, string>>();
for (const vendor of ['app-store', 'google-play']) {
  const started = await STARTS[vendor]?.({ port: 0, notify });
  if (started === undefined) throw new Error(`${vendor} does not start`);
  afterAll(() => started.close());
  opened.set(vendor, started.settings);
}
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true });
});

/** Does it, and waits for what is told of it. */
async function driveAndWait(vendor: string, verb: string, ...facts: readonly string[]): Promise<string> {
  const next = once(receiver, 'heard');
  const said = await driveVendor(vendor, verb, ...facts);
  await next;
  return said;
}
const driveVendor = (vendor: string, verb: string, ...facts: readonly string[]) =>
  drive({ vendor, verb, facts, at: atOf(vendor) });
const atOf = (vendor: string) =>
  opened.get(vendor)?.[vendor === 'app-store' ? 'APP_STORE_API_URL' : 'GOOGLE_PLAY_API_URL'] ?? '';
const typeOf = (message: string) => {
  const { signedPayload } = JSON.parse(message) as { signedPayload: string };
  const payload = Buffer.from(signedPayload.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { notificationType: string }).notificationType;
};
const codeOf = (message: string) => {
  const { message: of } = JSON.parse(message) as { message: { data: string } };
  const notice = JSON.parse(Buffer.from(of.data, 'base64').toString()) as {
    subscriptionNotification?: { notificationType: number };
  };
  return notice.subscriptionNotification?.notificationType;
};

describe('a store’s sandbox that a terminal has started', () => {
  test('sells, renews, refunds and takes that back at the App Store, and tells of each', async () => {
    heard.length = 0;
    const bought = await driveAndWait('app-store', 'buy', 'product=pro.monthly', 'appAccountToken=someone');
    const { id } = JSON.parse(bought) as { id: string };
    await driveAndWait('app-store', 'advance', 'days:=32');
    await driveAndWait('app-store', 'refund', `id=${id}`);
    await driveAndWait('app-store', 'reverse-refund', `id=${id}`);
    expect(heard.map(typeOf)).toEqual(['SUBSCRIBED', 'DID_RENEW', 'REFUND', 'REFUND_REVERSED']);
  });

  test('sells, renews and cancels at Google Play, and tells of each', async () => {
    heard.length = 0;
    const bought = await driveAndWait(
      'google-play',
      'buy',
      'productId=pro',
      'basePlanId=monthly',
      'account=someone',
    );
    const { token } = JSON.parse(bought) as { token: string };
    await driveAndWait('google-play', 'cancel', `token=${token}`);
    await driveAndWait('google-play', 'restore', `token=${token}`);
    expect(heard.map(codeOf)).toEqual([4, 3, 7]);
  });

  test('is found by the file in which a server has written where it is', async () => {
    const file = join(folder, 'app-store-sandbox.json');
    writeFileSync(file, JSON.stringify({ url: atOf('app-store') }));
    const facts = ['product=pro.monthly'];
    expect(await drive({ vendor: 'app-store', verb: 'buy', facts, at: file })).toContain('signedTransaction');
  });

  test('says what it does not do, and what was written wrongly', async () => {
    await expect(driveVendor('app-store', 'rob')).rejects.toThrow('there is no rob: buy, restore, cancel');
    await expect(driveVendor('google-play', 'rob')).rejects.toThrow('There is no such action');
    await expect(driveVendor('app-store', 'buy', 'product')).rejects.toThrow('name=text or name:=JSON');
    await expect(driveVendor('openai', 'buy')).rejects.toThrow(
      'only app-store, google-play, stripe take verbs',
    );
    await expect(
      drive({ vendor: 'app-store', verb: 'buy', facts: [], at: 'http://127.0.0.1:9' }),
    ).rejects.toThrow('nothing answers at http://127.0.0.1:9');
  });
});
