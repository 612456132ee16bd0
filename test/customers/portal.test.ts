import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Customer, type Reply } from '@plinth/testkit/services/app';
import { openSellingApp } from '../selling/fixture.ts';

const BACK = 'https://app.example.com/account?from=portal';
const counter = await openSellingApp();
const { call, drainEvents, sandbox, url } = counter;
let operator: Customer;
beforeAll(async () => {
  operator = await counter.admin();
});

const callFor = (customer: string, name: string, body?: unknown): Promise<Reply> =>
  call(operator.key, name, { body, headers: { 'x-customer-id': customer } });

async function putCustomer(more: object = {}) {
  const id = `org_${randomUUID()}`;
  const { body } = await call(operator.key, `PUT /v1/customers/${id}`, { body: more });
  return { id, accountId: String(body['account_id']) };
}

const asBrowser = { accept: 'text/html' };
async function linkFor(customer: string, product = 'reel'): Promise<string> {
  const { status, body } = await callFor(customer, 'POST /v1/portal/links', { product, return_url: BACK });
  expect(status).toBe(201);
  return String(body['url']);
}
const follow = (link: string, method = 'GET') =>
  fetch(link, { method, headers: asBrowser, redirect: 'manual' });

/** A customer's browser at the portal. */
async function enter(customer: string, product?: string) {
  const opened = await follow(await linkFor(customer, product));
  expect([opened.status, opened.headers.get('location')]).toEqual([302, '/portal']);
  return browserWith(opened.headers.get('set-cookie')?.split(';', 1)[0] ?? '');
}

function browserWith(cookie: string) {
  const show = async (path = '/portal') => {
    const page = await fetch(url + path, { headers: { ...asBrowser, cookie } });
    return { status: page.status, html: await page.text() };
  };
  return {
    cookie,
    show,
    /** Sends a form with the token of the page; `given` takes the place of what a browser sends. */
    async send(fields: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) {
      const token = /name="token" value="([^"]+)"/.exec((await show('/portal?view=plans')).html)?.[1] ?? '';
      const body = new URLSearchParams({ token, ...fields });
      const headers = { ...asBrowser, cookie, origin: new URL(url).origin, ...given };
      const sent = await fetch(`${url}/portal`, { method: 'POST', headers, body, redirect: 'manual' });
      return { status: sent.status, refresh: sent.headers.get('refresh'), html: await sent.text() };
    },
  };
}

/** The text that a reader sees, without the marks. */
const textOf = (html: string) =>
  html
    .slice(html.indexOf('<h1>'))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('a link', () => {
  test('opens the portal of its customer once, and no more after that', async () => {
    const { id } = await putCustomer({ name: 'Northwind' });
    const link = await linkFor(id);
    expect((await follow(link, 'HEAD')).status).toBe(302);
    const opened = await Promise.all([1, 2, 3, 4].map(() => follow(link)));
    expect(opened.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      302, 410, 410, 410,
    ]);
    const refused = await follow(link);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([410, 'text/html; charset=utf-8']);
    expect(await refused.text()).toContain('Open the page again from the app');
    const cookies = opened.flatMap(({ headers }) => headers.getSetCookie());
    expect(cookies).toEqual([
      expect.stringMatching(/^portal_\d+=[\w.-]+; Path=\/portal; Max-Age=3600; HttpOnly; SameSite=Lax$/),
    ]);
  });

  test('is for those alone who may spend the account’s money', async () => {
    const { id } = await putCustomer();
    const body = { product: 'reel', return_url: BACK };
    const ada = await counter.customer();
    expect((await call(ada.key, 'POST /v1/portal/links', { body })).status).toBe(201);
    const foreign = await call(ada.key, 'POST /v1/portal/links', { body, headers: { 'x-customer-id': id } });
    expect(foreign.status).toBe(403);
    for (const wrong of [
      { ...body, product: 'none' },
      { ...body, return_url: 'javascript:alert(1)' },
    ])
      expect((await callFor(id, 'POST /v1/portal/links', wrong)).status).toBeGreaterThanOrEqual(400);
  });

  test('is for no key of the account that may do less than the portal', async () => {
    const ada = await counter.customer();
    const scopes = ['billing:write', 'account:read'];
    const { body } = await call(ada.key, 'POST /v1/api-keys', { body: { name: 'Narrow', scopes } });
    const made = await call(String(body['key']), 'POST /v1/portal/links', {
      body: { product: 'reel', return_url: BACK },
    });
    expect(made.status).toBe(403);
  });
});

