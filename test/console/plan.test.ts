import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { makeMember } from '@plinth/testkit/factories';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { idOf } from '../selling/fixture.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

/** A product whose plan is sold by the seat, each for so many dollars a month, or not any more. */
const notesOf = (dollars: number, isHidden: boolean) => `
products:
  notes:
    limits: { summaries: quota per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 2 } }
      team: { name: Team, price: ${dollars}, hidden: ${isHidden}, grants: { summaries: 100 }, per_seat: [summaries] }
    default_plan: free
`;

describe.runIf(isHere)('the page of plans', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox();
  atEndOfFile(() => sandbox.close());
  const file = join(temporaryFolder(), 'plinth.plans.yaml');
  writeFileSync(file, notesOf(15, false));
  const visit = await visitConsole({ stripe: sandbox, settings: { PLANS_FILE: file } });
  const { app, page, open, openElsewhere, signInAs, broken, faults, look, overflow, url, db } = visit;
  const { api, call, customer } = visit;
  const ada = await customer();
  const status = (text: string | RegExp, at = page) => at.getByRole('status').filter({ hasText: text });
  const members = (at = page) =>
    at.getByRole('region', { name: 'Limits' }).getByRole('listitem').filter({ hasText: 'Members' });

  test('buys a plan at the provider’s page, and shows it as soon as the provider has told, without a reload', async () => {
    await signInAs(ada);
    await page.goto(`${url}/app/plan?product=orbit`);
    await page.getByRole('button', { name: 'Buy Pro' }).click();
    await page.getByLabel('Card number').waitFor();
    sandbox.hold();
    await pay(page);
    await status('Pro begins as soon as the payment provider has told us').waitFor();
    await sandbox.release();
    await status('You have Pro now.').waitFor();
    await page.getByRole('heading', { name: 'Orbit Pro' }).waitFor();
    await page.waitForURL(`${url}/app/plan?product=orbit`);
    expect(await faults()).toEqual([]);
  });

  test('is told of a limit that is reached, sees what more costs before it is paid, and has room at once', async () => {
    for (let n = 0; n < 4; n += 1) await makeMember(db, ada.accountId);
    await page.getByRole('link', { name: 'Members' }).click();
    await invite(page, 'grace@example.com');
    await page.getByRole('alert').filter({ hasText: 'Members: all 5 are taken.' }).waitFor();
    await page.goto(`${url}/app/plan?product=orbit`);
    await members().getByText('5 of 5').waitFor();
    await page.getByRole('button', { name: /^Change to/ }).click();
    const preview = page.getByRole('group', { name: 'Change to Team' });
    await preview.getByText('$49.00 a month').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await preview.getByRole('button', { name: 'Change and pay $30.00' }).click();
    await status('You have Team now.').waitFor();
    await members().getByText('5 of 25').waitFor();
    await page.getByRole('link', { name: 'Members' }).click();
    await invite(page, 'grace@example.com');
    await page.getByRole('row', { name: 'grace@example.com' }).waitFor();
    await page.getByRole('link', { name: 'Plan', exact: true }).click();
    await page.getByRole('link', { name: 'Invoices' }).click();
    await page.getByRole('row').filter({ hasText: '$30.00' }).waitFor();
    expect(await page.getByRole('link', { name: 'PDF' }).count()).toBe(2);
    expect(await faults()).toEqual([]);
  });

  test('says until when a canceled plan lasts and resumes it; a smaller plan that does not fit comes later', async () => {
    await page.goto(`${url}/app/plan?product=orbit`);
    await page.getByRole('button', { name: /^Cancel, to end/ }).click();
    await page.getByRole('button', { name: /^Cancel, to end .*press again/ }).click();
    await page.getByRole('row', { name: /Orbit Team ends / }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Resume: press again' }).click();
    await page.getByRole('row', { name: /Orbit Team renews / }).waitFor();
    await page.getByRole('button', { name: /^Change to/ }).click();
    const preview = page.getByRole('group', { name: 'Change to Pro' });
    await preview.getByText('Charged now').waitFor();
    await preview.getByRole('button', { name: 'Change', exact: true }).click();
    await status(/You have Pro from .* on\./).waitFor();
    await page.getByRole('button', { name: 'Keep Team' }).click();
    await page.getByRole('button', { name: 'Keep Team: press again' }).click();
    await page.getByRole('row', { name: /Orbit Team renews / }).waitFor();
  });

  test('of two tabs that change one plan, the second shows what the first has made of it, and charges nothing twice', async () => {
    const other = await open();
    const toYear = `${url}/app/plan?product=orbit&cycle=yearly&to=orbit.team`;
    await Promise.all([page.goto(toYear), other.goto(toYear)]);
    const buttons = [page, other].map((at) => at.getByRole('button', { name: /^Change and pay/ }));
    await Promise.all(buttons.map((button) => button.waitFor()));
    await Promise.all(buttons.map((button) => button.click()));
    await expect
      .poll(
        async () => (await status('You have Team now.').count()) + (await page.getByRole('alert').count()),
      )
      .toBeGreaterThan(0);
    await Promise.all([page, other].map((at) => at.goto(`${url}/app/invoices`)));
    for (const at of [page, other])
      await expect.poll(() => at.getByRole('link', { name: 'PDF' }).count()).toBe(3);
    await other.close();
  });

  test('has packs bought by itself as its owner agrees, who sees why one was not paid, in both languages, and ends it', async () => {
    const stripe = packageAt(sandbox);
    const [customerId = ''] = (await stripe.customers.list({ limit: 1 })).data.map(({ id }) => id);
    const useCard = async (card: string) => {
      const { id } = await stripe.paymentMethods.attach(card, { customer: customerId });
      await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: id } });
    };
    await useCard('pm_card_chargeCustomerFail');
    await page.goto(`${url}/app/plan?product=gateway`);
    const part = page.getByRole('region', { name: 'Automatic top-up' });
    await part.getByLabel('Buy when less is left: Calls for pictures a month').fill('600');
    await part.getByLabel('Packs a month at most').fill('2');
    await part.getByText('$20.00 for each 500 image calls whenever less than 600 are left').waitFor();
    await part.getByRole('button', { name: 'Agree', exact: true }).click();
    await part.getByText('visa 0341').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await app.modules.sales.topUps.run();
    await page.reload();
    await part.getByText('The last purchase was not paid.').waitFor();
    const failed = part.getByRole('row').filter({ hasText: '$40.00' });
    await failed.getByText('waits for you: the card was declined').waitFor();
    const link = await failed.getByRole('link', { name: 'Pay' }).getAttribute('href');
    expect(link).toContain(sandbox.url);
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.evaluate(`localStorage.setItem('plinth.language', 'de')`);
    await page.setViewportSize({ width: 360, height: 900 });
    await page.reload();
    const german = page.getByRole('region', { name: 'Automatisch nachkaufen' });
    await german.getByText('wartet auf dich: die Karte wurde abgelehnt').waitFor();
    expect([...(await faults()), await overflow()]).toEqual([0]);
    await page.evaluate(`localStorage.setItem('plinth.language', 'en')`);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await useCard('pm_card_visa');
    await page.reload();
    await part.getByRole('button', { name: 'Agree anew' }).click();
    await part.getByText('visa 4242').waitFor();
    await part.getByRole('button', { name: 'End automatic top-up' }).click();
    await part.getByRole('button', { name: 'End automatic top-up: press again' }).click();
    await part.getByRole('button', { name: 'Agree', exact: true }).waitFor();
  });

  test('left half-way nothing is bought, and the same page opens again', async () => {
    await page.goto(`${url}/app/plan?product=reel`);
    await page.getByRole('button', { name: 'Buy Standard' }).click();
    await page.getByLabel('Card number').waitFor();
    const checkout = page.url();
    await page.getByRole('link', { name: /back/i }).first().click();
    await status('Nothing was bought.').waitFor();
    await page.getByRole('button', { name: 'Buy Standard' }).click();
    await page.getByLabel('Card number').waitFor();
    expect(page.url()).toBe(checkout);
  });

  test('comes back to the account that it was bought for, whichever was chosen meanwhile', async () => {
    const other = await open();
    await other.goto(`${url}/app/plan`);
    await other.getByRole('combobox', { name: 'Account' }).selectOption({ index: 0 });
    await pay(page);
    await status('You have Standard now.').waitFor();
    expect(await page.getByRole('combobox', { name: 'Account' }).inputValue()).toBe(ada.accountId);
    await other.close();
  });

  test('names the bank’s page while a change waits for it, and the present plan stays', async () => {
    const stripe = packageAt(sandbox);
    const [subscription] = (await stripe.subscriptions.list({ limit: 1 })).data;
    const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: idOf(subscription?.customer),
    });
    await stripe.subscriptions.update(subscription?.id ?? '', { default_payment_method: method.id });
    await page.goto(`${url}/app/plan?product=reel&to=reel.pro`);
    await page.getByRole('button', { name: /^Change and pay/ }).click();
    const notice = page.getByRole('alert').filter({ hasText: 'Pro waits until you confirm the payment' });
    const link = await notice.getByRole('link', { name: 'Confirm the payment' }).getAttribute('href');
    expect(link).toContain(sandbox.url);
    await page.getByRole('heading', { name: 'Reel Standard' }).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await notice.getByRole('button', { name: 'Keep Standard' }).click();
    await notice.getByRole('button', { name: 'Keep Standard: press again' }).click();
    await notice.waitFor({ state: 'detached' });
  });

  test('says first that a payment failed, until when the plan is kept, and where to pay', async () => {
    // Events of the change before would undo what is written here.
    await sandbox.idle();
    await app.modules.inbox.drain();
    await db.asMigrator(
      statement(
        `update billing.subscriptions set state = 'past_due', grace_ends_at = app.now() + interval '4 days'
         where account_id = $1 and product = 'reel'`,
        [ada.accountId],
      ),
    );
    await db.asMigrator(
      statement(
        `update billing.invoices set state = 'open' where account_id = $1 and issued_at =
           (select max(issued_at) from billing.invoices where account_id = $1)`,
        [ada.accountId],
      ),
    );
    await page.goto(`${url}/app/plan?product=orbit`);
    const notice = page.getByRole('alert').filter({ hasText: 'The last payment for Reel failed.' });
    await notice.getByRole('link', { name: 'Pay the invoice' }).waitFor();
    await page.getByRole('row', { name: /^Reel Standard payment failed, kept until/ }).waitFor();
    expect(await faults()).toEqual([]);
    await notice.getByRole('button', { name: 'Use another card' }).click();
    await page.getByText('Change the card').waitFor();
    expect(page.url()).toContain(sandbox.url);
  });

  test('shows members what there is, and no way to buy', async () => {
    const grace = await customer();
    await db.asMigrator(
      statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`, [
        ada.accountId,
        grace.userId,
      ]),
    );
    const hers = await openElsewhere();
    await signInAs(grace, hers);
    await hers.getByRole('combobox', { name: 'Account' }).selectOption(ada.accountId);
    await hers.goto(`${url}/app/plan?product=orbit&to=orbit.pro`);
    await members(hers).getByText('6 of 25').waitFor();
    await hers.getByText(/^Owners and admins of .* buy and change plans\.$/).waitFor();
    for (const name of [/^Buy/, /^Change/, /^Cancel/, 'Card and address'])
      expect(await hers.getByRole('button', { name }).count()).toBe(0);
    expect(await faults(hers)).toEqual([]);
  });

  test('changes the seats of a plan that is sold no more at the price that was bought, here and in the portal', async () => {
    const eve = await customer();
    const there = { success_url: url, cancel_url: url };
    const order = { product: 'notes', plan: 'team', cycle: 'monthly', quantity: 2, ...there };
    const { body } = await call(eve.key, 'POST /v1/billing/checkout', { body: order });
    await sandbox.pay(String(body['checkout_url']));
    await sandbox.idle();
    await app.modules.inbox.drain();
    await api('PUT /v1/admin/plans', { document: notesOf(40, true) });
    const hers = await openElsewhere();
    await signInAs(eve, hers);
    await hers.goto(`${url}/app/plan?product=notes&seats=3`);
    await hers.getByRole('button', { name: 'Change seats to 3' }).click();
    await hers.getByRole('group', { name: 'Change to Team' }).getByText('$45.00 a month').waitFor();
    expect(await faults(hers)).toEqual([]);
    await hers.getByRole('button', { name: /^Change and pay/ }).click();
    await status('You have Team now.', hers).waitFor();
    const back = { product: 'notes', return_url: `${url}/` };
    const { body: link } = await call(eve.key, 'POST /v1/portal/links', { body: back });
    await hers.goto(String(link['url']));
    await hers.getByRole('link', { name: 'Change plan' }).click();
    await hers.getByLabel('Seats').fill('4');
    expect(await faults(hers)).toEqual([]);
    await hers.getByRole('button', { name: 'Change seats' }).click();
    await hers.getByText('and $60 a month from then on').waitFor();
    await hers.getByRole('button', { name: 'Change plan' }).click();
    await hers.getByText('$60 a month for 4 seats').waitFor();
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});

async function pay(page: Page): Promise<void> {
  await page.getByLabel('Card number').fill('4242 4242 4242 4242');
  await page.getByLabel('Expiry').fill('12/40');
  await page.getByLabel('Security code').fill('123');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
}

async function invite(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Invite' }).click();
}
