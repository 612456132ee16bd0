import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { createPrismApp } from '../../docs/examples/prism/server.ts';
import { createStripeSandbox } from '#sandbox/stripe';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';

const program = browserHere();
const PATIENCE = 60_000;

describe.runIf(program !== undefined)('the app on a phone', { timeout: 4 * PATIENCE }, async () => {
  if (program === undefined) return;
  const stripe = await createStripeSandbox();
  const app = await testApp({ stripe, settings: { CORS_ORIGINS: 'http://127.0.0.1:*' } });
  const served = createPrismApp(app.url).listen(0, '127.0.0.1');
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  afterAll(async () => {
    await browser.close();
    served.close();
    await stripe.close();
  });
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 390, height: 844 },
    hasTouch: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const write = async (field: string, text: string, button: string) => {
    await page.getByRole('textbox', { name: field }).fill(text);
    await press(button);
  };
  const says = (text: string) => page.getByRole('status').getByText(text).waitFor();

  test('signs up, writes to the mirror, and reads the reply', async () => {
    await page.goto(`http://127.0.0.1:${(served.address() as AddressInfo).port}/`);
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill('correct horse battery');
    await press('Sign up');
    await write('What is it about?', 'The move', 'Begin a session');
    await write('What moves you?', 'I am torn about the move, and I miss my garden.', 'Send');
    const talk = page.getByRole('log').locator('section');
    await expect.poll(() => talk.count()).toBe(2);
    await expect.poll(() => talk.last().innerText()).toMatch(/\w{3}/);
    await expect.poll(() => page.getByRole('textbox').inputValue()).toBe('');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  test('sends once, when the network is back, what was written without one', async () => {
    await context.setOffline(true);
    await write('What moves you?', 'Nobody hears me in the tunnel.', 'Send');
    await says('The server can’t be reached.');
    expect(await page.getByRole('textbox').inputValue()).toBe('Nobody hears me in the tunnel.');
    await context.setOffline(false);
    const talk = page.getByRole('log').locator('section');
    await expect.poll(() => talk.count(), { timeout: PATIENCE }).toBe(4);
    await expect.poll(() => page.getByRole('textbox').inputValue()).toBe('');
    await press('Mirror');
    await expect.poll(() => talk.count()).toBe(4);
  });

  test('turns thoughts until the limit, which says when it opens and what the next plan costs', async () => {
    await press('Turn');
    for (const count of [1, 2, 3]) {
      await write('A thought', `I always ruin everything, ${count}.`, 'Turn it');
      await page.getByText(`I always ruin everything, ${count}.`).and(page.locator('p')).waitFor();
    }
    await write('A thought', 'Nobody ever listens to me.', 'Turn it');
    const limit = page.getByRole('alert');
    await limit.getByText('It opens again on').waitFor();
    await limit.getByRole('link', { name: 'Prism: $7.99 a month' }).waitFor();
  });

  test('shows helplines and nothing else in a crisis, also past the limit', async () => {
    await write('A thought', 'I want to kill myself.', 'Turn it');
    await page.getByRole('alert').getByRole('link', { name: '988', exact: true }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await page.getByRole('textbox').count()).toBe(0);
    await press('Back');
    await page.getByRole('textbox').waitFor();
  });

  test('a person who is safe goes on in the mirror, with the helplines above the reply', async () => {
    await press('Mirror');
    await write('What moves you?', 'I want to kill myself.', 'Send');
    await page.getByRole('alert').waitFor();
    await press('I am safe. Go on with what I wrote');
    await expect.poll(() => page.getByRole('log').locator('section').count()).toBe(6);
    await page.getByRole('alert').getByRole('link', { name: '988', exact: true }).waitFor();
  });

  test('has goals with suggested actions, and the spectrum of the next plan', async () => {
    await press('Lens');
    await write('A goal', 'Sleep by eleven', 'Set the goal');
    await press('Suggest three');
    await page
      .getByRole('button', { name: /^Add: / })
      .first()
      .click();
    await page.getByRole('checkbox').check();
    await page.getByText('Days in a row: 1').waitFor();
    await press('Spectrum');
    await page.getByRole('alert').getByRole('link', { name: 'Prism: $7.99 a month' }).waitFor();
    await press('Sign out');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(broken).toEqual([]);
  });
});
