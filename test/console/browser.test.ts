import { describe, expect, test } from 'vitest';
import { type Browsed, isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('in a browser, the console', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, open, link, broken, faults, signIn, url } = await visitConsole();
  const used = link();

  test('asks who is not signed in to sign in, and a link that is used says so', async () => {
    await page.goto(`${url}/app/ledger`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.goto(`${url}/app/sign-in#code=0000-0000`);
    await page.getByText('This link does not work any more').waitFor();
    expect(page.url()).toBe(`${url}/app/sign-in`);
  });

  test('signs the owner in by a link, whose code leaves the address at once, and no script reads the cookie', async () => {
    await page.goto(used);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    expect(page.url()).toBe(`${url}/`);
    expect(await page.evaluate(() => (globalThis as unknown as Browsed).document.cookie)).toBe('');
    expect(
      await page.evaluate(() => JSON.stringify((globalThis as unknown as Browsed).localStorage)),
    ).not.toMatch(/pl[a-z]_|eyJ/);
    await page.reload();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
  });

  test('walks a call through its five steps with their times, and opens its row of the ledger', async () => {
    await page.getByRole('button', { name: /^Send · up to \$0\.\d+/ }).click();
    const walk = page.locator('.walk li');
    await page.getByRole('link', { name: 'Ledger row' }).waitFor();
    expect(await walk.locator('.num').allInnerTexts()).toEqual(
      Array.from({ length: 5 }, () => expect.stringMatching(/^[\d.,]+ (?:ms|sec)$/)),
    );
    await page.getByRole('link', { name: 'Ledger row' }).click();
    await page.getByRole('complementary').getByText('Prompt tokens').waitFor();
    expect(
      await page
        .getByRole('complementary')
        .getByText(/^01[\da-f-]{34}$/)
        .count(),
    ).toBeGreaterThan(0);
    expect(await faults()).toEqual([]);
    await page.getByRole('combobox', { name: 'Status' }).selectOption('voided');
    await page.getByText('No call fits.').waitFor();
  });

  test('has no fault on a phone, in the dark, in German', async () => {
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByRole('heading', { name: 'Limits' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Main' }).click();
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Letzte Aufrufe' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await faults()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1_440, height: 900 });
  });

  test('renews a session once where the clock of the browser is a day ahead, and says that it is over only once the server has ended it', async () => {
    const tab = await open();
    await tab.clock.setSystemTime(Date.now() + 86_400_000);
    let renewals = 0;
    tab.on('request', (request) => void (request.url().endsWith('/v1/auth/refresh') && (renewals += 1)));
    await tab.goto(`${url}/`);
    await tab.getByRole('heading', { name: 'Letzte Aufrufe' }).waitFor();
    expect(renewals).toBe(1);
    await tab.route('**/v1/auth/logout', (route) => route.fulfill({ status: 429 }), { times: 1 });
    const refused = tab.waitForResponse('**/v1/auth/logout');
    await tab.getByRole('button', { name: 'Abmelden' }).click();
    await refused;
    // An access token that has ended ends no session by itself.
    await tab.route('**/v1/auth/logout', (route) => route.fulfill({ status: 401 }), { times: 1 });
    await tab.getByRole('button', { name: 'Abmelden' }).click();
    await tab.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await tab.reload();
    await tab.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await tab.close();
    await signIn();
  });

  test('loads the page anew where a file of it is gone, as after an upgrade, and waits where the server is away', async () => {
    // What can't be loaded is told as broken.
    const tab = await page.context().newPage();
    await tab.goto(`${url}/app/products/reel/library`);
    const studio = tab.getByRole('link', { name: /^Studio/ });
    await studio.waitFor();
    let isGone = false;
    tab.on('request', (request) => void (request.isNavigationRequest() && (isGone = false)));
    await tab.route('**/*.js', (route) => (isGone ? route.fulfill({ status: 404 }) : route.continue()));
    const acts = [() => tab.keyboard.press('Control+k'), () => studio.click()];
    for (const act of acts) {
      await tab.getByRole('heading', { level: 1 }).waitFor();
      isGone = true;
      const anew = tab.waitForRequest((request) => request.isNavigationRequest());
      await act();
      await anew;
    }
    await tab.waitForURL('**/studio');
    await tab.getByRole('heading', { level: 1 }).waitFor();
    // Without the server there is none to load: the page stays, and goes on by itself.
    const cut = /\.js$|\/v1\/|\/healthz/;
    await tab.route(cut, (route) => route.abort());
    await tab.getByRole('link', { name: 'Mitglieder', exact: true }).click();
    await tab.locator('.lost').waitFor();
    await tab.unroute(cut);
    await tab.waitForURL('**/members');
    await tab.close();
  });

  test('shares one session among its tabs: ten that open at once sign nobody out', async () => {
    const tabs = await Promise.all(Array.from({ length: 10 }, open));
    await Promise.all(tabs.map((tab) => tab.goto(`${url}/`)));
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: 'Start' }).waitFor()));
    await tabs[0]?.getByRole('button', { name: 'Abmelden' }).click();
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: 'Anmelden' }).waitFor()));
    await Promise.all(tabs.map((tab) => tab.close()));
    await page.goto(`${url}/`);
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
  });

  test('breaks nothing on the way, and loads nothing from elsewhere', () => {
    expect(broken).toEqual([]);
  });
});
