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

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
