import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('the routes of models', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, look, overflow, url, api } = await visitConsole();
  await signIn();
  await page.goto(`${url}/app/providers`);
  const routes = page.getByRole('region', { name: 'Routes' });
  const row = (name: string) => routes.getByRole('row').filter({ hasText: name });
  const editor = page.getByRole('form');

  test('are shown with their models and where they come from', async () => {
    const small = row('small').filter({ hasText: 'sandbox/sandbox-small' });
    await small.getByText('the program').waitFor();
  });

  test('one becomes a canary by percent, and what is refused is said at its field', async () => {
    await routes.getByRole('button', { name: 'small', exact: true }).click();
    await editor.getByRole('button', { name: 'Add a model' }).click();
    await editor.getByLabel('First asked').selectOption('by weight');
    await editor.getByLabel('Weight of model 1', { exact: true }).fill('95');
    await editor.getByLabel('Model 2', { exact: true }).fill('sandbox/unheard-of');
    await editor.getByLabel('Weight of model 2', { exact: true }).fill('5');
    await editor.getByRole('button', { name: 'Save' }).click();
    const refused = editor.getByLabel('Model 2', { exact: true });
    await expect.poll(() => refused.getAttribute('aria-invalid')).toBe('true');
    await editor.getByText('no configured upstream has sandbox/unheard-of').waitFor();
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.setViewportSize({ width: 360, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await refused.fill('sandbox/sandbox-large');
    await editor.getByRole('button', { name: 'Save' }).click();
    await row('small')
      .getByText('by weight: sandbox/sandbox-small 95 %, sandbox/sandbox-large 5 %')
      .waitFor();
    await row('small').getByText('here', { exact: true }).waitFor();
    expect(await editor.count()).toBe(0);
  });

  test('a change of another meanwhile is not written over', async () => {
    await routes.getByRole('button', { name: 'small', exact: true }).click();
    await api('PUT /v1/admin/ai/routes/small', { models: [{ model: 'sandbox/sandbox-large' }] });
    await editor.getByRole('button', { name: 'Move model 2 up' }).click();
    await editor.getByRole('button', { name: 'Save' }).click();
    await editor.getByRole('alert').waitFor();
    const { data } = (await api('GET /v1/admin/ai/routes')) as {
      data: { alias: string; models: object[] }[];
    };
    expect(data.find(({ alias }) => alias === 'small')?.models).toHaveLength(1);
    await editor.getByRole('button', { name: 'Cancel' }).click();
  });

  test('a new one is made, and one is given back to what lies beneath it', async () => {
    await routes.getByLabel('Name of a new route').fill('canary');
    await routes.getByRole('button', { name: 'New route' }).click();
    await editor.getByLabel('Model 1', { exact: true }).fill('sandbox/sandbox-large');
    await editor.getByRole('button', { name: 'Save' }).click();
    await row('canary').getByText('sandbox/sandbox-large').waitFor();
    await routes.getByRole('button', { name: 'canary', exact: true }).click();
    await editor.getByRole('button', { name: 'Delete' }).click();
    await editor.getByRole('button', { name: 'Delete: press again' }).click();
    await row('canary').waitFor({ state: 'detached' });
    await routes.getByRole('button', { name: 'small', exact: true }).click();
    await editor.getByRole('button', { name: 'Give back' }).click();
    await editor.getByRole('button', { name: /press again/ }).click();
    await row('small').getByText('the program').waitFor();
    expect(broken).toEqual([]);
  });
});
