import { chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { engine } from '@plinth/testkit/services';
import { fixtureOf } from './fixture.ts';

const PASSWORD = 'Analytical-Engine-1843';

async function fill(page: Page, link: string, email: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('heading', { name: 'Join Acme' }).waitFor();
  expect(await page.getByLabel('Email address').inputValue()).toBe(email);
  await page.getByLabel('Password').fill(PASSWORD);
}

// What a browser does is the same on both engines.
test.runIf(engine === 'postgres')(
  'an invitee registers and accepts in a browser; the link stays in no history, and no session is left',
  async ({ skip }) => {
    const program = chromiumOnPath();
    if (program === undefined) return skip(NO_CHROMIUM);
    const app = await testApp();
    const { guest, organization, invite, tokensTo } = fixtureOf(app);
    const owner = await guest();
    const path = await organization(owner);
    const email = 'newcomer@example.com';
    await invite(path, owner, { email, role: 'viewer' });
    const [token = ''] = await tokensTo(email);
    const [mail] = (await app.outbox()).filter(({ to }) => to === email);
    expect(mail?.text).toContain(`/v1/invitations/accept#${token}`);
    const link = `${app.url}/v1/invitations/accept#${token}`;

    const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
    try {
      const page = await browser.newPage();
      const status = page.getByRole('status');
      await fill(page, link, email);
      expect(page.url()).toBe(`${app.url}/v1/invitations/accept`);
      await page
        .getByText(`${owner.email} invites you to join Acme as viewer, with the address ${email}`)
        .waitFor();
      await page.getByRole('button', { name: 'Register' }).click();
      await status.getByText('Confirm your address').waitFor();
      const verify = 'update identity.users set email_verified = true where email = $1';
      await app.db.asMigrator(statement(verify, [email]));

      await fill(page, link, email);
      await page.getByRole('button', { name: 'Sign in and accept' }).click();
      await status.getByText('You have joined Acme as viewer').waitFor();
      expect(await page.evaluate('JSON.stringify({ ...localStorage, cookie: document.cookie })')).toBe(
        '{"cookie":""}',
      );

      await page.goto('about:blank');
      await page.goto(link);
      await status.getByText('There is no such invitation any more.').waitFor();
      expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toMatch(/\/app$/);
      expect(await page.getByRole('button').count()).toBe(0);
    } finally {
      await browser.close();
    }
    const open = `select from identity.sessions join identity.users using (user_id) where email = $1 and revoked_at is null`;
    expect(await app.db.asMigrator(statement(open, [email]))).toEqual([]);
  },
);
