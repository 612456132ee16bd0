import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const EVIL = `<img src=x onerror="document.title='run'">`;

describe.runIf(isHere)('the page of members', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, openElsewhere, signInAs, broken, faults, url, customer, person, outbox } =
    await visitConsole();
  const ada = await person();
  const grace = await customer();
  const hers = await openElsewhere();
  const row = (name: string, at = page) => at.getByRole('row').filter({ hasText: name });
  let link = '';

  test('tells who is alone what an organization is for, and makes one', async () => {
    await signInAs(ada);
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByText('This account is yours alone.').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByLabel('Name of the organization').fill(EVIL);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await row(ada.email).waitFor();
    expect(await page.getByRole('combobox', { name: 'Account' }).locator('option:checked').innerText()).toBe(
      EVIL,
    );
    expect(await page.title()).not.toBe('run');
  });

  test('invites, sends anew, and an invitation that is withdrawn is good for nothing', async () => {
    for (const email of ['eve@example.com', grace.email]) {
      await page.getByLabel('Email').fill(email);
      await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('viewer');
      await page.getByRole('button', { name: 'Invite' }).click();
      await row(email).waitFor();
    }
    await page.getByLabel('Email').fill(grace.email);
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('alert').waitFor();
    await press(row('eve@example.com'), 'Withdraw');
    await row('eve@example.com').waitFor({ state: 'detached' });
    await press(row(grace.email), 'Send anew');
    await expect.poll(async () => (await mailsTo(grace.email)).length).toBe(2);
    link = /https?:\S+#\S+/.exec((await mailsTo(grace.email)).at(-1)?.text ?? '')?.[0] ?? '';
    expect(await faults()).toEqual([]);
  });

  test('an invited person signs in, accepts, and sees what a viewer may', async () => {
    await hers.goto(`${url}${link.slice(link.indexOf('/v1/'))}`);
    await hers.getByText(`with the address ${grace.email}`).waitFor();
    await hers.getByLabel('Password').fill(grace.password);
    await hers.getByRole('button', { name: 'Sign in and accept' }).click();
    await hers.getByRole('status').getByText(`You have joined ${EVIL}`).waitFor();
    await signInAs(grace, hers);
    await hers.goto(`${url}/app/members`);
    await hers.getByRole('combobox', { name: 'Account' }).selectOption({ label: EVIL });
    await row(ada.email, hers).waitFor();
    expect(await hers.getByRole('button').allInnerTexts()).toEqual(
      expect.not.arrayContaining([
        'Invite',
        'Remove',
        'Hand over',
        'Rename',
        'Make a team',
        'Claim the domain',
      ]),
    );
    await row(grace.email, hers).getByRole('button', { name: 'Leave' }).waitFor();
    for (const path of ['plan', 'invoices', 'keys', 'audit', 'members']) {
      await hers.goto(`${url}/app/${path}`);
      await hers.getByRole('heading', { level: 1 }).waitFor();
      await hers.waitForLoadState('networkidle');
      expect(await hers.getByRole('alert').allInnerTexts()).toEqual([]);
      expect(await faults(hers)).toEqual([]);
    }
    await hers.goto(`${url}/app/audit`);
    await hers.getByRole('row').filter({ hasText: 'member.joined' }).waitFor();
    expect(await hers.getByRole('columnheader', { name: 'Address' }).count()).toBe(0);
  });

  test('a role is given, a team made of members, and the last owner can’t leave', async () => {
    await page.getByRole('combobox', { name: `Role of ${grace.email}` }).selectOption('admin');
    await expect
      .poll(async () => {
        await hers.goto(`${url}/app/members`);
        await row(ada.email, hers).waitFor();
        return hers.getByRole('button', { name: 'Invite' }).count();
      })
      .toBe(1);
    await page.getByLabel('Name of the team').fill(EVIL);
    await page.getByRole('button', { name: 'Make a team' }).click();
    await page.getByRole('link', { name: EVIL }).click();
    const team = page.getByRole('region', { name: EVIL });
    await team.getByRole('combobox').selectOption({ index: 1 });
    await team.getByRole('row').nth(1).waitFor();
    expect(await faults()).toEqual([]);
    await press(row(ada.email).first(), 'Leave');
    await page.getByRole('alert').filter({ hasText: /owner/ }).waitFor();
    expect(await page.title()).not.toBe('run');
  });

  test('hands ownership over; the former owner leaves, and has their own account again', async () => {
    await press(row(grace.email).first(), 'Hand over');
    await row(ada.email).first().getByRole('combobox').waitFor();
    await expect.poll(() => row(ada.email).first().getByRole('combobox').inputValue()).toBe('admin');
    await press(row(ada.email).first(), 'Leave');
    await page.getByText('This account is yours alone.').waitFor();
    await hers.reload();
    await row(ada.email, hers).waitFor({ state: 'detached' });
  });

  test('closes the organization after a second press, and opens it again', async () => {
    await hers.getByRole('button', { name: 'Close the organization' }).click();
    await hers.getByRole('button', { name: 'Close the organization: press again' }).click();
    await hers.getByRole('heading', { name: 'Closed organizations' }).waitFor();
    await press(row(EVIL, hers), 'Open again');
    await hers.getByRole('heading', { name: 'Invitations' }).waitFor();
    expect(await faults(hers)).toEqual([]);
  });

  test('shows its audit by subject and as a file, with what people wrote as text', async () => {
    await hers.getByRole('link', { name: 'Developer', exact: true }).click();
    await hers.getByRole('link', { name: 'Audit' }).click();
    await hers.getByRole('combobox', { name: 'What' }).selectOption('team');
    await row('team.created', hers).getByText(EVIL).waitFor();
    const [file] = await Promise.all([
      hers.waitForEvent('download'),
      hers.getByRole('button', { name: 'As CSV' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('audit.csv');
    expect(await hers.title()).not.toBe('run');
    expect(await faults(hers)).toEqual([]);
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });

  async function mailsTo(email: string) {
    return (await outbox()).filter(({ to, text }) => to === email && text.includes('invit'));
  }
});

/** Presses a button that asks for a second press. */
async function press(within: Locator, name: string): Promise<void> {
  await within.getByRole('button', { name, exact: true }).click();
  await within.getByRole('button', { name: `${name}: press again` }).click();
}
