import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const PASSPHRASE = 'anvil cotton meadow lantern';
const SECRET = 'Surprise for Grace';

const press = (name: string, at: Page) => at.getByRole('button', { name, exact: true }).click();
const write = (field: string, text: string, at: Page) => at.getByLabel(field, { exact: true }).fill(text);
const cell = (name: string | RegExp, at: Page) => at.getByRole('cell', { name });

const unlock = async (at: Page, passphrase = PASSPHRASE) => {
  await write('Passphrase', passphrase, at);
  await press('Unlock', at);
};

describe.runIf(isHere)('Adiuva’s pages', { timeout: 8 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, openElsewhere, signInAs, broken, faults, look, overflow, unreached, url, call, customer } =
    await visitConsole();
  const other = await openElsewhere();
  const [ada, ben] = [await customer('adiuva.power'), await customer('adiuva.power')];
  await signInAs(ada);
  await signInAs(ada, other);
  const open = (name: string, at = page) => at.goto(`${url}/app/products/adiuva/${name}`);
  /** The page as it is, in light and dark, and on a phone. */
  const expectSound = async () => {
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow()).toBe(0);
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1_440, height: 900 });
  };
  let recoveryKey = '';

  test('a vault is made by a passphrase, and a record is written, changed and kept sealed', async () => {
    await open('vault');
    await write('New passphrase', PASSPHRASE, page);
    await write('Once more', `${PASSPHRASE} or so`, page);
    await press('Make the vault', page);
    await page.getByText('The two passphrases differ.').waitFor();
    await write('New passphrase', PASSPHRASE, page);
    await write('Once more', PASSPHRASE, page);
    await press('Make the vault', page);
    recoveryKey = await page.getByRole('status', { name: 'Recovery key' }).locator('code').innerText();
    await press('I have written it down', page);
    await press('Write a record', page);
    await write('Title', 'Call Bob', page);
    await write('Due', '2030-12-24', page);
    await press('Save', page);
    await cell(/Dec 24, 2030/, page).waitFor();
    await press('Call Bob', page);
    await write('Title', SECRET, page);
    await page.getByLabel('Status', { exact: true }).selectOption('done');
    await press('Save', page);
    await cell(SECRET, page).waitFor();
    expect(await unreached()).toEqual([]);
    await expectSound();
    const { body } = await call(ada.key, 'GET /v1/storage/changes');
    const changes = body['changes'] as readonly { readonly id: string; readonly table: string }[];
    const { id } = changes.find(({ table }) => table === 'tasks') ?? {};
    const sealed = await call(ada.key, `POST /v1/storage/records/read`, { body: { ids: [id] } });
    const [{ blob = '' } = {}] = sealed.body['data'] as readonly { readonly blob?: string }[];
    expect(blob.length).toBeGreaterThan(200);
    expect(Buffer.from(blob, 'base64').toString('latin1')).not.toContain('Surprise');
  });

  test('a reload locks it, another passphrase opens nothing, and the right one opens it on another device', async () => {
    await page.reload();
    await page.getByText('The vault is locked.').waitFor();
    expect(await page.getByText(SECRET).count()).toBe(0);
    await unlock(page, 'another passphrase');
    await page.getByText('This passphrase does not open the vault.').waitFor();
    await expectSound();
    await open('vault', other);
    await unlock(other);
    await cell(SECRET, other).waitFor();
    await press('Delete', other);
    await press('Delete: press again', other);
    await other.getByText('Nothing here yet.').waitFor();
    await press('Lock', other);
    await other.getByText('The vault is locked.').waitFor();
  });

  test('the recovery key opens it and sets a new passphrase, and another tenant sees no vault', async () => {
    await press('I have lost the passphrase', page);
    await write('Recovery key', recoveryKey, page);
    await write('New passphrase', `${PASSPHRASE} anew`, page);
    await write('Once more', `${PASSPHRASE} anew`, page);
    await press('Unlock', page);
    await page.getByText('Nothing here yet.').waitFor();
    await press('Lock', page);
    const stranger = await openElsewhere();
    await signInAs(ben, stranger);
    await open('vault', stranger);
    await stranger.getByRole('button', { name: 'Make the vault' }).waitFor();
  });

  test('actions of the assistant are carried out on opened records once they are confirmed, and a refused one is not', async () => {
    await open('assistant');
    await unlock(page, `${PASSPHRASE} anew`);
    const type = (text: string) => write('What do you want to know or have done?', text, page);
    const ask = async (text: string) => {
      await type(text);
      await press('Ask', page);
    };
    const log = page.getByRole('log');
    await ask('Create a project "Mars" and a task "Build it"');
    await log.getByRole('listitem').nth(1).getByRole('button', { name: 'Don’t' }).click();
    await log.getByText('refused by you').waitFor();
    await press('Do it', page);
    await log.getByText('done', { exact: true }).waitFor();
    await ask('Which projects do I have?');
    // A line that is typed while the answer is written stays.
    await type('Delete the project Mars');
    await log.getByRole('article').last().getByText('Mars').waitFor();
    await press('Ask', page);
    await expect.poll(() => log.getByRole('listitem').count()).toBe(3);
    expect(await unreached()).toEqual([]);
    await expectSound();
    await press('Do it', page);
    await expect.poll(() => log.getByText('done', { exact: true }).count()).toBe(2);
    await page.getByRole('link', { name: 'Vault', exact: true }).click();
    await page.getByText('Nothing here yet.').waitFor();
    await page.getByRole('tab', { name: 'Projects' }).click();
    await page.getByText('Nothing here yet.').waitFor();
  });

  test('a playbook that is ready asks for what it needs and proposes its records, and one that was made stays', async () => {
    await page.getByRole('link', { name: 'Playbooks', exact: true }).click();
    await press('Create task from email', page);
    await write('The email', 'Dear Ada, please send the offer by Friday. Bob', page);
    await press('Run', page);
    await press('Do it', page);
    await page.getByRole('list', { name: 'Proposed actions' }).getByText('done', { exact: true }).waitFor();
    await write('What should a playbook do?', 'Plan my day', page);
    await press('Make a playbook', page);
    await page.getByRole('region', { name: 'Plan my day' }).waitFor();
    await cell('made by you', page).waitFor();
    await expectSound();
  });

  test('a backup brings back what was deleted, and is downloaded opened', async () => {
    await page.getByRole('link', { name: 'Backups', exact: true }).click();
    await press('Back up now', page);
    await page.getByRole('button', { name: 'Download' }).waitFor();
    await expectSound();
    await page.getByRole('link', { name: 'Vault', exact: true }).click();
    await press('Delete', page);
    await press('Delete: press again', page);
    await page.getByText('Nothing here yet.').waitFor();
    await page.getByRole('link', { name: 'Backups', exact: true }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), press('Download', page)]);
    expect(readFileSync(await file.path(), 'utf8')).toContain('"table":"tasks"');
    await press('Restore', page);
    await press('Restore: press again', page);
    await page.getByText('Records brought back: 1').waitFor();
    await press('Delete', page);
    await press('Delete: press again', page);
    await page.getByText('No backup yet.').waitFor();
  });

  test('a device is named and revoked, and the old passphrase opens nothing once the keys are replaced', async () => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page
      .getByRole('row')
      .filter({ hasText: 'this one' })
      .getByRole('button', { name: 'Rename' })
      .click();
    await write('Name of the device', 'Desk', page);
    await page.locator('form.filters').getByRole('button', { name: 'Rename' }).click();
    await cell(/Desk.*this one/, page).waitFor();
    await expectSound();
    await press('Revoke', page);
    await press('Revoke: press again', page);
    await expect.poll(() => page.getByRole('button', { name: 'Revoke' }).count()).toBe(0);
    await other.reload();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await write('New passphrase', PASSPHRASE, page);
    await write('Once more', PASSPHRASE, page);
    await page.getByRole('button', { name: 'Replace the keys' }).click();
    await press('I have written it down', page);
    await page.reload();
    await unlock(page, `${PASSPHRASE} anew`);
    await page.getByText('This passphrase does not open the vault.').waitFor();
    await unlock(page);
    await cell(/Desk.*this one/, page).waitFor();
  });

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
