import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('Coditect’s pages', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, api, broken, faults, look } = await visitConsole();
  await signIn();

  test('find what was said with the reason for each hit, and open where it was said', async () => {
    await page.getByRole('link', { name: 'Coditect', exact: true }).click();
    await page.getByRole('link', { name: 'Memory' }).click();
    await page.getByText('Nothing is remembered yet.').waitFor();
    const session = await api('POST /v1/sessions', { client_id: 's', title: '<i>The import</i>' });
    await api(`POST /v1/sessions/${String(session['id'])}/messages`, {
      messages: [
        { client_id: '1', role: 'user', text: 'The import was slow because of src/import/users.ts.' },
        { client_id: '2', role: 'user', text: 'We decided to read it in pages of a thousand rows.' },
      ],
    });
    await page.getByRole('searchbox').fill('why was the import slow?');
    await page.keyboard.press('Enter');
    await page
      .getByRole('cell', { name: /was slow because/ })
      .getByText(/words: .*slow/)
      .waitFor();
    await page
      .getByRole('button', { name: /· <i>The import<\/i>/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'Messages' }).getByText('pages of a thousand rows').waitFor();
    await page.getByRole('region', { name: 'Joined with' }).getByText('src/import/users.ts').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('tab', { name: 'Patterns' }).click();
    await page.getByRole('button', { name: 'Find patterns' }).click();
    await page.getByText('A job looks for them.').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('tab', { name: 'Decisions' }).click();
    await page.getByRole('table').first().waitFor();
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await page.getByRole('button', { name: '<i>The import</i>' }).last().click();
    await page.getByRole('button', { name: 'Delete the session' }).click();
    await page.getByRole('button', { name: 'Delete the session: press again' }).click();
    await page.getByText('Nothing is remembered yet.').waitFor();
  });

  test('show a licence with its seats, and end one', async () => {
    await page.getByRole('link', { name: 'Licences', exact: true }).click();
    const key = await licenceKey();
    await api('POST /v1/licenses/acquire', { license_key: key, hardware_id: 'a-machine-of-mine-0001' });
    await page.reload();
    await page.getByRole('button', { name: 'Copy the key' }).waitFor();
    await page.getByRole('region', { name: 'Seats in use' }).getByRole('button', { name: 'End' }).click();
    await page.getByRole('button', { name: 'End: press again' }).click();
    await page.getByText('Nobody works with it now.').waitFor();
    const sessions = page.getByRole('region', { name: 'Sessions' });
    await sessions.getByRole('row').filter({ hasText: 'ended by an admin' }).waitFor();
    await sessions.getByText('As a table').click();
    await sessions
      .getByRole('figure', { name: 'Seats taken at once' })
      .getByRole('row')
      .nth(1)
      .getByRole('cell', { name: '1', exact: true })
      .waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the file' }).click();
    expect((await saved).suggestedFilename()).toBe('license.signed.json');
    expect(await faults()).toEqual([]);
  });

  test('draw licences of all accounts by day for operators', async () => {
    await page.getByRole('link', { name: 'Operator', exact: true }).click();
    await page.getByRole('link', { name: 'Coditect', exact: true }).click();
    await page.getByRole('link', { name: 'Licence analytics' }).click();
    await page.getByRole('figure', { name: 'Seats and their use' }).waitFor();
    expect([...(await look()), ...(await faults())]).toEqual([]);
  });

  async function licenceKey(): Promise<string> {
    const { data } = (await api('GET /v1/licenses')) as { data: readonly { id: string }[] };
    const one = await api(`GET /v1/licenses/${data[0]?.id ?? ''}`);
    return String(one['license_key']);
  }

  test('break nothing', () => {
    expect(broken).toEqual([]);
  });
});
