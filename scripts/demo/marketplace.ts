import { createHash } from 'node:crypto';
import { setInterval } from 'node:timers/promises';
import type { StripeSandbox } from '#sandbox/stripe';
import { developerKey, manifest, zipOf } from '#test/fixtures/adiuva/packages';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { createClient } from '../../sdk/src/index.ts';
import { Customer, type Reply } from './customer.ts';
import { type Stage, showCall } from './stage.ts';

const PASSWORD = 'Analytical-Engine-1843';
const DAYS = 40;

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

  say('\nAda says at Stripe’s page how she is paid.');
  const page = await showCall(ada, 'POST /v1/developer/payee', { body: { return_url: url }, expect: 200 });
  await submitForm(String(page.body['url']), { step: 'complete' });
  await showCall(ada, 'GET /v1/developer/payee', { expect: 200 });

  say('\nShe registers a key, submits a version that is signed by it, and sends the package.');
  const bytes = await submits(ada);

  say('\nThe package is checked by a job; the operator looks at what was found, and approves.');
  const { id, version } = manifest;
  const of = `/v1/admin/plugins/${id}`;
  await until(
    () => operator.by.call('GET /v1/admin/plugins/pending'),
    ({ data }) => (data as { is_checked: boolean }[])[0]?.is_checked === true,
  );
  await showCall(operator, 'GET /v1/admin/plugins/pending', { expect: 200 });
  await showCall(operator, `GET ${of}`, { expect: 200 });
  await showCall(operator, `POST ${of}/reviews`, { body: { version, decision: 'approve' }, expect: 200 });

  say('\nBob finds it. He has kept no card: he pays at Stripe’s page.');
  await showCall(bob, 'GET /v1/plugins?q=planner', { expect: 200 });
  const install = `POST /v1/plugins/${id}/install`;
  const asked = await showCall(bob, install, { body: { plugin_id: id }, expect: 402 });
  const { details } = asked.body['error'] as { readonly details: { readonly checkout_url: string } };
  const card = { number: '4242424242424242', expiry: '12/40', cvc: '123' };
  await submitForm(`${details.checkout_url}/pay`, card);
  await until(
    () => bob.by.call(`GET /v1/plugins/${id}`),
    (plugin) => plugin['bought'] === true,
  );
  await showCall(bob, install, { body: { plugin_id: id }, expect: 200 });
  const client = createClient({ baseUrl: url, apiKey: bob.key });
  const got = await client.plugins.download(id);
  const verified = Buffer.from(got.bytes).equals(bytes);
  say(`  the SDK verified ${got.bytes.length} bytes of ${got.id} ${got.version}`);
  await showCall(bob, `PUT /v1/plugins/${id}/rating`, { body: { stars: 5 }, expect: 200 });

  say('\n€2.00 of €5.00 go back: Ada’s share is 70 % of the rest.');
  const stripe = packageAt(stage.stripe);
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  if (charge !== undefined) await stripe.refunds.create({ charge: charge.id, amount: 200 });
  await until(
    () => ada.by.call('GET /v1/developer/earnings'),
    ({ items }) => (items as { total: number }[])[0]?.total === 300,
  );
  const { body: earned } = await showCall(ada, 'GET /v1/developer/earnings', { expect: 200 });

  const { period } = earned;
  await showCall(operator, 'POST /v1/admin/payouts', { body: { period }, expect: 409 });
  say(`\n${DAYS} days later the month is over. What is asked twice is paid once.`);
  stage.stripe.connect.fund(10_000, 'eur');
  await stage.later(DAYS);
  const payouts = () => operator.by.call('GET /v1/admin/payouts');
  await showCall(operator, 'POST /v1/admin/payouts', { body: { period }, expect: 202 });
  await until(payouts, ({ data }) => (data as { state: string }[])[0]?.state === 'paid');
  await showCall(operator, 'POST /v1/admin/payouts', { body: { period }, expect: 202 });
  await showCall(operator, 'GET /v1/admin/payouts', { expect: 200 });
  const paid = (await stripe.transfers.list()).data.map(({ amount }) => amount);

  say('\nThe operator removes it: nobody installs it any more, and it is in the signed list.');
  const reason = 'It sent notes to a host that no permission named.';
  await showCall(operator, `DELETE ${of}`, { body: { reason }, expect: 200 });
  await showCall(bob, install, { body: { plugin_id: id }, expect: 410 });
  await showCall(bob, 'GET /v1/plugins/revoked', { expect: 200 });
  return { verified, paid };
}

type Person = Awaited<ReturnType<typeof arrives>>;

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
  ada.stage.say(`  ${method} the package\n    ${status}`);
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
