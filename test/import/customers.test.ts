import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '#platform/config';
import { statement } from '#platform/db';
import { importCustomers } from '../../server/src/main/import-customers.ts';
import { sentenceOf } from '../../server/src/main/operator-error.ts';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { openSellingApp, SUCCESS, CANCEL } from '../selling/fixture.ts';

vi.setConfig({ testTimeout: 60_000 });
const shop = await openSellingApp();
const { db, sandbox, stripe } = shop;
const folder = temporaryFolder();
let operator: Customer;
beforeAll(async () => {
  operator = await shop.admin();
  const document = JSON.stringify({
    products: {
      minutes: {
        limits: { minutes: 'credits per month' },
        features: { call: { consumes: 'minutes' } },
        plans: { free: { price: 'free', grants: { minutes: 1 } } },
        default_plan: 'free',
      },
    },
  });
  expect((await shop.call(operator.key, 'PUT /v1/admin/plans', { body: { document } })).status).toBe(200);
});

/** The verb in this process, at the server of the shop. */
async function plinth([kind = '', ...words]: readonly string[], stripeKey = 'rk_test_sandbox') {
  vi.stubEnv('STRIPE_KEY', stripeKey);
  const config = readConfig({ DATA_DIR: folder, STRIPE_API_URL: sandbox.url });
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const all = [kind, ...words, `url=${shop.url}`, `key=${operator.key}`];
  const invocation = { config, version: '0', words: all };
  const code = await importCustomers(invocation, kind === 'balances' ? 'balances' : 'customers', print).catch(
    (error: unknown) => {
      print(sentenceOf(error) ?? 'a defect');
      return 1;
    },
  );
  return { code, said: printed.join('\n') };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const read = async (id: string) => (await shop.call(operator.key, `GET /v1/customers/${id}`)).body;

/** All that customers whose id begins so were given by rows. */
async function given(prefix: string): Promise<unknown> {
  const rows = statement<{ n: number; sum: number }>(
    `select count(*)::int as n, coalesce(sum(amount), 0)::int as sum from limits.credits join accounts.customers using (account_id)
     where cause = 'imported' and customers.external_id like $1`,
    [`${prefix}%`],
  );
  return (await db.asMigrator(rows))[0];
}

test('customers of a CSV are made once, changed where it says otherwise, and its bad lines are told by number', async () => {
  const file = write(
    'people.csv',
    '\uFEFFexternal_id,name,email,time_zone,metadata.crm\r\na1,"Lovelace, ""Ada""",ada@example.com,Europe/Berlin,4711\r\n' +
      'a2,=1+1,,,\r\nа3,Cyrillic,,,\r\na4,Mail,no mail,,\r\na1,Again,,,\r\nnul,No\0text,,,\r\na5,"open\r\n',
  );
  const bad = [
    'line 4: validation_failed: external_id: An external id has',
    'line 5: validation_failed: email: ',
    'line 6: duplicate: An earlier line has this id.',
    'line 7: validation_failed: A text of this line has a NUL character, or half of a character.',
    'line 8: csv_quote: ',
  ];
  const tried = await plinth(['customers', file, '--dry-run']);
  expect(tried.code).toBe(1);
  for (const line of bad) expect(tried.said).toContain(line);
  expect(tried.said).toContain(
    'Nothing was changed. It would be: 2 created, 0 changed, 0 unchanged, 5 not taken',
  );
  expect((await plinth(['customers', file, '--strict'])).said).toContain('Nothing was changed.');
  expect(await read('a1')).toMatchObject({ error: { code: 'customer_unknown' } });
  const counts = async () => (await plinth(['customers', file])).said.split('\n').at(-1);
  expect(await counts()).toBe('2 created, 0 changed, 0 unchanged, 5 not taken');
  expect(await counts()).toBe('0 created, 0 changed, 2 unchanged, 5 not taken');
  expect(await read('a1')).toMatchObject({
    name: 'Lovelace, "Ada"',
    email: 'ada@example.com',
    time_zone: 'Europe/Berlin',
    metadata: { crm: '4711' },
  });
  expect(await read('a2')).toMatchObject({ name: '=1+1', email: null });
  const changed = write('changed.jsonl', '{"external_id":"a1","name":"Ada","metadata":{"crm":"4712"}}\n');
  expect(await plinth(['customers', changed])).toEqual({
    code: 0,
    said: '0 created, 1 changed, 0 unchanged, 0 not taken',
  });
});

test('balances are given once, by two imports at once, after one that was cut off, and by equal lines twice', async () => {
  const people = Array.from({ length: 600 }, (_, n) => `b${n}`);
  await plinth(['customers', write('b.csv', `external_id\n${people.join('\n')}\n`)]);
  const lines = people.map((id) => `${id},minutes,minutes,7\n`);
  const head = 'external_id,product,limit,amount\n';
  const whole = write(
    'whole.csv',
    `${head}${lines.join('')}b0,minutes,minutes,7\nnobody,minutes,minutes,1\n`,
  );
  const tried = await plinth(['balances', whole, '--dry-run']);
  expect(tried.said).toContain('line 603: customer_unknown: ');
  expect(tried.said).toContain('Nothing was changed. It would be: 601 given, 0 known, 1 not taken');
  await plinth(['balances', write('half.csv', head + lines.slice(0, 250).join(''))]);
  expect(await given('b')).toEqual({ n: 250, sum: 1_750 });
  const both = await Promise.all([plinth(['balances', whole]), plinth(['balances', whole])]);
  const sum = both.reduce((all, { said }) => all + Number(/(\d+) given/.exec(said)?.[1]), 0);
  expect(sum).toBe(351);
  expect(await given('b')).toEqual({ n: 601, sum: 4_207 });
  const other = write('other.csv', 'id,external_id,product,limit,amount\nr1,b1,minutes,minutes,5\n');
  expect((await plinth(['balances', other])).said).toContain('1 given');
  const changed = write('other2.csv', 'id,external_id,product,limit,amount\nr1,b1,minutes,minutes,6\n');
  expect((await plinth(['balances', changed])).said).toContain(
    'conflict: id: Other credits were given for it.',
  );
});

test('customers of Stripe come with a key that reads alone, and then pay as who they are there', async () => {
  const made: string[] = [];
  for (let n = 0; n < 130; n += 1) {
    const person = { name: `Person ${n}`, email: `p${n}@example.com`, metadata: { user: `s${n}` } };
    made.push((await stripe.customers.create(person)).id);
  }
  await stripe.customers.create({ name: 'No id' });
  const words = ['customers', '--stripe', '--id', 'metadata.user'];
  const tried = await plinth([...words, '--dry-run']);
  expect(tried.said).toContain('field_missing (cus_');
  expect(tried.said).toContain('130 created, 0 changed, 0 unchanged, 130 linked to Stripe, 1 not taken');
  expect((await plinth(words)).said).toContain('130 created, 0 changed, 0 unchanged, 130 linked to Stripe');
  expect((await plinth(words)).said).toContain('0 created, 0 changed, 130 unchanged, 1 not taken');
  const page = await shop.call(operator.key, 'POST /v1/billing/checkout', {
    headers: { 'x-customer-id': 's7' },
    body: { product: 'reel', plan: 'basic', success_url: SUCCESS, cancel_url: CANCEL },
  });
  await sandbox.pay(String(page.body['checkout_url']));
  const { data } = await stripe.subscriptions.list({ limit: 1 });
  expect(data[0]?.customer).toBe(made[7]);
  const taken = await shop.call(operator.key, 'PUT /v1/admin/stripe-customers', {
    body: { livemode: false, customers: [{ customer: 'a1', stripe_customer: made[7] }] },
  });
  expect(taken.body['data']).toMatchObject([{ status: 'refused', error: { code: 'conflict' } }]);
});

test('a key that is no restricted one, or may not read, imports nothing and is not shown', async () => {
  for (const key of ['sk_test_sandbox', 'rk_test_stranger', '']) {
    const { code, said } = await plinth(['customers', '--stripe'], key);
    expect([key, code]).toEqual([key, 1]);
    if (key !== '') expect(said).not.toContain(key);
  }
  sandbox.faults.always('GET /v1/customers', { kind: 'status', status: 403 });
  expect(await plinth(['customers', '--stripe'])).toEqual({
    code: 1,
    said: 'Stripe refuses STRIPE_KEY: it is no key of its, or may not read customers.',
  });
  sandbox.faults.clear();
});
