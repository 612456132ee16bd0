import { readFile } from 'node:fs/promises';
import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { ENTRIES } from '../../console/src/shell/pages.ts';
import { openReceiver } from '../webhooks/receiver.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const HOSTILE = `<img src=x onerror="document.title='run'">`;

describe.runIf(isHere)('an operator', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, look, url, db, call, customer, admin } = await visitConsole();
  const run = (sql: string, values: readonly unknown[] = []) => db.asMigrator(statement(sql, [...values]));
  const operator = await admin();
  const ada = await customer('reel.basic');
  await run('update accounts.accounts set name = $2 where account_id = $1', [ada.accountId, HOSTILE]);
  await signIn();
  const region = (name: string) => page.getByRole('region', { name, exact: true });

  test('finds why a customer was denied by one click, and gives the plan that would not have', async () => {
    await run(
      `insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
       values ($1, date_trunc('hour', app.now()), 'reel', 'generation', 'generations', 'reel.basic', 'quota', 14, 60, 60, app.now(), 'the-request')`,
      [ada.accountId],
    );
    await page.goto(`${url}/app/customers`);
    await page.getByRole('searchbox').fill(ada.accountId);
    await page.getByRole('link', { name: HOSTILE }).click();
    const denied = region('Denied by limits').getByRole('row').last();
    // Its window ends with the month: in days, tomorrow, or within hours.
    expect(await denied.innerText()).toMatch(
      /generations reel generation\s+reel\.basic\s+\d+ of \d+\s+(?:in \d+ \S+|tomorrow)\s+14\s+the-request/,
    );
    await denied.getByRole('button', { name: /^Give reel\./ }).click();
    await page.getByLabel('Until; empty: without end').fill('2099-12-31');
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Give', exact: true }).click();
    await region('Plans that it was given').getByText('Dec 31').waitFor();
    const { body } = await call(operator.key, `GET /v1/admin/grants?account_id=${ada.accountId}`);
    expect(body['data']).toMatchObject([
      { plan: 'reel.standard', ends_at: expect.stringMatching(/^2099-12-31|^2100-01-01/), source: 'admin' },
      { plan: 'reel.basic' },
    ]);
    await denied.getByText('Has more by now').waitFor();
    expect(await page.title()).not.toBe('run');
  });

  test('is led by the id of any denied request to who was denied in its hour', async () => {
    const [{ id } = { id: '' }] = (await run(
      `select lpad(to_hex((extract(epoch from hour + interval '10 minutes') * 1000)::bigint), 12, '0') as id from limits.denials where account_id = $1`,
      [ada.accountId],
    )) as { readonly id: string }[];
    await page.goto(`${url}/app/customers`);
    await page.getByRole('searchbox').fill(`${id.slice(0, 8)}-${id.slice(8)}-7000-8000-000000000000`);
    await page.getByRole('link', { name: 'Who was denied in that hour' }).click();
    await page
      .getByRole('row')
      .filter({ hasText: 'reel.basic' })
      .getByRole('link', { name: HOSTILE })
      .waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: /^In the hour of .* ×$/ }).click();
    await page.getByLabel('Time').waitFor();
    await page.goto(`${url}/app/denials?around=${new Date(0).toISOString()}`);
    await page.getByText('No limit denied a call in this time.').waitFor();
    await page.goto(`${url}/app/customers?account=${ada.accountId}`);
    await region('Denied by limits').waitFor();
  });

  test('agrees with one customer on sizes of their own', async () => {
    const grants = region('Plans that it was given');
    const given = grants.getByRole('row').filter({ hasText: 'reel.standard' });
    await given.getByRole('button', { name: 'Own sizes' }).click();
    const form = region('Own sizes in place of those of reel.standard');
    const size = form.getByLabel('Generations', { exact: false }).first();
    await size.fill('many');
    await form.getByRole('button', { name: 'Agree', exact: true }).click();
    await form.getByText('A whole number, or “no bound”').waitFor();
    await size.fill('5,000');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await form.getByRole('button', { name: 'Agree', exact: true }).click();
    await grants.getByText('reel.standard, has own sizes').waitFor();
    await given.getByRole('button', { name: 'Own sizes' }).click();
    await expect.poll(() => size.inputValue()).toBe('5,000');
    const { body } = await call(operator.key, `GET /v1/admin/grants?account_id=${ada.accountId}`);
    expect(body['data']).toMatchObject([{ overrides: { generations: 5_000 } }, { overrides: null }]);
    await form.getByRole('button', { name: 'Cancel' }).click();
  });

  test('takes it back, and every one of their acts stands in the audit', async () => {
    const given = region('Plans that it was given').getByRole('row').filter({ hasText: 'reel.standard' });
    await given.getByRole('button', { name: 'Take back' }).click();
    await given.getByRole('button', { name: 'Take back: press again' }).click();
    await given.getByText('taken back').waitFor();
    await page.getByRole('link', { name: 'Who did what' }).click();
    await page.getByRole('cell', { name: 'grant.revoked' }).waitFor();
    expect(await faults()).toEqual([]);
  });

  test('gives use back, and resets a second factor', async () => {
    await run(`insert into identity.totp (user_id, secret, confirmed_at) values ($1, 'x', app.now())`, [
      ada.userId,
    ]);
    await page.goto(`${url}/app/customers?account=${ada.accountId}`);
    await page.getByRole('button', { name: 'Adjust use' }).first().click();
    await page.getByLabel('Limit', { exact: true }).selectOption({ label: 'reel generations' });
    await page.getByLabel('Units; below 0 gives back').fill('5');
    await page.getByLabel('Reason, for the audit').fill('An outage of ours');
    await page.getByRole('button', { name: 'Adjust', exact: true }).click();
    await page.getByText(/^5 of 60$/).waitFor();
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('button', { name: 'Reset: press again' }).click();
    await region('Members').getByRole('cell', { name: 'none' }).waitFor();
  });

  test('replays dead letters, which then go on by themselves; a second press is one replay', async () => {
    const receiver = await openReceiver();
    const made = await call(operator.key, 'POST /v1/admin/webhooks', { body: { url: receiver.url } });
    const told = await call(operator.key, `POST /v1/admin/webhooks/${String(made.body['id'])}/test`);
    await receiver.until(1);
    await expect
      .poll(() =>
        run(
          `update webhooks.deliveries set state = 'dead', attempt = 10, error = $1 where state = 'delivered' returning id`,
          [HOSTILE],
        ),
      )
      .toHaveLength(1);
    for (const n of [1, 2])
      await run(
        `insert into jobs.jobs (account_id, id, kind, lane, payload, state, attempt, attempts, error, request_id)
         values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'platform.expired-keys', 'batch', '{}', 'dead', 3, 3, $1, $2)`,
        [HOSTILE, `request-${n}`],
      );
    await page.goto(`${url}/app/dead-letters`);
    const jobs = region('Jobs').getByRole('row').filter({ hasText: 'platform.expired-keys' });
    await expect.poll(() => jobs.count()).toBe(2);
    expect(await faults()).toEqual([]);
    await jobs.first().getByRole('button', { name: 'Replay' }).dblclick();
    await expect.poll(() => jobs.filter({ hasText: 'done' }).count()).toBe(1);
    await region('Webhook deliveries').getByRole('button', { name: 'Replay' }).click();
    await region('Webhook deliveries').getByText('delivered', { exact: true }).waitFor();
    expect(receiver.received.map(({ id }) => id)).toEqual([told.body['event_id'], told.body['event_id']]);
    expect(await run(`select count(*)::int as n from audit.events where action = 'job.replayed'`)).toEqual([
      { n: 1 },
    ]);
    await page.reload();
    await region('Webhook deliveries').getByText('All deliveries succeeded').waitFor();
    expect(await jobs.count()).toBe(1);
    await jobs.getByRole('button', { name: 'Discard' }).click();
    await jobs.getByRole('button', { name: 'Discard: press again' }).click();
    await region('Jobs').getByText('No job was given up.').waitFor();
    await page.getByRole('tab', { name: 'All jobs' }).click();
    await page.getByRole('combobox', { name: 'State' }).selectOption('done');
    await page.getByLabel('Kind of job').fill('platform.expired-keys');
    await page.getByRole('row').filter({ hasText: 'platform.expired-keys' }).first().waitFor();
    expect(await faults()).toEqual([]);
    expect(await page.title()).not.toBe('run');
  });

  test('sees denials by limit, whose sums lead to the customers and on to one of them', async () => {
    await page.goto(`${url}/app/denials?by=limit`);
    await page.getByRole('link', { name: 'Generations a month reel' }).click();
    const row = page.getByRole('row').filter({ hasText: 'reel.basic' });
    expect(await row.innerText()).toMatch(/Generations a month reel\s+reel\.basic\s+60\s+14\s+1/);
    await row.getByRole('link', { name: HOSTILE }).click();
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Suspend: press again' }).click();
    await page.getByText('suspended', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Reinstate' }).click();
    await page.getByRole('button', { name: 'Reinstate: press again' }).click();
    await page.getByText('active', { exact: true }).waitFor();
  });

  test('sees revenue told apart, each sum leading to its customers, and takes it all as CSV', async () => {
    const at = new Date().toISOString();
    const sale = {
      product: 'reel',
      plan: 'reel.basic',
      currency: 'usd',
      gross_minor: 990,
      fee_minor: 59,
      occurred_at: at,
      source_id: 'a-transfer',
    };
    await call(operator.key, 'POST /v1/admin/proceeds', {
      body: { account_id: ada.accountId, sales: [sale] },
    });
    await page.goto(`${url}/app/revenue`);
    await page.getByText('Nothing was sold in this time.').waitFor();
    await page.getByLabel('Report').selectOption('revenue');
    await page.getByRole('link', { name: '$9.31' }).click();
    const row = page.getByRole('row').filter({ hasText: HOSTILE });
    expect(await row.innerText()).toMatch(/1\s+\$9\.90\s+-\$0\.59\s+–\s+\$9\.31/);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'As CSV' }).click();
    expect(await readFile(await (await saved).path(), 'utf8')).toContain(
      'month,account_id,account_name,currency',
    );
    await row.getByRole('link', { name: HOSTILE }).click();
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
  });

  test('suspends a licence for a reason, reinstates it, and sees how providers fare', async () => {
    await page.getByRole('link', { name: 'Coditect', exact: true }).click();
    await page.getByRole('button', { name: 'Local organization' }).click();
    await page.getByPlaceholder('Reason; the account reads it').fill('The key was published.');
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Reinstate' }).click();
    await page.getByRole('button', { name: 'Reinstate: press again' }).click();
    await page.getByRole('cell', { name: 'active' }).waitFor();
    await page.getByText('On no machine yet.').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('link', { name: 'Providers' }).click();
    await page.getByRole('row').filter({ hasText: 'sandbox-small' }).getByText('closed').waitFor();
  });

  test('sees how much was found in texts, by product, kind and day, and nothing of whose they are', async () => {
    await page.goto(`${url}/app/safety`);
    await page.getByText('Nothing was found in this time.').waitFor();
    for (const [source, kinds] of [
      ['precheck', ['intent', 'plan']],
      ['moderation_failed', []],
    ])
      await run(
        `insert into ai.safety_events (id, account_id, user_id, product, route, source, status, kinds, rules)
         values (gen_random_uuid(), $1, $2, 'prism', 'POST /v1/turns', $3, 'crisis', $4::text[], '{}')`,
        [ada.accountId, ada.userId, source, kinds],
      );
    await page.reload();
    await region('By kind; a finding of two counts in both')
      .getByRole('row', { name: /^Plan 1 / })
      .waitFor();
    await page.getByText('The second look, by the provider’s moderation, failed').waitFor();
    await region('By product').getByRole('link', { name: 'prism' }).click();
    await page.getByRole('button', { name: 'prism ×' }).click();
    expect(await region('By day, in UTC').getByRole('row').last().innerText()).toMatch(
      /1\s+–\s+–\s+1\s+–\s+–\s+1$/,
    );
    expect(await page.getByRole('main').innerText()).not.toContain(HOSTILE);
    expect(await faults()).toEqual([]);
  });

  test('is nobody else: a member who opens these pages is told so, and shown nothing', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('textbox', { name: 'Email' }).fill(ada.email);
    await page.getByLabel('Password', { exact: true }).fill(ada.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('navigation').waitFor();
    expect(await page.getByText('Operator', { exact: true }).count()).toBe(0);
    const pages = ENTRIES.filter(({ isOperators }) => isOperators === true).flatMap((entry) => entry.pages);
    for (const { to } of [...pages, { to: '/app/products/coditect/all-licences' }]) {
      await page.goto(url + to);
      await page.getByRole('alert').first().waitFor();
      expect(await page.getByRole('cell').count(), to).toBe(0);
    }
    await page.goto(`${url}/app/customers?account=${operator.accountId}`);
    await page.getByRole('alert').waitFor();
  });

  test('breaks nothing on the way, and loads nothing from elsewhere', () => {
    expect(broken).toEqual([]);
  });
});
