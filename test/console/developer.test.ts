import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const HTML = `<img src=x onerror="document.title='run'">`;
const ADMIN_PAGES = ['/app/webhooks', '/app/mails', '/app/server'];

describe.runIf(isHere)('pages of developers', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, url, db, app, call, customer, outbox } = await visitConsole();
  const member = await customer('reel.basic');

  test('show a member nothing that is a platform admin’s, whatever address they type', async () => {
    await page.goto(`${url}/app/sign-in`);
    await page.getByRole('textbox', { name: 'Email' }).fill(member.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(member.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    expect(await page.getByRole('link', { name: 'Server' }).count()).toBe(0);
    for (const path of ADMIN_PAGES) {
      await page.goto(`${url}${path}`);
      await page.getByRole('alert').first().waitFor();
      const said = await page.locator('main').innerText();
      for (const kept of ['DATA_DIR', 'reset_password', 'Settings in effect'])
        expect(said).not.toContain(kept);
    }
  });

  test('list the account’s jobs, and open one with its times; an id of others opens nothing', async () => {
    const made = await call(member.key, 'POST /v1/create', {
      body: { platform: 'x', topic: 'jobs', variants: 1 },
      headers: { 'idempotency-key': 'a-job' },
    });
    expect(made.status).toBe(202);
    await page.getByRole('link', { name: 'Developer', exact: true }).click();
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.locator('tbody').getByRole('link').click();
    await page.getByRole('complementary').getByText('interactive').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('combobox', { name: 'State' }).selectOption('dead');
    await page.getByText('No job: they are kept').waitFor();
    for (const id of [member.accountId, 'nonsense', HTML]) {
      await page.goto(`${url}/app/jobs?job=${encodeURIComponent(id)}`);
      await page.getByText('This account has no such job.').waitFor();
    }
  });

  test('count the account’s failed calls by their code', async () => {
    await page.getByRole('link', { name: 'Errors' }).click();
    const chat = { model: 'no-such-model', messages: [{ role: 'user', content: 'Hello' }] };
    await call(member.key, 'POST /v1/ai/chat/completions', { body: chat });
    await app.modules.callErrors.write();
    await page.reload();
    await page.getByRole('row').filter({ hasText: 'POST /v1/ai/chat/completions' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('keep the operator’s webhooks: added, tried, given a new secret, deleted', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Developer', exact: true }).click();
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByText('No endpoint yet.').waitFor();
    const add = async (address: string) => {
      await page.getByRole('textbox').fill(address);
      await page.getByRole('button', { name: 'Add endpoint' }).click();
    };
    await add('javascript:alert(1)');
    await page.getByText(/https/).nth(0).waitFor();
    await page.locator('.mantine-TextInput-error').waitFor();
    expect(await page.locator('tbody tr').count()).toBe(0);
    await add('http://127.0.0.1:9/hook');
    await page.getByText(/whsec_\S+/).waitFor();
    await db.asMigrator(statement('update webhooks.endpoints set description = $1', [HTML]));
    await page.reload();
    await page.getByText(HTML).waitFor();
    // An address in the table opens the endpoint, and leads to no other host.
    const [href] = await page
      .locator('tbody a')
      .evaluateAll((all) => all.map((one) => (one as unknown as { href: string }).href));
    expect(href).toMatch(`${url}/app/webhooks?webhook=`);
    await page.locator('tbody a').click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('A test event is on its way.').waitFor();
    await page.getByRole('cell', { name: 'webhook.test' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'New secret: press again' }).click();
    await page.getByText(/whsec_\S+/).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete: press again' }).click();
    await page.getByText('No endpoint yet.').waitFor();
    await page.goto(`${url}/app/webhooks?webhook=nonsense&status=__proto__`);
    await page.getByText('There is no such endpoint.').waitFor();
    expect(await page.title()).not.toBe('run');
  });

  test('show mails as they will look, in a frame that runs nothing; and on this machine those that were sent', async () => {
    await call(undefined, 'POST /v1/auth/register', {
      body: { email: 'ada@example.com', password: 'Analytical-Engine-1843', company_name: HTML },
    });
    await outbox();
    await page.getByRole('link', { name: 'Mails' }).click();
    await page.getByRole('combobox', { name: 'Template' }).selectOption('invitation');
    const frame = page.locator('iframe');
    expect(await frame.getAttribute('sandbox')).toBe('');
    await page.frameLocator('iframe').getByText('Analytical Engines').first().waitFor();
    // The frame's own styles count, by the nonce of this page.
    expect(
      await page
        .frameLocator('iframe')
        .locator('.button')
        .evaluate((button) => (button as unknown as { offsetHeight: number }).offsetHeight),
    ).toBeGreaterThan(40);
    await page.getByRole('row').filter({ hasText: 'ada@example.com' }).getByRole('link').first().click();
    await page.frameLocator('iframe').getByText('/v1/auth/verify-email/').first().waitFor();
    expect(await page.title()).not.toBe('run');
    expect(await faults()).toEqual([]);
    await page.goto(`${url}/app/mails?mail=..%2F..%2Fowner`);
    await page.getByText('The text of this mail is not kept here.').waitFor();
  });

  test('say what is wrong with the server, and of secrets only whether they are set', async () => {
    await page.getByRole('link', { name: 'Server' }).click();
    await page.getByRole('row').filter({ hasText: 'up to date' }).waitFor();
    const { dataDir } = app.modules.options.config;
    expect(await page.getByRole('region', { name: 'What is wrong' }).innerText()).not.toContain(dataDir);
    await page.getByRole('row').filter({ hasText: 'AI_UPSTREAMS' }).getByText('set, hidden').waitFor();
    await page.getByRole('checkbox').uncheck();
    await page
      .getByRole('row')
      .filter({ hasText: 'CLAMD_URL' })
      .getByText('not set', { exact: true })
      .waitFor();
    expect(await faults()).toEqual([]);
  });

  test('break nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
