import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { freePort } from '@plinth/testkit/services/ports';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('a sign-in', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const [port, appPort] = [await freePort(), await freePort()];
  const settings = {
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${port}`,
    SESSION_ORIGINS: `http://localhost:${appPort}`,
  };
  const visited = await visitConsole({ settings });
  const { page, url, customer, outbox } = visited;
  const ada = await customer();

  const heading = (name: string, on = page) => on.getByRole('heading', { name, level: 1 });
  const button = (name: string, on: Page = page) => on.getByRole('button', { name, exact: true });
  const fill = (label: string, text: string) =>
    page.getByRole('textbox', { name: label, exact: true }).fill(text);
  async function signOut() {
    await button('Sign out').click();
    await heading('Sign in').waitFor();
  }

  test('by mail: a link signs in both tabs, and a code the one that asked', async () => {
    const mailed = async (email: string) => {
      await page.goto(`${url}/app/security`);
      await button('Sign in by mail').click();
      await fill('Email', email);
      await button('Send the mail').click();
      await page.getByText('A mail is on its way to').waitFor();
      const mail = (await outbox()).findLast(({ to, subject }) => to === email && subject === 'Sign in');
      return mail?.text ?? '';
    };
    const link = /^http:\S+$/m.exec(await mailed('link@example.com'))?.[0] ?? '';
    const tab = await page.context().newPage();
    await tab.goto(link);
    await button('Sign in', tab).click();
    await heading('Security', tab).waitFor();
    await heading('Security').waitFor();
    await tab.close();
    await signOut();
    const code = /^[0-9A-Z]{4}-[0-9A-Z]{4}$/m.exec(await mailed('code@example.com'))?.[0] ?? '';
    await fill('Code of the mail', '0000-0000');
    await button('Sign in').click();
    await page.getByRole('alert').filter({ hasText: 'This code is wrong' }).waitFor();
    await fill('Code of the mail', code.toLowerCase());
    await button('Sign in').click();
    await heading('Security').waitFor();
    await signOut();
  });

  test('is open to an app on another origin of the site, whose session is apart from the console’s', async () => {
    const served = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(),
    );
    await new Promise<void>((listening) => served.listen(appPort, 'localhost', listening));
    const other = await page.context().newPage();
    await other.goto(`http://localhost:${appPort}/`);
    const post = (path: string, body: object) =>
      other.evaluate(
        async ([to, said]) => {
          const headers = { 'content-type': 'application/json', 'plinth-session': 'cookie' };
          const answer = await fetch(to, { method: 'POST', credentials: 'include', headers, body: said });
          return { status: answer.status, body: (await answer.json()) as object };
        },
        [`${url}${path}`, JSON.stringify(body)] as const,
      );
    await forgetRates(visited);
    expect((await post('/v1/auth/refresh', {})).status).toBe(401);
    const login = await post('/v1/auth/login', { email: ada.email, password: ada.password });
    expect(Object.keys(login.body)).toEqual(['access_token', 'expires_at']);
    expect((await post('/v1/auth/refresh', {})).status).toBe(200);
    await page.goto(`${url}/app/security`);
    await button('Sign in').waitFor();
    await other.close();
    served.close();
  });
});
