import { once } from 'node:events';
import { createServer } from 'node:http';
import { AppError, systemClock } from '#platform/kernel';
import { createAppStoreSandbox } from '#sandbox/app-store';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { atEndOfFile } from '@plinth/testkit/closing';
import { describe, expect, test } from 'vitest';
import '../errors.ts';
import { createAppStoreClient } from './app-store/client.ts';
import { createAppStoreProvider } from './app-store/provider.ts';
import { createGooglePlayClient } from './google-play/client.ts';
import { createGooglePlayProvider } from './google-play/provider.ts';
import { createStripeClient } from './stripe/client.ts';
import { createConnect } from './stripe/connect.ts';
import { createStripeProvider } from './stripe/provider.ts';

/** A provider that answers each request with 200 and this, and hands out tokens. */
let answer = '{}';
const server = createServer(({ url = '' }, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(url.startsWith('/token') ? '{"access_token":"t","expires_in":3600}' : answer);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;

const [apple, play] = [await createAppStoreSandbox(), await createGooglePlaySandbox({ plans: [] })];
const stripeClient = createStripeClient({ url, secretKey: 'sk_test_x', mode: 'test' });
atEndOfFile(async () => {
  stripeClient.close();
  await Promise.all([apple.close(), play.close()]);
  server.close();
});

const { packageName, serviceAccount } = play;
const credentials = async () => ({
  ...apple.app,
  ...apple.key,
  privateKey: apple.key.pem,
  url,
  root: apple.root,
  ocsp: false,
});
const PROVIDERS = {
  stripe: createStripeProvider({
    link: { client: stripeClient, webhookSecrets: () => [] },
    clock: systemClock,
  }),
  google_play: createGooglePlayProvider({
    db: { system: () => Promise.reject(new Error('no database is asked')) } as never,
    client: createGooglePlayClient({ url, packageName, serviceAccount: () => serviceAccount }),
    mode: 'sandbox',
    push: { audience: '', email: '' },
    catalogues: [],
  }),
  app_store: createAppStoreProvider({
    client: createAppStoreClient({ mode: 'sandbox', environment: 'Sandbox', credentials }),
    terms: { commissionPercent: 30 },
    clock: systemClock,
    catalogues: [],
  }),
};
const reading = { takeToken: async () => {}, holdBack: async () => {}, signal: new AbortController().signal };

async function codeOf(pages: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const page of pages) void page;
    return 'read';
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
}

async function* collect(pages: AsyncIterable<readonly unknown[]>, all: unknown[]) {
  for await (const page of pages) yield all.push(...page);
}

const ANYWHERE = ['[]', 'null', '7', '"text"', '<html></html>', '', '{"data":'];
const GARBLED = {
  stripe: [
    '{}',
    '{"object":"list"}',
    '{"object":"list","data":{},"has_more":false}',
    '{"object":"list","data":[{}],"has_more":false}',
    '{"object":"list","data":[]}',
    '{"object":"list","data":[],"has_more":true}',
  ],
  google_play: ['{"voidedPurchases":{}}', '{"voidedPurchases":[{}]}', '{"tokenPagination":7}'],
  app_store: [
    '{}',
    '{"notificationHistory":{}}',
    '{"hasMore":"no"}',
    '{"hasMore":true,"notificationHistory":[]}',
  ],
} as const;

describe.each(['stripe', 'google_play', 'app_store'] as const)('a list of %s', (name) => {
  const provider = PROVIDERS[name];
  test.each([...ANYWHERE, ...GARBLED[name]])(
    'that is answered with %j is told by a code, and not as a list that ended',
    async (said) => {
      answer = said;
      const lists = [
        provider.eventsSince(new Date(0), reading),
        ...(name === 'google_play' ? [] : [provider.allObjects(reading)]),
      ];
      for (const list of lists)
        expect(await codeOf(list)).toMatch(/^store_(unreadable|unavailable|refused)$/);
    },
  );
});

const connect = createConnect(stripeClient);
const order = { id: 'po', amount: 1, currency: 'usd', destination: 'acct_1' };

test.each([...ANYWHERE, '{}', '{"object":"transfer"}', '{"object":"transfer","id":7}'])(
  'a transfer, or what is taken back of it, that is answered with %j was perhaps made: it is no refusal',
  async (said) => {
    answer = said;
    for (const asking of [
      () => connect.transfer(order, false),
      () => connect.reverse('tr_1', { id: 'share', amount: 1, isAgain: false }),
    ])
      await expect(asking()).rejects.toMatchObject({ code: expect.stringMatching(/^store_un/) });
  },
);

test('Google says nothing of an empty list', async () => {
  answer = '{}';
  expect(await codeOf(PROVIDERS.google_play.eventsSince(new Date(), reading))).toBe('read');
});

test('what went back at Google is told, where the entry before it can’t be read', async () => {
  const entry = { purchaseToken: 'token', orderId: 'GPA.1', voidedTimeMillis: '1700000000000' };
  answer = JSON.stringify({ voidedPurchases: [{ purchaseToken: 7 }, entry] });
  const told: unknown[] = [];
  const pages = PROVIDERS.google_play.eventsSince(new Date(0), reading);
  expect(await codeOf(collect(pages, told))).toBe('store_unreadable');
  expect(told).toMatchObject([{ eventId: 'voided:GPA.1', about: { kind: 'payment', id: 'token' } }]);
});