describe('the portal', () => {
  test('shows a customer without a plan what there is, and leads back', async () => {
    const { id } = await putCustomer({ name: 'Northwind' });
    await call(operator.key, `PUT /v1/customers/${id}/members/u1`, { body: { name: 'Grace <b>' } });
    const { status, html } = await (await enter(id)).show();
    const text = textOf(html);
    expect(status).toBe(200);
    expect(text).toMatch(/Plan You have no plan yet\. Choose a plan Members Grace &lt;b&gt; member/);
    expect(html).toContain(`href="${BACK}"`);
    expect(html).not.toContain('<script');
  });

  test('sells a plan, shows it with its invoice, and changes it for the price that was shown', async () => {
    const { id } = await putCustomer({ email: 'billing@northwind.example' });
    const at = await enter(id);
    const asked = await at.send({ action: 'plan', plan: 'reel.basic', cycle: 'monthly' });
    await sandbox.pay(asked.refresh?.replace('0; url=', '') ?? '');
    await drainEvents();
    const { html } = await at.show();
    expect(textOf(html)).toMatch(/Plan Basic \$\d.* a month Renews on .*Usage .* 0 of .*Invoices .*paid/);
    expect(textOf(html)).not.toMatch(/cost|budget|micro|API keys/i);
    expect((await at.send({ action: 'pay' })).refresh).toMatch(/^0; url=http/);
    const shown = await at.send({ action: 'plan', plan: 'reel.standard', cycle: 'monthly' });
    expect(textOf(shown.html)).toMatch(/Change to Standard You pay \$[\d.]+ now, and \$[\d.]+ a month/);
    const agreed = /name="agreed" value="([^"]+)"/.exec(shown.html)?.[1] ?? '';
    const order = { action: 'plan', plan: 'reel.standard', cycle: 'monthly' };
    const wrong = await at.send({ ...order, agreed: agreed.replace(/^\d+/, '1') });
    expect([wrong.status, textOf(wrong.html)]).toEqual([409, expect.stringContaining('price')]);
    expect((await at.send({ ...order, agreed })).status).toBe(303);
    await drainEvents();
    expect(textOf((await at.show()).html)).toMatch(/Plan Standard/);
  });

  test('agrees to automatic top-up at the price that was shown, with a saved card alone, and ends it', async () => {
    const { id } = await putCustomer({ email: 'billing@northwind.example' });
    const at = await enter(id, 'gateway');
    const agree = { action: 'top_up', add_on: 'gateway.image_pack', threshold: '60', packs: '2' };
    const agreed = /name="agreed" value="([^"]+)"/.exec((await at.show()).html)?.[1] ?? '';
    expect(agreed).toBe('2000 usd');
    const refused = await at.send({ ...agree, agreed });
    expect([refused.status, textOf(refused.html)]).toEqual([
      409,
      expect.stringContaining('No card is saved'),
    ]);
    const asked = await (await enter(id)).send({ action: 'plan', plan: 'reel.basic', cycle: 'monthly' });
    await sandbox.pay(asked.refresh?.replace('0; url=', '') ?? '');
    await drainEvents();
    for (const [wrong, status] of [
      [{ agreed: '1 usd' }, 409],
      [{ agreed: '' }, 409],
      [{ agreed, threshold: '-1' }, 400],
      [{ agreed, packs: '1e9' }, 400],
      [{ agreed, add_on: 'reel.pro' }, 400],
    ] as const)
      expect((await at.send({ ...agree, ...wrong })).status).toBe(status);
    expect((await at.send({ ...agree, agreed })).status).toBe(303);
    expect(textOf((await at.show()).html)).toMatch(
      /Automatic top-up 500 image calls on \$20 each, whenever less than 60 are left; at most \$40 a month, \$0 of it spent\. Card: visa 4242\./,
    );
    expect((await at.send({ action: 'end_top_up', limit: 'image_calls' })).status).toBe(303);
    expect((await callFor(id, 'GET /v1/billing/top-ups')).body['data']).toEqual([]);
  });

  test('revokes keys of its account, and none of another', async () => {
    const [ada, eve] = [await counter.customer(), await counter.customer()];
    const makeKey = async ({ key }: Customer) =>
      (await call(key, 'POST /v1/api-keys', { body: { name: 'Mine', scopes: ['usage:read'] } })).body;
    const [own, foreign] = [await makeKey(ada), await makeKey(eve)];
    const made = await call(ada.key, 'POST /v1/portal/links', {
      body: { product: 'reel', return_url: BACK },
    });
    const opened = await follow(String(made.body['url']));
    const at = browserWith(opened.headers.get('set-cookie')?.split(';', 1)[0] ?? '');
    expect((await at.show()).html).toContain('Mine');
    for (const key of [String(foreign['id']), 'x', ''])
      expect((await at.send({ action: 'revoke', key })).status).toBe(404);
    expect((await at.send({ action: 'revoke', key: String(own['id']) })).status).toBe(303);
    expect((await call(String(own['key']), 'GET /v1/usage')).status).toBe(401);
    expect((await call(String(foreign['key']), 'GET /v1/usage')).status).toBe(200);
  });

  const refusals: [
    string,
    { status: number; fields?: Record<string, string>; given?: Record<string, string> },
  ][] = [
    ['of another page', { status: 403, given: { origin: 'https://evil.example' } }],
    ['that names no page', { status: 403, given: { origin: 'null' } }],
    ['without the token', { status: 403, fields: { token: '' } }],
    ['without the session', { status: 401, given: { cookie: '' } }],
    ['of no kind', { status: 400, fields: { action: 'none' } }],
  ];
  test.each(refusals)('refuses a form %s', async (_name, { status, fields, given }) => {
    const at = await enter((await putCustomer()).id);
    expect((await at.send({ action: 'pay', ...fields }, given)).status).toBe(status);
  });

  test('refuses a form with the token of another customer, and a cookie that was changed', async () => {
    const [one, other] = [await enter((await putCustomer()).id), await enter((await putCustomer()).id)];
    const token =
      /name="token" value="([^"]+)"/.exec((await other.show('/portal?view=plans')).html)?.[1] ?? '';
    expect((await one.send({ action: 'pay', token })).status).toBe(403);
    const [name = '', value = ''] = one.cookie.split('=');
    const [, signature = ''] = value.split('.');
    const forged = `${Buffer.from(JSON.stringify([{}, Date.now() + 1_000])).toString('base64url')}.${signature}`;
    for (const cookie of [`${name}=${forged}`, `${name}=x`, ''])
      expect((await browserWith(cookie).show()).status).toBe(401);
  });

  test('closes when its customer is archived or closed, and an open link does not lead in', async () => {
    for (const end of ['DELETE /v1/customers/:id', 'DELETE /v1/admin/data/delete?customer=:id']) {
      const { id } = await putCustomer();
      const at = await enter(id);
      const link = await linkFor(id);
      const { status } = await call(operator.key, end.replace(':id', id));
      expect(status).toBeLessThan(300);
      expect((await at.show()).status).toBe(409);
      expect((await at.send({ action: 'pay' })).status).toBe(409);
      expect((await follow(link)).status).toBe(409);
    }
  });
});
