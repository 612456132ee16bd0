import { createHash } from 'node:crypto';
import { setInterval } from 'node:timers/promises';
import type { StripeSandbox } from '#sandbox/stripe';
import { developerKey, manifest, zipOf } from '@plinth/testkit/fixtures/marketplace/packages';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { createClient } from '../../sdk/src/index.ts';
import { Customer, type Reply } from './customer.ts';
import { type Stage, showCall } from './stage.ts';

const PASSWORD = 'Analytical-Engine-1843';
const DAYS = 40;
const INSTALL = `POST /v1/plugins/${manifest.id}/install`;
const OF_OPERATOR = `/v1/admin/plugins/${manifest.id}`;

interface MarketStage extends Pick<Stage, 'url' | 'ownerKey' | 'say'> {
  readonly stripe: StripeSandbox;
  /** Days go by, on the server and at Stripe. */
  later(days: number): Promise<void>;
}

/** What a test looks at. */
export interface MarketDemo {
  readonly verified: boolean;
  /** Amounts of all payouts that were made, minor units. */
  readonly paid: readonly number[];
}

/** A plugin from its developer's key to the payout of its share, and out of the catalogue again. */
export async function aMarketplace(stage: MarketStage): Promise<MarketDemo> {
  const { say, url } = stage;
  const operator = { stage, by: new Customer(url, stage.ownerKey) };
  say('\nAda develops a plugin, Bob works with Adiuva on the plan Power, and the operator reviews.');
  const [ada, bob] = [await arrives(stage, 'ada.develops'), await arrives(stage, 'bob.buys')];
  const grant = { email: bob.email, product: 'adiuva', plan: 'adiuva.power' };
  await showCall(operator, 'POST /v1/admin/grants', { body: grant, expect: 201 });
  const bytes = await submits(ada);
  await isReviewed(operator);
  const got = await buys(bob);
  const paid = await isPaidOut(ada, operator);
  await isRemoved(operator, bob);
  return { verified: Buffer.from(got).equals(bytes), paid };
}

async function isReviewed(operator: Caller): Promise<void> {
  operator.stage.say('\nA job checks the package; the operator looks at what was found, and approves.');
  await until(
    () => operator.by.call('GET /v1/admin/plugins/pending'),
    ({ data }) => (data as { is_checked: boolean }[])[0]?.is_checked === true,
  );
  await showCall(operator, 'GET /v1/admin/plugins/pending', { expect: 200 });
  await showCall(operator, `GET ${OF_OPERATOR}`, { expect: 200 });
  const body = { version: manifest.version, decision: 'approve' };
  await showCall(operator, `POST ${OF_OPERATOR}/reviews`, { body, expect: 200 });
}

/** Answers what the SDK verified. */
async function buys(bob: Person): Promise<Uint8Array> {
  const { say, url } = bob.stage;
  say('\nBob finds it. He has kept no card: he pays at Stripe’s page.');
  await showCall(bob, 'GET /v1/plugins?q=planner', { expect: 200 });
  const agreed = { amount: manifest.price_cents, currency: 'eur' };
  const body = { plugin_id: manifest.id, agreed };
  const asked = await showCall(bob, INSTALL, { body, expect: 402 });
  const { details } = asked.body['error'] as { readonly details: { readonly checkout_url: string } };
  const card = { number: '4242424242424242', expiry: '12/40', cvc: '123' };
  await submitForm(`${details.checkout_url}/pay`, card);
  await until(
    () => bob.by.call(`GET /v1/plugins/${manifest.id}`),
    (plugin) => plugin['bought'] === true,
  );
  await showCall(bob, INSTALL, { body, expect: 200 });
  const got = await createClient({ baseUrl: url, apiKey: bob.key }).plugins.download(manifest.id);
  say(`  the SDK verified ${got.bytes.length} bytes of ${got.id} ${got.version}`);
  await showCall(bob, `PUT /v1/plugins/${manifest.id}/rating`, { body: { stars: 5 }, expect: 200 });
  return got.bytes;
}

