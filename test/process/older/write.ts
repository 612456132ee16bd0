/**
 * Has an older version of the program leave what it keeps, and writes that down beside this file. It needs a checkout of that
 * version with its packages, and a PostgreSQL 15 with `pg_dump` on PATH: what it writes can be read into any later one.
 * Another version takes another name in kept.ts, as it must once the steps of migrations begin anew.
 *
 *     git worktree add ../older d6ca964e && (cd ../older && npm ci)
 *     node test/process/older/write.ts ../older
 */
import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Answered, type Asking, FILE, type Kept, pack } from './kept.ts';
import { openStage } from './stage.ts';

/** When she buys. */
const BOUGHT = Date.parse('2026-09-10T10:00:00Z');
/** Her bank has declined the renewal. */
const DECLINED = Date.parse('2026-10-10T12:00:00Z');
/** It has declined it again, three days later. */
const DECLINED_AGAIN = Date.parse('2026-10-13T13:00:00Z');

const LOGIN = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };
const COMPANY = 'Analytical Engines';
const PAGES = { success_url: 'https://shop.example/welcome', cancel_url: 'https://shop.example/plans' };
const CHAT = {
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Say hello to the launch crew.' }],
  max_tokens: 200,
};
const PERMIT = { product: 'gateway', feature: 'external', ttl_seconds: 3_600 };
const post = (topic: string) => ({ body: { platform: 'linkedin', topic, variants: 2 }, key: topic });

const stage = await openStage(resolve(process.argv[2] ?? ''));
const { told, until } = stage;

try {
  await stage.setClock(BOUGHT);
  const killBuying = await stage.start('start');
  const ada = { token: await registered() };
  await buys(ada);
  const done = await told('POST /v1/create', { ...ada, ...post('done') });
  await told(`GET ${done.body['status_url']}?wait=20`, ada);
  await killBuying();

  await stage.setClock(DECLINED);
  const killDeclined = await stage.start('start');
  await until(`exists (select from mail.messages where template = 'payment_failed')`);
  await killDeclined();

  // The provider takes its time: of two posts one is on its way there, and the other waits for the one place that the worker has.
  await stage.setClock(DECLINED_AGAIN);
  const killWorking = await stage.start('start', { SANDBOX_LATENCY_MS: '600000' });
  await until(
    `exists (select from mail.messages where template = 'payment_failed_again' and status = 'sent')`,
  );
  const session = (await told('POST /v1/auth/login', { body: LOGIN })).body;
  const sent = await told('POST /v1/create', { ...ada, ...post('sent') });
  await until(`exists (select from limits.usage_events where state = 'sent')`);
  const queued = await told('POST /v1/create', { ...ada, ...post('queued') });
  await killWorking();

  // A process without a worker answers the rest, before the lease of the one that died is up.
  const killServing = await stage.start('serve');
  const keys = { ada: ada.token, owner: String(JSON.parse(stage.file('owner.json')).api_key) };
  const answered = async (by: Answered['by'], call: string, how: Pick<Asking, 'body' | 'key'> = {}) => {
    const { status, text } = await told(call, { token: keys[by], ...how });
    return { by, call, ...how, status, text };
  };
  const permit = await answered('owner', 'POST /v1/permits', { body: PERMIT, key: 'permit' });
  const chat = await answered('owner', 'POST /v1/ai/chat/completions', { body: CHAT, key: 'chat' });
  const posts = [
    await answered('ada', 'POST /v1/create', post('sent')),
    await answered('ada', 'POST /v1/create', post('queued')),
  ];
  const read = [
    await answered('ada', 'GET /v1/billing/subscription'),
    await answered('ada', 'GET /v1/billing/invoices'),
    await answered('ada', `GET ${done.body['status_url']}`),
  ];
  const { body: subscription } = await told('GET /v1/billing/subscription', ada);
  await killServing();

  const kept: Kept = {
    ...(await stage.contents()),
    keys,
    login: LOGIN,
    session: { access_token: session['access_token'] ?? '', refresh_token: session['refresh_token'] ?? '' },
    sent: sent.body['generation_id'] ?? '',
    queued: queued.body['generation_id'] ?? '',
    permit: String(JSON.parse(permit.text).permit_id),
    suspendsAt: subscription['suspends_at'] ?? '',
    repeatable: [permit, chat, ...posts],
    read,
  };
  writeFileSync(FILE, pack(kept));
  process.stdout.write(`${FILE}: ${statSync(FILE).size} bytes\n`);
} finally {
  await stage.close();
}

/** A user with an organization; answers a key of that. */
async function registered(): Promise<string> {
  await told('POST /v1/auth/register', { body: { ...LOGIN, company_name: COMPANY } });
  const { access_token: token = '' } = (await told('POST /v1/auth/login', { body: LOGIN })).body;
  const [row] = await stage.sql(
    `select account_id as account from accounts.accounts where name = '${COMPANY}'`,
  );
  const body = { name: 'hers', scopes: ['*'] };
  const key = await told('POST /v1/api-keys', { token, account: String(row?.['account']), body });
  return key.body['key'] ?? '';
}

/** She buys a plan on Stripe's page. From then on another card is charged, which pays nothing. */
async function buys(ada: Asking): Promise<void> {
  const body = { product: 'reel', plan: 'standard', ...PAGES };
  const page = await told('POST /v1/billing/checkout', { ...ada, body });
  const card = new URLSearchParams({ number: '4242424242424242', expiry: '12/40', cvc: '123' });
  await fetch(`${page.body['checkout_url']}/pay`, { method: 'POST', body: card, redirect: 'manual' });
  await until(`exists (select from billing.subscriptions where state = 'active')`);
  const customer = (await stage.stripe('GET /v1/customers')).data[0]?.id ?? '';
  const empty = await stage.stripe('POST /v1/payment_methods/pm_card_chargeCustomerFail/attach', {
    customer,
  });
  const [subscription] = (await stage.stripe('GET /v1/subscriptions')).data;
  await stage.stripe(`POST /v1/subscriptions/${subscription?.id}`, { default_payment_method: empty.id });
}
