import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSUMPTIONS, createStripeClient, createStripeWalk, type Walked } from '#platform/billing';
import { readConfig } from '#platform/config';
import { createStripeSandbox } from '#sandbox/stripe';
import { temporaryFolder } from '@plinth/testkit/services';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { Stage } from '../../server/src/platform/billing/providers/stripe/assumptions/stage.ts';
import { stripe as verb } from '../../server/src/main/stripe.ts';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, startProgram } from '@plinth/testkit/program';

const sandbox = await createStripeSandbox();
const stripe = packageAt(sandbox);
const folder = temporaryFolder();
afterAll(async () => {
  endAll();
  await sandbox.close();
});

const start = (...words: readonly string[]) =>
  startProgram(['stripe', 'check', ...words], {
    cwd: folder,
    environment: {
      DATA_DIR: folder,
      STRIPE_SECRET_KEY: sandbox.secretKey,
      STRIPE_API_URL: sandbox.url,
    },
  });

async function check(...words: readonly string[]) {
  const program = start(...words);
  const { code } = await program.ended;
  return { code, said: program.said() };
}

/** What is still there of a check, and what it sells. */
async function countLeft() {
  const all = await Promise.all([
    stripe.testHelpers.testClocks.list(),
    stripe.prices.list({ active: true }),
    stripe.billing.meters.list({ status: 'active' }),
    stripe.coupons.list(),
  ]);
  return all.map(({ data }) => data.length);
}

const saysOf = (text: string, line: RegExp) => new Set([...text.matchAll(line)].map(([, says = '']) => says));

const NOTHING = [0, 0, 0, 0];

afterEach(async () => expect(await countLeft()).toEqual(NOTHING));

test('a check walks through each row of the page, and leaves nothing behind', async () => {
  const page = readFileSync(
    join(ROOT, 'server/src/platform/billing/providers/stripe/assumptions/README.md'),
    'utf8',
  );
  const [, ofStripe = ''] = page.split(/^## /m);
  const rows = saysOf(ofStripe, /^\| (?!it is assumed|---)([^|]+?) \|/gm);
  const untried = ASSUMPTIONS.filter((one) => 'untried' in one).length;

  const { code, said } = await check();

  expect(new Set(ASSUMPTIONS.map(({ says }) => says))).toEqual(rows);
  expect(code, said).toBe(0);
  expect(saysOf(said, /^(?:ok|not tried) +(.+)$/gm)).toEqual(rows);
  expect(said).toContain(`${rows.size - untried} ok, 0 differ, ${untried} not tried\n`);
  // Again it finds what it archived.
  expect((await check()).code).toBe(0);
});

test('what differs, and what could not be tried, is told with its reason; the rest is walked through', async () => {
  sandbox.faults.always('POST /v1/credit_notes', { kind: 'status', status: 400, code: 'not_allowed' });
  sandbox.faults.always('GET /v1/events', { kind: 'status', status: 403 });
  const { code, said } = await check();
  sandbox.faults.always('POST /v1/credit_notes', null);
  sandbox.faults.always('GET /v1/events', null);

  expect(code).toBe(1);
  expect(said).toMatch(/^differs +a credit note before payment.*\n +Stripe refuses it \(not_allowed\): /m);
  expect(said).toMatch(/^not tried +lists give 100 at once.*\n +The key may not do this\.$/m);
  expect(said).toMatch(/ 1 differ, \d+ not tried\n$/);
});

/** Stripe refuses no list of one customer. */
const walk = async (stage: Stage) => {
  await stage.refusal((asked) => asked.customers.list({ limit: 1 }));
};

test('what Stripe takes that billing never sends is a note, and what it relies on is a difference', async () => {
  const client = createStripeClient({ secretKey: sandbox.secretKey, url: sandbox.url, mode: 'test' });
  const parts = { client, now: () => Date.now(), pause: () => Promise.resolve() };
  const assumptions = [
    { says: 'never sent', walk, isNeverSent: true as const },
    { says: 'relied on', walk },
  ];
  const found: Walked[] = [];
  for await (const step of createStripeWalk(parts, assumptions).walk()) found.push(step);
  client.close();
  expect(found).toMatchObject([
    { found: 'note', isProblem: false },
    { found: 'differs', isProblem: true },
  ]);
});

test('what a killed check left keeps the next one waiting, and is cleared away', async () => {
  sandbox.faults.at('POST /v1/credit_notes', { kind: 'hang' });
  const killed = start();
  await expect.poll(() => sandbox.calls().at(-1)?.path).toBe('/v1/credit_notes');
  killed.kill('SIGKILL');
  await killed.ended;

  const next = await check();
  expect(next).toMatchObject({
    code: 1,
    said: expect.stringContaining('"plinth stripe check --clear" removes what it left'),
  });
  expect(await countLeft()).not.toEqual(NOTHING);
  expect((await check('--clear')).code).toBe(0);
});

test('a live key is refused before Stripe is asked anything', async () => {
  const before = sandbox.calls().length;
  const account = {
    secretKey: 'sk_live_marker',
    mode: 'live' as const,
    webhookSecrets: [],
    connectWebhookSecrets: [],
  };
  const config = readConfig({ STRIPE_SECRET_KEY: sandbox.secretKey, STRIPE_API_URL: sandbox.url });
  const { stripe: settings } = config;
  if (settings === undefined) throw new Error('Stripe is not set');
  const invocation = {
    config: { ...config, stripe: { ...settings, account } },
    version: '0',
    words: ['check'],
  };
  await expect(verb(invocation)).rejects.toThrow('STRIPE_SECRET_KEY is a live one');
  expect(sandbox.calls()).toHaveLength(before);
});
