import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const AI_CONFIG = JSON.stringify({ version: '2026-11-28', own_keys: { sandbox: { fee: 5 } } });
const EVIL = `<img src=x onerror="document.title='run'">`;

describe.runIf(isHere)('the page of API keys', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, openElsewhere, signInAs, broken, faults, db, customer, call } = await visitConsole({
    settings: { AI_CONFIG },
  });
  const ada = await customer('gateway.scale');
  const row = (name: string, at = page) => at.getByRole('row').filter({ hasText: name });
  const shown = async () => (await page.getByRole('status').locator('code').innerText()).trim();
  let key = '';

  test('makes a key with a budget, shows it once, and a call with it is answered', async () => {
    await signInAs(ada);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill(EVIL);
    await page.getByLabel('Budget').fill('2.50');
    await page.getByRole('checkbox', { name: 'usage:read' }).check();
    expect(await page.getByRole('checkbox', { name: 'admin:read' }).count()).toBe(0);
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Make the key' }).click();
    key = await shown();
    expect((await call(key, 'GET /v1/usage')).status).toBe(200);
    expect((await call(key, 'GET /v1/api-keys')).status).toBe(403);
    await row(EVIL).getByText('$0.00 of $2.50').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.reload();
    await row(EVIL)
      .getByText(`${key.slice(0, 11)}…`)
      .waitFor();
    expect(await page.content()).not.toContain(key);
    expect(await page.title()).not.toBe('run');
  });

  test('gives a key another secret after a second press', async () => {
    const former = key;
    await row(EVIL).getByRole('button', { name: 'New secret' }).click();
    await row(EVIL).getByRole('button', { name: 'New secret: press again' }).click();
    key = await shown();
    expect(key).not.toBe(former);
    expect((await call(key, 'GET /v1/usage')).status).toBe(200);
    expect((await call(former, 'GET /v1/usage')).status).toBe(401);
  });

  test('revokes a key after a second press, and a call with it is refused', async () => {
    await row(EVIL).getByRole('button', { name: 'Revoke' }).click();
    expect((await call(key, 'GET /v1/usage')).status).toBe(200);
    await row(EVIL).getByRole('button', { name: 'Revoke: press again' }).click();
    await row(EVIL).waitFor({ state: 'detached' });
    expect((await call(key, 'GET /v1/usage')).status).toBe(401);
  });

  test('says why where a key can’t be made', async () => {
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('   ');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByRole('alert').waitFor();
    // No budget at all is another thing.
    await page.getByLabel('Name').fill('of nothing');
    await page.getByLabel('Budget').fill('0');
    const answer = page.waitForResponse((one) => one.request().method() === 'POST');
    await page.getByRole('button', { name: 'Make the key' }).click();
    expect((await answer).status()).toBe(400);
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  test('bounds a key, and shows what is used of each bound, on a desk and on a phone', async () => {
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('of a team');
    await page.getByRole('button', { name: 'More bounds' }).click();
    await page.getByLabel('calls a day', { exact: true }).fill('20');
    await page.getByLabel('each end user: US$ a month').fill('0.50');
    await page.getByLabel('Models').fill('sandbox-large, openai/*');
    await page.getByLabel('Labels').fill('team=search');
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Make the key' }).click();
    const body = { model: 'sandbox-large', messages: [{ role: 'user', content: 'Hello.' }], user: 'bob' };
    expect((await call(await shown(), 'POST /v1/ai/chat/completions', { body })).status).toBe(200);
    await page.reload();
    for (const line of [
      '1 of 20 calls a day',
      '1 of 100,000 end users',
      'each end user: $0.50 a month',
      'sandbox-large, openai/*',
      'team=search',
    ])
      await row('of a team').getByText(line, { exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('button', { name: 'More bounds' }).click();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.setViewportSize({ width: 1_440, height: 900 });
  });

  test('shows a member their own keys alone, and teaches who has none', async () => {
    const grace = await customer();
    await db.asMigrator(
      statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`, [
        ada.accountId,
        grace.userId,
      ]),
    );
    const hers = await openElsewhere();
    await signInAs(grace, hers);
    await hers.getByRole('combobox', { name: 'Account' }).selectOption(ada.accountId);
    await hers.getByRole('link', { name: 'API keys' }).click();
    await hers.getByText('No key yet.').waitFor();
    // Another account chosen while the page is open: its keys, and nothing of the former one.
    await hers.getByRole('combobox', { name: 'Account' }).selectOption(grace.accountId);
    await row('test', hers).waitFor();
    expect(await faults(hers)).toEqual([]);
  });

  test('saves a key of the account’s own at a provider, tells why one is refused, and deletes it', async () => {
    const field = page.getByPlaceholder('Your key there');
    await field.fill('sk-a-wrong-key-refused');
    await page.getByRole('button', { name: 'Check and save' }).click();
    await page.getByText('does not take this key').waitFor();
    await field.fill('sk-their-own-key-0001');
    await page.getByRole('button', { name: 'Check and save' }).click();
    await row('…0001').getByText('accepted').waitFor();
    expect(await field.inputValue()).toBe('');
    expect(await page.content()).not.toContain('sk-their-own-key');
    expect(await faults()).toEqual([]);
    await row('…0001').getByRole('button', { name: 'Delete' }).click();
    await row('…0001').getByRole('button', { name: 'Delete: press again' }).click();
    await row('…0001').waitFor({ state: 'detached' });
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
