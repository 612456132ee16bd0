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
    const today = sessions.getByRole('figure', { name: 'Seats taken at once' }).getByRole('row').nth(1);
    await today.getByRole('cell', { name: '1', exact: true }).waitFor();
    await today.getByRole('cell', { name: '50', exact: true }).waitFor();
    await today.getByRole('button').click();
    await sessions.getByRole('button', { name: /^Sessions of / }).waitFor();
    await sessions.getByRole('row').filter({ hasText: 'ended by an admin' }).waitFor();
    await page.goto(page.url().replace(/day=[\d-]+/, 'day=2020-01-01'));
    await sessions.getByText('No session yet.').waitFor();
    await sessions.getByRole('button', { name: /^Sessions of / }).click();
    await sessions.getByRole('row').filter({ hasText: 'ended by an admin' }).waitFor();
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

  test('say to operators what accounts did, what was unusual, and what was erased and released', async () => {
    await page.getByRole('link', { name: 'Activity', exact: true }).click();
    await page.getByRole('link', { name: 'Local organization' }).waitFor();
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.getByRole('link', { name: 'Unusual days' }).click();
    await page.getByText('No account did far more than usual.').waitFor();
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.getByRole('link', { name: 'Compliance' }).click();
    await page.getByText('Nothing was exported, erased or released in a year.').waitFor();
    await page.getByRole('combobox', { name: 'Event' }).selectOption('User erased');
    await page.getByRole('tab', { name: 'Releases' }).click();
    await page.getByText('Nothing was released over all accounts yet.').waitFor();
    const { default_account_id: account } = await api('GET /v1/me');
    await page.getByRole('textbox', { name: 'Ids of accounts' }).fill(String(account));
    await page.getByRole('button', { name: 'Opt out' }).click();
    await page.getByText('Accounts taken out: 0').waitFor();
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