/** Answers the amounts of all transfers. */
async function isPaidOut(ada: Person, operator: Caller): Promise<readonly number[]> {
  const { say, stripe: sandbox, later } = ada.stage;
  say('\n€2.00 of €5.00 go back: Ada’s share is 70 % of the rest.');
  const stripe = packageAt(sandbox);
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  if (charge !== undefined) await stripe.refunds.create({ charge: charge.id, amount: 200 });
  await until(
    () => ada.by.call('GET /v1/developer/earnings'),
    ({ items }) => (items as { total: number }[])[0]?.total === 300,
  );
  const earned = await showCall(ada, 'GET /v1/developer/earnings', { expect: 200 });
  const run = { body: { period: earned.body['period'] } };
  await showCall(operator, 'POST /v1/admin/payouts', { ...run, expect: 409 });
  say(`\n${DAYS} days later the month is over. Asked twice, it pays once.`);
  sandbox.connect.fund(10_000, 'eur');
  await later(DAYS);
  await showCall(operator, 'POST /v1/admin/payouts', { ...run, expect: 202 });
  await until(
    () => operator.by.call('GET /v1/admin/payouts'),
    ({ data }) => (data as { state: string }[])[0]?.state === 'paid',
  );
  await showCall(operator, 'POST /v1/admin/payouts', { ...run, expect: 202 });
  await showCall(operator, 'GET /v1/admin/payouts', { expect: 200 });
  return (await stripe.transfers.list()).data.map(({ amount }) => amount);
}

async function isRemoved(operator: Caller, bob: Person): Promise<void> {
  bob.stage.say('\nThe operator removes it: nobody installs it any more, and it is in the signed list.');
  const reason = 'It sent notes to a host that no permission named.';
  await showCall(operator, `DELETE ${OF_OPERATOR}`, { body: { reason }, expect: 200 });
  await showCall(bob, INSTALL, { body: { plugin_id: manifest.id }, expect: 410 });
  await showCall(bob, 'GET /v1/plugins/revoked', { expect: 200 });
}

type Person = Awaited<ReturnType<typeof arrives>>;
type Caller = Pick<Person, 'stage' | 'by'>;

async function arrives(stage: MarketStage, name: string) {
  const visitor = new Customer(stage.url);
  const email = `${name}@example.com`;
  await showCall({ stage, by: visitor }, 'POST /v1/auth/register', {
    body: { email, password: PASSWORD },
    expect: 201,
  });
  const { body } = await visitor.call('POST /v1/auth/login', { body: { email, password: PASSWORD } });
  const made = await visitor.call('POST /v1/api-keys', {
    body: { name: 'demo', scopes: ['*'] },
    headers: { authorization: `Bearer ${String(body['access_token'])}` },
  });
  const key = String(made.body['key']);
  return { stage, by: new Customer(stage.url, key), email, key };
}

/** Answers the package. */
async function submits(ada: Person): Promise<Buffer> {
  const { say, url: home } = ada.stage;
  say('\nAda says at Stripe’s page how she is paid.');
  const page = await showCall(ada, 'POST /v1/developer/payee', { body: { return_url: home }, expect: 200 });
  await submitForm(String(page.body['url']), { step: 'complete' });
  await showCall(ada, 'GET /v1/developer/payee', { expect: 200 });
  say('\nShe registers a key, submits a version that is signed by it, and sends the package.');
  const key = developerKey();
  const added = await showCall(ada, 'POST /v1/developer/keys', {
    body: { name: 'Release machine', public_key: key.pem },
    expect: 201,
  });
  const bytes = zipOf([
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'main.js', content: 'export const plan = () => [];\n' },
  ]);
  const submitted = await showCall(ada, 'POST /v1/developer/plugins', {
    body: {
      manifest,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      key_id: added.body['id'],
      signature: Buffer.from(key.sign(bytes)).toString('base64'),
    },
    expect: 201,
  });
  const { url, method, headers } = submitted.body['upload'] as {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
  };
  const { status } = await fetch(url, { method, headers, body: new Uint8Array(bytes) });
  say(`  ${method} the package\n    ${status}`);
  const { id, version } = manifest;
  await showCall(ada, `POST /v1/developer/plugins/${id}/versions/${version}/complete`, { expect: 200 });
  return bytes;
}

/** As a browser does it. */
async function submitForm(url: string, fields: Record<string, string>): Promise<void> {
  const { status } = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  if (status >= 400) throw new Error(`${url} answered ${status}`);
}

async function until(ask: () => Promise<Reply>, isSo: (body: Reply['body']) => boolean): Promise<void> {
  for await (const _ of setInterval(200)) if (isSo((await ask()).body)) return;
}
