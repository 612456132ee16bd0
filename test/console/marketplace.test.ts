import { readFileSync } from 'node:fs';
import { createStripeSandbox } from '#sandbox/stripe';
import { systemClock } from '#platform/kernel';
import { atEndOfFile } from '@plinth/testkit/closing';
import { advance } from '@plinth/testkit/factories';
import { statement } from '#platform/db';
import { developerKey, manifest, zipOf } from '@plinth/testkit/fixtures/marketplace/packages';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const DAYS = 40;
const AT = '/app/products/adiuva';

const status = (text: string | RegExp, at: Page) => at.getByRole('status').filter({ hasText: text });
const press = (name: string, at: Page) => at.getByRole('button', { name, exact: true }).click();

const sure = async (name: string, at: Page) => {
  await press(name, at);
  await press(`${name}: press again`, at);
};
/** By the keyboard alone: goes on until this is where one is. */
const tabTo = async (goal: Locator, at: Page) => {
  for (let steps = 0; steps < 60; steps += 1) {
    if (await goal.evaluate((one) => one === one.ownerDocument.activeElement)) return;
    await at.keyboard.press('Tab');
  }
  throw new Error('not reached by the keyboard');
};
const downloaded = async (name: string, at: Page): Promise<Buffer> => {
  const [file] = await Promise.all([at.waitForEvent('download'), press(name, at)]);
  return readFileSync(await file.path());
};

