import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type TestApp, testApp } from '@plinth/testkit/services/app';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { engine } from '@plinth/testkit/services';
import { OTHER, PASSWORD, register } from './mailbox.ts';

/** Opens a link, and keeps the page's errors and violations of its policy. */
async function openLink(browser: Browser, link: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(link);
  return { page, complaints };
}

/** Opens a link twice: the second press finds it used, and has another sent. */
async function pressTwice(
  browser: Browser,
  app: TestApp,
  ada: Awaited<ReturnType<typeof register>>,
): Promise<readonly string[]> {
  await ada.auth('forgot-password', { email: ada.email });
  const { page, complaints } = await openLink(
    browser,
    `${app.url}/v1/auth/reset-password/${await ada.link()}`,
  );
  await ada.auth('reset-password', { token: await ada.link(), password: OTHER });
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button').click();
  expect(await page.getByLabel('Email address').inputValue()).toBe(ada.email);
  const before = (await ada.mails()).length;
  await page.getByRole('button', { name: 'Send another link' }).click();
  await page.getByRole('status').getByText('on its way').waitFor();
  expect(await ada.mails()).toHaveLength(before + 1);
  return complaints;
}

// What a browser does is the same on both engines.
test.runIf(engine === 'postgres')(
  'a person verifies an address, chooses a new password and becomes an admin in a browser, and no link stays in its history',
  async ({ skip }) => {
    const program = chromiumOnPath();
    if (program === undefined) return skip(NO_CHROMIUM);
    const app = await testApp({ settings: { EMAIL_VERIFICATION: 'required' } });
    const ada = await register(app);
    const verifying = await ada.link();
    const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
    try {
      const first = await openLink(browser, `${app.url}/v1/auth/verify-email/${verifying}`);
      expect(first.page.url()).toBe(`${app.url}/v1/auth/verify-email`);
      expect((await ada.login()).code).toBe('email_not_verified');
      await first.page.getByRole('button', { name: 'Confirm' }).click();
      await first.page.getByRole('status').getByText('Your address is confirmed').waitFor();
      expect((await ada.login()).status).toBe(200);
      expect(await first.page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toMatch(/\/app$/);
      expect(await first.page.getByRole('button').count()).toBe(0);

      await ada.auth('forgot-password', { email: ada.email });
      const { page, complaints } = await openLink(
        browser,
        `${app.url}/api/v1/auth/reset-password?token=${await ada.link()}`,
      );
      expect(page.url()).toBe(`${app.url}/api/v1/auth/reset-password`);
      await page.getByText(`For ${ada.email}`).waitFor();
      const [field, button] = [page.getByLabel('New password'), page.getByRole('button')];
      await field.fill('Password1');
      await button.click();
      await page.getByRole('status').getByText('among the most common').waitFor();
      await field.fill(OTHER);
      await button.click();
      await page.getByRole('status').getByText('Your password is set').waitFor();
      expect((await ada.login(OTHER)).status).toBe(200);

      const twice = await pressTwice(browser, app, ada);

      const invited = await app.app.modules.identity.admins.invite(ada.email);
      const { hash } = new URL(invited.kind === 'invited' ? invited.link : 'none:');
      const last = await openLink(browser, `${app.url}/v1/auth/accept-admin${hash}`);
      expect(last.page.url()).toBe(`${app.url}/v1/auth/accept-admin`);
      await last.page.getByLabel('New password').fill(PASSWORD);
      await last.page.getByRole('button').click();
      await last.page.getByRole('status').getByText('You are a platform admin').waitFor();
      const { access } = await ada.enter(PASSWORD);
      expect((await app.call(access, 'GET /v1/me')).body['role']).toBe('admin');
      // A refused call is told by the browser itself; nothing else is to be told, least of all of its policy.
      expect(
        [...first.complaints, ...complaints, ...twice, ...last.complaints].filter(
          (text) => !text.includes('status of 400'),
        ),
      ).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
