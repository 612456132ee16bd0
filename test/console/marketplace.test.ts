import { readFileSync } from 'node:fs';
import { createStripeSandbox } from '#sandbox/stripe';
import { systemClock } from '#platform/kernel';
import { atEndOfFile } from '#test/closing';
import { advance } from '#test/factories';
import { manifest, zipOf } from '#test/fixtures/adiuva/packages';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { isOnEither, PATIENCE, visitConsole } from './visit.ts';

const DAYS = 40;
const AT = '/app/products/adiuva';

const status = (text: string | RegExp, at: Page) => at.getByRole('status').filter({ hasText: text });
const press = (name: string, at: Page) => at.getByRole('button', { name, exact: true }).click();

const sure = async (name: string, at: Page) => {
  await press(name, at);
  await press(`${name}: press again`, at);
};
const downloaded = async (name: string, at: Page): Promise<Buffer> => {
  const [file] = await Promise.all([at.waitForEvent('download'), press(name, at)]);
  return readFileSync(await file.path());
};

describe.runIf(isOnEither)('the marketplace', { timeout: 8 * PATIENCE }, async () => {
  if (!isOnEither) return;
  const sandbox = await createStripeSandbox({ driven: true, settings: { heldCurrencies: ['eur'] } });
  atEndOfFile(() => sandbox.close());
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  const visited = await visitConsole({ stripe: sandbox, clock });
  const { page, openElsewhere, signInAs, broken, faults, look, url, db, admin, customer } = visited;
  const [buyers, operators] = [await openElsewhere(), await openElsewhere()];
  const [ada, ben, operator] = [await customer(), await customer('adiuva.power'), await admin()];
  const bytes = zipOf([
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'main.js', content: 'export const plan = () => [];\n' },
  ]);
  const period = new Date().toISOString().slice(0, 7);

  test('a developer says how they are paid, makes a key, and submits a package that is signed in the page', async () => {
    await signInAs(ada);
    await page.goto(`${url}${AT}/developer?view=earnings`);
    await press('Open Stripe’s page', page);
    await press('Complete with test data', page);
    await status('You can be paid.', page).waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('tab', { name: 'Signing keys' }).click();
    await page.getByLabel('Name of the key').fill('Release');
    await press('Add', page);
    const key = await downloaded('Download the private key', page);
    expect(await faults()).toEqual([]);
    await page.getByRole('tab', { name: 'Submit' }).click();
    const file = { name: 'day-planner.zip', mimeType: 'application/zip', buffer: bytes };
    await page.getByLabel('Choose the package').setInputFiles(file);
    await page.getByText('Send to and receive from api.example.org').waitFor();
    await page.getByLabel(/^Private key in PEM/).fill(key.toString());
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await press('Sign and submit', page);
    await status('Day planner 1.2.0 waits for review.', page).waitFor();
  });

  test('an operator sees what was found and which files changed, and approves', async () => {
    await signInAs(operator, operators);
    await operators.goto(`${url}${AT}/review`);
    await press('Day planner', operators);
    const beside = operators.getByRole('complementary');
    await beside.getByRole('cell', { name: 'main.js' }).waitFor();
    await beside.getByRole('cell', { name: 'native code' }).waitFor();
    expect(await faults(operators)).toEqual([]);
    await press('Approve', operators);
    await beside.getByText('approved').waitFor();
    await operators.getByText('No version waits.').waitFor();
  });

  test('a buyer finds it, pays at Stripe’s page, and gets bytes that were verified', async () => {
    await signInAs(ben, buyers);
    await buyers.goto(`${url}${AT}/plugins`);
    await buyers.getByRole('searchbox').fill('planner');
    await status('Found: 1', buyers).waitFor();
    await press('Day planner', buyers);
    await buyers.getByText('Read your tasks').first().waitFor();
    expect(await faults(buyers)).toEqual([]);
    await press('Allow this and buy for €5.00', buyers);
    const [paying] = await Promise.all([
      buyers.waitForEvent('popup'),
      buyers.getByRole('link', { name: 'Pay €5.00' }).click(),
    ]);
    await paying.getByLabel('Card number').fill('4242 4242 4242 4242');
    await paying.getByLabel('Expiry').fill('12/40');
    await paying.getByLabel('Security code').fill('123');
    await paying.getByRole('button', { name: /^Pay/ }).click();
    await paying.getByText('This invoice is paid.').waitFor();
    expect(await downloaded('Download 1.2.0', buyers)).toEqual(bytes);
    await status('Version 1.2.0 was verified and downloaded.', buyers).waitFor();
    await buyers.getByLabel('Stars').selectOption('4');
    await press('Rate', buyers);
    await buyers.getByText('4 of 5 (1)').waitFor();
    await press('← Plugins', buyers);
    await buyers.getByRole('tab', { name: 'Installed' }).click();
    await buyers.getByRole('cell', { name: 'Installed, bought' }).waitFor();
    expect(await faults(buyers)).toEqual([]);
  });

  test('its pages are whole in dark, in German and on a phone', async () => {
    for (const [at, path] of [
      [page, `${AT}/developer?plugin=day-planner`],
      [page, `${AT}/developer?view=earnings&period=${period}`],
      [page, `${AT}/developer?view=keys`],
      [page, `${AT}/developer?view=submit`],
      [page, `${AT}/plugins`],
      [buyers, `${AT}/plugins?plugin=day-planner`],
      [operators, `${AT}/review?plugin=day-planner`],
      [operators, `/app/payouts?period=${period}`],
    ] as const) {
      await at.emulateMedia({ colorScheme: 'dark' });
      await at.goto(url + path);
      await at.getByRole('heading', { level: 1 }).waitFor();
      await at.waitForLoadState('networkidle');
      await press('Deutsch', at);
      await at.locator('html[lang=de]').waitFor();
      await at.setViewportSize({ width: 360, height: 900 });
      expect([path, ...(await faults(at))]).toEqual([path]);
      await at.setViewportSize({ width: 1_440, height: 900 });
      await press('English', at);
      expect([path, ...(await at.getByRole('alert').allInnerTexts())]).toEqual([path]);
    }
  });

  test('after a refund in part, and when the month is over, an operator pays the developer’s share of the rest', async () => {
    const stripe = packageAt(sandbox);
    const [charge] = (await stripe.charges.list({ limit: 1 })).data;
    await stripe.refunds.create({ charge: charge?.id ?? '', amount: 200 });
    await page.goto(`${url}${AT}/developer?view=earnings&period=${period}`);
    await page.getByRole('row', { name: /day-planner\s+1\s+€3\.00\s+€2\.10/ }).waitFor();
    expect(await faults()).toEqual([]);
    sandbox.connect.fund(10_000, 'eur');
    await advance(db, `${DAYS} days`);
    sandbox.advance(DAYS * 86_400);
    passed = DAYS * 86_400_000;
    const later = await openElsewhere();
    await signInAs(operator, later);
    await later.goto(`${url}/app/payouts?period=${period}`);
    await sure(`Pay ${period}`, later);
    await later.getByRole('row', { name: new RegExp(`${period}\\s+€2\\.10\\s+paid`) }).waitFor();
    expect(await faults(later)).toEqual([]);
    const [books] = Object.values(sandbox.connect.books().accounts);
    expect((books?.['eur']?.available ?? 0) + (books?.['eur']?.pending ?? 0)).toBe(210);
    await sure(`Pay ${period}`, later);
    await visited.app.modules.sharing.settle();
    await later.getByRole('button', { name: `Pay ${period}` }).waitFor();
    expect((await stripe.transfers.list()).data).toHaveLength(1);
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
