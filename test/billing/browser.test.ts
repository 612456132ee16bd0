import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createStripeSandbox } from '#sandbox/stripe';
import { advanceTo } from '@plinth/testkit/factories';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { createShop } from '../../docs/examples/shop/server.ts';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';

const program = browserHere();

const GOOD = '4242 4242 4242 4242';
const DECLINED = '4000 0000 0000 0002';
/** Its bank asks for the person each time. */
const ASKING = '4000 0027 6000 3184';
/** Is taken as a card, and then pays nothing. */
const EMPTY = '4000 0000 0000 0341';
const PATIENCE = 60_000;

describe.runIf(program !== undefined)('in a browser, a person', async () => {
  if (program === undefined) return;
  const sandbox = await createStripeSandbox({ driven: new Date() });
  afterAll(() => sandbox.close());
  const app = await testApp({ stripe: sandbox, settings: { CORS_ORIGINS: 'http://127.0.0.1:*' } });
  const shop = createShop(app.url).listen(0, '127.0.0.1');
  afterAll(() => void shop.close());
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  afterAll(() => browser.close());
  const page = await pageOf(browser);
  const home = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`;
  const mails = async () => (await app.outbox()).map(({ subject }) => subject);

  /** Both clocks; what is due by then happens at Stripe, and is told. */
  async function advanceClocksTo(instant: Date): Promise<void> {
    await advanceTo(app.db, instant.toISOString());
    sandbox.advanceTo(instant);
    await sandbox.idle();
    await app.app.modules.inbox.drain();
  }
  /** The shop's page, once it says this of the subscription. */
  async function expectShopPage(words: string | RegExp): Promise<void> {
    await expect
      .poll(
        async () => {
          await page.goto(home);
          await page.locator('#page > *').first().waitFor();
          return page.locator('body').innerText();
        },
        { timeout: PATIENCE },
      )
      .toMatch(words);
  }
  const enter = async (by: 'Sign in' | 'Sign up') => {
    await page.goto(home);
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: by }).click();
    await page.locator('#who', { hasText: 'ada@example.com' }).waitFor();
  };
  const write = async (posts: string) => {
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.locator('#held').getByText(posts).waitFor();
  };

  test('registers, is declined, pays, and has what they paid for at once', async () => {
    await enter('Sign up');
    await takeScreenshot(page, 'signed-up');
    await page.getByRole('button', { name: 'Choose Basic' }).click();
    await pay(page, { card: DECLINED, by: 'Subscribe' });
    await page.getByRole('alert').waitFor();
    await takeScreenshot(page, 'declined');
    await pay(page, { card: GOOD, by: 'Subscribe' });
    await page.locator('#held').getByText('0 of 60 posts').waitFor();
    await takeScreenshot(page, 'basic');
    await write('1 of 60 posts');
    await takeScreenshot(page, 'wrote');
  });

  test('buys a boost, and has the bigger plan while it lasts', async () => {
    await page.getByRole('button', { name: 'Buy Pro Boost' }).click();
    await page.getByLabel('Card number').waitFor();
    await takeScreenshot(page, 'checkout-boost');
    await pay(page, { card: GOOD, by: 'Pay' });
    await page.locator('#held').getByText('1 of 900 posts').waitFor();
    await page.locator('#held').getByText('reel.pro_boost until').waitFor();
    await takeScreenshot(page, 'boosted');
  });

  test('cancels, sees until when it lasts, and has it go on', async () => {
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#subscription', { hasText: 'ends on' }).waitFor();
    await takeScreenshot(page, 'canceled');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.locator('#subscription', { hasText: 'active, renews on' }).waitFor();
  });

  test('gives a card without money: it is told, kept for a week, and put right by another card', async () => {
    await page.getByRole('button', { name: 'Card and invoices' }).click();
    await page.getByText('Change the card').click();
    await takeScreenshot(page, 'portal');
    await pay(page, { card: EMPTY, by: 'Use this card' });
    await page.getByText('ends in 0341').waitFor();
    const [subscription] = await subscriptions(app.url, page);
    const renews = new Date(String(subscription?.['period_ends_at']));
    // A session lasts 30 days.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await advanceClocksTo(new Date(renews.getTime() + 2 * 3_600_000));
    await enter('Sign in');
    await expectShopPage(/The last payment failed. It works until/);
    await takeScreenshot(page, 'past-due');
    expect(await mails()).toContainEqual(expect.stringMatching(/payment/i));
    await page.getByRole('button', { name: 'Card and invoices' }).click();
    await page.getByRole('link', { name: 'Pay', exact: true }).click();
    await page.getByLabel('Card number').waitFor();
    await takeScreenshot(page, 'open-invoice');
    await pay(page, { card: GOOD, by: 'Pay $5.95' });
    await page.getByText('This invoice is paid.').waitFor();
    await expectShopPage(/active, renews on/);
    await takeScreenshot(page, 'recovered');
  });

  test('takes a bigger plan: not by the card without money, and at once by a better one', async () => {
    await page.getByRole('button', { name: 'Choose Standard' }).click();
    await page.getByRole('status').getByText('The payment was declined.').waitFor();
    await page.getByRole('button', { name: 'Card and invoices' }).click();
    await page.getByText('Change the card').click();
    await pay(page, { card: GOOD, by: 'Use this card' });
    await page.getByRole('link', { name: 'Back to the shop' }).click();
    await page.getByRole('button', { name: 'Choose Standard' }).click();
    await page.locator('#held').getByText('of 300 posts').waitFor();
    await takeScreenshot(page, 'standard');
  });

  test('arranges a smaller plan, cancels, keeps it with what was arranged, and takes that back', async () => {
    const standing = page.locator('#subscription');
    await page.getByRole('button', { name: 'Choose Basic' }).click();
    await standing.getByText('becomes reel.basic on').waitFor();
    await takeScreenshot(page, 'arranged');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await standing.getByText('ends on').waitFor();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await standing.getByText('becomes reel.basic on').waitFor();
    await page.getByRole('button', { name: 'Stay with this plan' }).click();
    await standing.getByText('active, renews on').waitFor();
    await takeScreenshot(page, 'stayed');
  });

  test('is asked by their bank about a bigger plan: they close the page, refuse, and confirm', async () => {
    await page.getByRole('button', { name: 'Card and invoices' }).click();
    await page.getByText('Change the card').click();
    await pay(page, { card: ASKING, by: 'Use this card' });
    // A bank asks about the card itself, too.
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByRole('link', { name: 'Back to the shop' }).click();

    await page.getByRole('button', { name: 'Choose Pro' }).click();
    await page.getByText('Your bank asks').waitFor();
    await takeScreenshot(page, 'bank-asks');
    // Closed: nothing has changed, and it is said.
    await expectShopPage(/You have reel\.standard\. reel\.pro waits for your bank until/);
    await page.locator('#held').getByText('of 300 posts').waitFor();
    await takeScreenshot(page, 'change-waits');
    expect(await mails()).toContainEqual(expect.stringMatching(/confirm the payment/));

    await page.getByRole('button', { name: 'Confirm the payment' }).click();
    await page.getByRole('button', { name: 'Refuse', exact: true }).click();
    await page.getByLabel('Card number').waitFor();
    await takeScreenshot(page, 'bank-refused');
    await expectShopPage(/You have reel\.standard\. reel\.pro waits/);
    await page.locator('#held').getByText('of 300 posts').waitFor();
    await page.getByRole('button', { name: 'Stay with reel.standard' }).click();
    await page.locator('#waiting').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Choose Pro' }).click();
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByText('This invoice is paid.').waitFor();
    await expectShopPage(/of 900 posts/);
    await takeScreenshot(page, 'confirmed');
  });
});

async function pageOf(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  // What a change costs is asked first.
  page.on('dialog', (dialog) => void dialog.accept());
  return page;
}

async function pay(page: Page, { card, by }: { readonly card: string; readonly by: string }): Promise<void> {
  await page.getByLabel('Card number').fill(card);
  await page.getByLabel('Expiry').fill('12/40');
  await page.getByLabel('Security code').fill('123');
  await page.getByRole('button', { name: by, exact: true }).click();
}

/** The plan of the signed-in customer, read with their own token. */
async function subscriptions(url: string, page: Page): Promise<Readonly<Record<string, unknown>>[]> {
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  const kept = await page.evaluate('localStorage.getItem("plinth.session")');
  const { access_token: token } = JSON.parse(String(kept)) as { access_token: string };
  const reply = await fetch(`${url}/v1/billing/subscriptions`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await reply.json()) as { data: Readonly<Record<string, unknown>>[] }).data;
}

/** For eyes: with SCREENSHOTS a folder is filled. */
async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
