import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { openSalesFixture } from '../reports/sales-fixture.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

describe.runIf(isHere)('the operator’s overview', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, look, url, db, customer } = await visitConsole();
  const run = (sql: string, values: readonly unknown[]) => db.asMigrator(statement(sql, [...values]));
  const sales = openSalesFixture(db);
  const [ada, bob] = [await customer('reel.standard'), await customer()];
  await signIn();
  const region = (name: string) => page.getByRole('region', { name, exact: true });

  test('says what it will show where nothing was sold or called yet', async () => {
    await page.getByRole('link', { name: 'Operator', exact: true }).click();
    await region('Net revenue').getByText('nothing before').waitFor();
    await page.getByText('No calls in these days.').nth(1).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('compares what was sold with the span before, and draws calls with their denials, each point in a table', async () => {
    // The sale is today’s, as three days ago may be in the month before.
    const [now, before] = [ago(0), ago(40)];
    const line = { product: 'reel', plan: 'standard' };
    await sales.sell({
      accountId: ada.accountId,
      at: before,
      lines: [{ ...line, from: before, until: ago(10), amount: 1_000 }],
    });
    await sales.sell({
      accountId: ada.accountId,
      at: now,
      subscription: 'sub_ada',
      lines: [{ ...line, from: now, until: ago(-27), amount: 1_995 }],
    });
    await run(
      `insert into reports.usage_cells (account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
         prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged)
       select $1, date_bin('15 minutes', app.now(), 'epoch'), $2, 'reel.standard', 'reel', 'generation', null, 'sandbox', 'm', false, 321, 0,
         1, 0, 1, 0, 1500000, 0, 0, 1700000`,
      [ada.accountId, ada.userId],
    );
    await run(
      `insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
       values ($1, date_trunc('hour', app.now()), 'reel', 'generation', 'hourly', 'reel.standard', 'burst', 17, 40, 40, app.now(), 'the-request')`,
      [ada.accountId],
    );
    await sales.subscription(bob.accountId, 'sub_bob', { product: 'reel', plan: 'standard' });
    await page.reload();
    await region('MRR').getByText('+$19.95 since the month began').waitFor();
    await region('Net revenue').getByText('+99.5%, $10.00 before').waitFor();
    await region('Margin').getByText('92.5%').waitFor();
    const calls = page.getByRole('figure', { name: 'Calls a day' });
    await calls.getByText('As a table').click();
    await calls.getByRole('row').filter({ hasText: '321' }).filter({ hasText: '17' }).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await calls.getByRole('button').first().click();
    await page.waitForURL(/\/app\/revenue\?.*view=models/);
    await page.getByRole('heading', { name: 'Revenue', exact: true }).waitFor();
  });

  test('leads from what needs somebody to where it is mended', async () => {
    await page.goto(`${url}/app/overview`);
    const needs = region('Needs you');
    await needs.getByText('The next plan would fit 1 of them: $20.00 a month more.').waitFor();
    await needs.getByRole('link', { name: 'Open: Payments that fail: 1' }).click();
    await page.waitForURL(/payment=failing/);
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.waitForURL(new RegExp(bob.accountId));
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