describe.runIf(isHere)('the marketplace', { timeout: 8 * PATIENCE }, async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox({ driven: true, settings: { heldCurrencies: ['eur'] } });
  atEndOfFile(() => sandbox.close());
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  const visited = await visitConsole({ stripe: sandbox, clock });
  const { page, openElsewhere, signInAs, broken, faults, look, url, db, admin, customer } = visited;
  const [buyers, operators] = [await openElsewhere(), await openElsewhere()];
  const [ada, ben, cid] = [await customer(), await customer('adiuva.power'), await customer()];
  const operator = await admin();
  const bytes = zipOf([
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'main.js', content: 'export const plan = () => [];\n' },
  ]);
  const timer = { ...manifest, id: 'focus-timer', name: 'Focus timer', version: '1.0.0', price_cents: 300 };
  const second = { ...manifest, version: '1.3.0', permissions: [...manifest.permissions, 'read_notes'] };
  const elsewhere = developerKey();
  const stripe = packageAt(sandbox);
  const chargeOf = async (cents: number) =>
    (await stripe.charges.list()).data.find(({ amount }) => amount === cents)?.id ?? '';
  /** Submits as Ada, by the key that her machine elsewhere has: its signature alone comes into the page. */
  const submit = async (of: typeof manifest) => {
    const file = zipOf([{ name: 'manifest.json', content: JSON.stringify(of) }]);
    await page.goto(`${url}${AT}/developer?view=submit`);
    await page
      .getByLabel('Choose the package')
      .setInputFiles({ name: `${of.id}.zip`, mimeType: 'application/zip', buffer: file });
    await page.getByLabel('Key', { exact: true }).selectOption({ label: 'Elsewhere' });
    await page.getByLabel(/^Private key in PEM/).fill(Buffer.from(elsewhere.sign(file)).toString('base64'));
    await press('Sign and submit', page);
    await status(`${of.name} ${of.version} waits for review.`, page).waitFor();
  };
  /** The operator, with the plugin open beside. */
  const review = async (of: typeof manifest) => {
    await operators.goto(`${url}${AT}/review?plugin=${of.id}`);
    const version = operators.getByRole('region', { name: `${of.name} ${of.version}` });
    await version.getByRole('cell', { name: 'native code' }).waitFor();
    return version;
  };
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
    // What lies behind another page draws once a second.
    await paying.close();
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

  test('a version signed elsewhere is rejected with a reason, which its developer reads; the next one is approved', async () => {
    await page.goto(`${url}${AT}/developer?view=keys`);
    await page.getByLabel('Name of the key').fill('Elsewhere');
    await page.getByLabel('Public key in PEM').fill(elsewhere.pem);
    await press('Add', page);
    await page.getByRole('cell', { name: 'Elsewhere' }).waitFor();
    await submit(timer);
    const first = await review(timer);
    await first.getByLabel(/^Notes/).fill('Say what the timer counts.');
    await first.getByRole('button', { name: 'Reject' }).click();
    await first.getByText('rejected').waitFor();
    await page.goto(`${url}${AT}/developer?plugin=focus-timer`);
    await page.getByText('Notes: Say what the timer counts.').waitFor();
    await submit({ ...timer, version: '1.0.1' });
    const next = await review({ ...timer, version: '1.0.1' });
    await next.getByRole('button', { name: 'Approve' }).click();
    await next.getByText('approved').waitFor();
  });

  test('by the keyboard alone it is found and bought at once with the card that is kept; all of it refunded, it is theirs no more', async () => {
    const [customerOfBen] = (await stripe.customers.list({ limit: 1 })).data;
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', {
      customer: customerOfBen?.id ?? '',
    });
    await stripe.customers.update(customerOfBen?.id ?? '', {
      invoice_settings: { default_payment_method: card },
    });
    await buyers.goto(`${url}${AT}/plugins`);
    await tabTo(buyers.getByRole('searchbox'), buyers);
    await buyers.keyboard.type('timer');
    await status('Found: 1', buyers).waitFor();
    await tabTo(buyers.getByRole('button', { name: 'Focus timer' }), buyers);
    await buyers.keyboard.press('Enter');
    const buy = buyers.getByRole('button', { name: 'Allow this and buy for €3.00' });
    await buy.waitFor();
    await tabTo(buy, buyers);
    await Promise.all([buyers.waitForEvent('download'), buyers.keyboard.press('Enter')]);
    await status('Version 1.0.1 was verified and downloaded.', buyers).waitFor();
    await stripe.refunds.create({ charge: await chargeOf(300) });
    await expect
      .poll(async () => {
        await buyers.reload();
        await buyers.getByRole('heading', { name: 'Versions' }).waitFor();
        return buy.count();
      })
      .toBe(1);
  });

  test('a plugin that is withdrawn is not offered, and a key that is revoked signs no more', async () => {
    await page.goto(`${url}${AT}/developer`);
    const row = page.getByRole('row').filter({ hasText: 'Focus timer' });
    await row.getByRole('button', { name: 'Withdraw' }).click();
    await row.getByRole('button', { name: 'Withdraw: press again' }).click();
    await row.getByText('withdrawn').waitFor();
    await buyers.reload();
    await buyers.getByText('It is not offered at the moment.').waitFor();
    await page.getByRole('tab', { name: 'Signing keys' }).click();
    const key = page.getByRole('row').filter({ hasText: 'Release' });
    await key.getByRole('button', { name: 'Revoke' }).click();
    await key.getByRole('button', { name: 'Revoke: press again' }).click();
    await key.getByText('revoked').waitFor();
    await page.getByRole('tab', { name: 'Submit' }).click();
    await page
      .getByLabel('Choose the package')
      .setInputFiles({ name: 'a.zip', mimeType: 'application/zip', buffer: bytes });
    const keys = page.getByLabel('Key', { exact: true }).getByRole('option');
    await expect.poll(() => keys.allInnerTexts()).toEqual(['Elsewhere']);
  });

  test('a version that wants more waits for consent; uninstalled, what was bought stays theirs', async () => {
    await submit(second);
    const waits = await review(second);
    await waits.getByRole('cell', { name: /Read your notes|read_notes/ }).waitFor();
    await waits.getByRole('button', { name: 'Approve' }).click();
    await waits.getByText('approved').waitFor();
    await buyers.goto(`${url}${AT}/plugins?view=installed`);
    await buyers.getByRole('cell', { name: 'Waits for your consent: Read your notes' }).waitFor();
    await press('Day planner', buyers);
    await buyers.getByText('Waits for your consent: Read your notes').waitFor();
    await downloaded('Allow this and download 1.3.0', buyers);
    await buyers.getByRole('button', { name: 'Download 1.3.0', exact: true }).waitFor();
    await sure('Uninstall', buyers);
    await buyers.getByRole('button', { name: 'Uninstall' }).waitFor({ state: 'detached' });
    await downloaded('Download 1.3.0', buyers);
    await buyers.getByRole('button', { name: 'Uninstall' }).waitFor();
  });

  test('members see what is developed and install; what only admins may is not offered, and viewers see less', async () => {
    const as = (role: string) =>
      db.asMigrator(
        statement(
          `insert into accounts.members (account_id, user_id, role) select account_id, $2::uuid, $3 from unnest($1::uuid[]) as of (account_id)
           on conflict (account_id, user_id) do update set role = $3`,
          [[ada.accountId, ben.accountId], cid.userId, role],
        ),
      );
    const at = await openElsewhere();
    const act = async (accountId: string, path: string) => {
      await at.goto(`${url}${AT}/${path}`);
      await at.getByRole('combobox', { name: 'Account' }).selectOption(accountId);
      await at.waitForLoadState('networkidle');
      expect(await at.getByRole('alert').allInnerTexts()).toEqual([]);
      return at.getByRole('main').getByRole('button').or(at.getByRole('tab')).allInnerTexts();
    };
    await as('member');
    await signInAs(cid, at);
    expect((await act(ada.accountId, 'developer')).toSorted()).toEqual([
      'Day planner',
      'Focus timer',
      'Plugins',
      'Signing keys',
    ]);
    expect(await act(ada.accountId, 'developer?view=keys')).toEqual(['Plugins', 'Signing keys']);
    expect(await act(ben.accountId, 'plugins?plugin=day-planner')).toEqual(
      expect.arrayContaining(['Download 1.3.0', 'Uninstall', 'Rate']),
    );
    await as('viewer');
    expect(await act(ada.accountId, 'developer')).toEqual([]);
    expect(await act(ben.accountId, 'plugins?plugin=day-planner')).toEqual(['← Plugins']);
    await at.close();
  });

  test('removed, it tells its buyers why, and nobody installs it', async () => {
    await operators.goto(`${url}${AT}/review?plugin=day-planner`);
    const reason = 'It sent notes to a host that no permission named.';
    await operators.getByLabel(/^Reason to remove it/).fill(reason);
    await press('Remove', operators);
    await operators.getByRole('button', { name: 'Remove' }).waitFor({ state: 'detached' });
    await buyers.goto(`${url}${AT}/plugins?plugin=day-planner`);
    await buyers.getByRole('alert').filter({ hasText: reason }).waitFor();
    expect(await buyers.getByRole('button', { name: /Download/ }).count()).toBe(0);
    await page.goto(`${url}${AT}/developer`);
    await page.getByText(`It was removed: delete what you have of it. ${reason}`).waitFor();
  });

  test('after a refund in part, and when the month is over, an operator pays the developer’s share of the rest', async () => {
    await stripe.refunds.create({ charge: await chargeOf(500), amount: 200 });
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
