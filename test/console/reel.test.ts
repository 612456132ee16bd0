import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('Reel’s studio', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, api, broken, faults } = await visitConsole();
  await signIn();

  test('writes variants of a topic, has one chosen and its first line written anew', async () => {
    await page.getByRole('link', { name: 'Reel', exact: true }).click();
    await page.getByText('No draft yet.').waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('<b>Gardens</b> in cities');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('Français');
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    const variants = page.getByRole('article');
    await variants.nth(1).getByRole('button', { name: 'Choose' }).click();
    await variants.nth(1).getByText('chosen').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('textbox', { name: 'What should be different' }).fill('begin with a number');
    await page.getByRole('button', { name: 'Write anew' }).click();
    await variants.nth(2).waitFor();
    await page.getByRole('row', { name: '<b>Gardens</b> in cities' }).getByText('Français').waitFor();
  });

  test('keeps an edited variant in the library, where it is found, and goes to the trash and back', async () => {
    const first = page.getByRole('article').first();
    await first.getByRole('button', { name: 'Edit' }).click();
    await first.getByRole('textbox', { name: 'First line' }).fill('Seven gardens that nobody planned');
    await first.getByRole('button', { name: 'Save to the library' }).click();
    await first.getByRole('button', { name: 'In the library' }).waitFor();
    await page.getByRole('link', { name: 'Library' }).click();
    const kept = page.getByRole('row', { name: 'Seven gardens that nobody planned' });
    await page.getByRole('searchbox').fill('garden planned');
    await kept.getByRole('button', { name: 'To the trash' }).click();
    await kept.getByRole('button', { name: 'To the trash: press again' }).click();
    await page.getByText('Nothing has these words.').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Trash', exact: true }).click();
    await kept.getByRole('button', { name: 'Restore' }).click();
    await kept.getByRole('button', { name: 'Restore: press again' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await page.getByRole('button', { name: 'Trash', exact: true }).click();
    await kept.waitFor();
  });

  test('says until when a boost lifts the plan', async () => {
    const { default_account_id: account } = await api('GET /v1/me');
    await api('POST /v1/admin/grants', { account_id: account, product: 'reel', add_on: 'pro_boost' });
    await page.getByRole('link', { name: 'Studio', exact: true }).click();
    await page.reload();
    await page.getByText(/^Pro Boost until /).waitFor();
    expect(await faults()).toEqual([]);
  });

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
