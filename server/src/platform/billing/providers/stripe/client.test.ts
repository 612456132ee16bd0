import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Stripe } from 'stripe';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#platform/kernel';
import '../../errors.ts';
import { createStripeClient } from './client.ts';
import { createStripeProvider } from './provider.ts';

const NOWHERE = { secretKey: 'sk_test_x', url: 'http://127.0.0.1:9', mode: 'sandbox' } as const;

/** A client of which nothing was asked yet. */
function createUnused() {
  const client = createStripeClient(NOWHERE);
  onTestFinished(() => client.close());
  return client;
}

test('two who ask first and at once are served by one package', async () => {
  const client = createUnused();
  const [one, other] = await Promise.all([client.load(), client.read(async (stripe) => stripe)]);
  expect(one).toBe(other);
  expect(await client.load()).toBe(one);
});

test('a message that arrives before anything was asked is verified', async () => {
  const secret = 'whsec_x';
  const provider = createStripeProvider({
    link: { client: createUnused(), webhookSecrets: () => [secret] },
    clock: systemClock,
  });
  const body = JSON.stringify({
    id: 'evt_1',
    type: 'customer.updated',
    created: 1,
    livemode: false,
    data: { object: { object: 'customer', id: 'cus_1' } },
  });
  const { webhooks } = new Stripe('sk_test_x');
  const signature = webhooks.generateTestHeaderString({ payload: body, secret });
  const message = { body, headers: { 'stripe-signature': signature } };
  const events = await Promise.all([provider.verify(message), provider.verify(message)]);
  const about = { kind: 'customer', id: 'cus_1' };
  expect(events).toEqual([expect.objectContaining({ about }), expect.objectContaining({ about })]);
  await expect(provider.verify({ ...message, body: `${body} ` })).rejects.toMatchObject({
    code: 'webhook_forged',
  });
});

test('where the package is not installed, a caller is told so, and a message is not called forged', async () => {
  const script = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) { return next(name === 'stripe' ? 'stripe-not-installed' : name, context); } });
    const { createStripeClient } = await import('./client.ts');
    const { createStripeProvider } = await import('./provider.ts');
    const client = createStripeClient(${JSON.stringify(NOWHERE)});
    const provider = createStripeProvider({ link: { client, webhookSecrets: () => ['x'] }, clock: Date });
    for (const asking of [client.read(() => 1), provider.verify({ body: '{}', headers: {} })])
      await asking.catch((error) => console.log(error.message));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
  });
  expect(stdout.match(/^Cannot find package 'stripe-not-installed'/gm)).toHaveLength(2);
});
