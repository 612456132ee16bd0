import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { commitPoint } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { advance, advanceTo } from '@plinth/testkit/factories';
import { temporaryFolder } from '@plinth/testkit/services';
import { type Browser, chromium, type Page } from 'playwright-core';
import PostalMime from 'postal-mime';
import { afterAll, describe, expect, test } from 'vitest';
import { runCli } from '../../../docs/examples/licensed-cli/cli.ts';
import { packageAt } from '../../../sandboxes/src/stripe/testing/package.ts';
import { sealedKey } from '#platform/signing';
import { LICENSE_KEYS } from '../signing/store.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { machine, MINUTE } from '../../../test/sdk/license-machine.ts';
import { install } from '../../../test/sdk/stranger.ts';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';
import { sharedRsaKey } from './rsa-key.ts';

const program = browserHere();

const KEY = commitPoint('test.signing-key-of-the-browser', 'a key that is made already');
const GOOD = '4242 4242 4242 4242';
const PATIENCE = 120_000;
/** Less often than calls are counted by the minute. */
const PATIENT = { timeout: PATIENCE, interval: 700 };
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ADA = { email: 'ada@acme.example.com', password: 'correct horse battery' };

describe.runIf(program !== undefined)('a company', async () => {
  if (program === undefined) return;
  const began = Date.now();
  const sandbox = await createStripeSandbox({ driven: new Date(began) });
  afterAll(() => sandbox.close());
  const app = await testApp({ stripe: sandbox });
  const { call, db, outbox, url } = app;
  const rsa = sealedKey({ ...app.app.modules, store: LICENSE_KEYS }, 'rsa-4096', await sharedRsaKey());
  await db.system('coditect.signing', KEY, [LICENSE_KEYS.insert(rsa)]);
  const stripe = packageAt(sandbox);
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  afterAll(() => browser.close());
  const page = await pageOf(browser);

  /** The time of everybody: of the machine that the program runs on, and through its calls and by hand of the server and of Stripe. */
  const world = { now: began };
  let told = began;
  const here = machine(world);
  const fetchOnClock: typeof fetch = async (...asked) => {
    const by = world.now - told;
    told = world.now;
    if (by > 0) await advance(db, `${by} milliseconds`);
    return fetch(...asked);
  };
  /** The machine sleeps until then; what is due by then happens at Stripe, and is told. */
  async function sleepUntil(instant: number): Promise<void> {
    here.sleep(Math.max(0, instant - world.now));
    told = world.now;
    await advanceTo(db, new Date(instant).toISOString());
    sandbox.advanceTo(new Date(instant));
    await sandbox.idle();
    // A job fetches the changed objects first, so that the test does not read the former promise.
    await app.app.modules.inbox.drain();
  }
  let token: string | undefined;
  /** Calls for the company, signed in anew when its session is over. */
  async function asAda(path: string, body?: object) {
    const options = body === undefined ? {} : { body };
    const reply = await call(token, path, options);
    if (reply.status !== 401) return reply;
    const { body: signedIn } = await call(undefined, 'POST /v1/auth/login', { body: ADA });
    token = String(signedIn['access_token']);
    return call(token, path, options);
  }
  const subscription = async () => (await asAda('GET /v1/billing/subscription?product=coditect')).body;
  const state = async () => (await subscription())['state'];
  const license = async () => {
    const { body } = await asAda('GET /v1/licenses');
    const [first] = body['data'] as readonly Readonly<Record<string, unknown>>[];
    return first ?? {};
  };
  const subjects = async () => (await outbox()).map(({ subject }) => subject);
  const expectMail = (words: RegExp) =>
    expect.poll(subjects, PATIENT).toContainEqual(expect.stringMatching(words));
  let licenseKey = '';

  /** The example program on the machine whose clock we drive. */
  const input = new PassThrough();
  const output = new PassThrough();
  let said = '';
  output.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  /** Its time goes on until it has said this since the last time that it was asked. */
  async function says(words: string, step = 15_000): Promise<void> {
    await expect
      .poll(async () => {
        await here.pass(step);
        return said;
      }, PATIENT)
      .toContain(words);
    said = '';
  }

  test('registers, pays for a plan on trial, and sees its licence key', async () => {
    const { status } = await call(undefined, 'POST /v1/auth/register', {
      body: { ...ADA, company_name: 'Acme' },
    });
    expect(status).toBe(201);
    const plans = await call(undefined, 'GET /v1/plans?product=coditect');
    expect(JSON.stringify(plans.body)).toContain('Starter');
    const { body } = await asAda('POST /v1/checkout/session', {
      plan_id: 'coditect.starter',
      // The server’s own page, at the port that it was given.
      success_url: `${url}/v1/checkout/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${url}/v1/checkout/cancel`,
    });
    await page.goto(String(body['checkout_url']));
    await page.getByRole('link', { name: 'Back without paying' }).click();
    await page.getByText('nothing was charged').waitFor();
    await takeScreenshot(page, 'left-without-paying');
    await page.goto(String(body['checkout_url']));
    await page.getByLabel('Card number').fill(GOOD);
    await page.getByLabel('Expiry').fill('12/40');
    await page.getByLabel('Security code').fill('123');
    await takeScreenshot(page, 'checkout');
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    await page.waitForURL(/\/v1\/checkout\/success/);
    const key = page.locator('output');
    await key.waitFor();
    await takeScreenshot(page, 'licence-key');
    licenseKey = await key.innerText();
    expect(licenseKey).toMatch(/^CODITECT(-[0-9A-Z]{4}){5}$/);
    expect(await license()).toMatchObject({ status: 'active', tier: 'starter', max_seats: 3 });
  });

  test('has the key by mail, with the signed file that it can download', async () => {
    await expectMail(/^Verify your email address$/);
    await expectMail(/^Your Coditect licence key$/);
    await expectMail(/the plan Starter is in effect/);
    const { mail } = app.app.modules.options.config;
    if (mail.via.transport !== 'outbox') throw new Error('there is no outbox');
    const { folder } = mail.via;
    const mails = await Promise.all(
      readdirSync(folder)
        .filter((name) => name.endsWith('.eml'))
        .map((name) => PostalMime.parse(readFileSync(join(folder, name)))),
    );
    const issued = mails.find(({ subject }) => subject === 'Your Coditect licence key');
    expect(issued?.text).toContain(licenseKey);
    expect(issued?.attachments.map(({ filename }) => filename)).toEqual([
      'license.json',
      'license.rsa-4096.sig',
      'license.ed25519.sig',
    ]);
    const { id } = await license();
    const { body } = await asAda(`GET /v1/licenses/${String(id)}/download`);
    const bytes = Buffer.from(issued?.attachments[0]?.content as ArrayBuffer);
    expect(JSON.parse(bytes.toString())).toEqual(body['license']);
    expect(body['license']).toMatchObject({ organization: 'Acme', tier: 'starter', max_seats: 3 });
  });

  test('runs the program with it, which shows its seat and gives it back', async () => {
    const folder = temporaryFolder();
    await install(folder);
    for (const name of ['cli', 'main']) {
      const source = readFileSync(join(ROOT, `docs/examples/licensed-cli/${name}.ts`), 'utf8');
      writeFileSync(join(folder, `${name}.js`), stripTypeScriptTypes(source).replaceAll('.ts', '.js'));
    }
    const child = spawn(process.execPath, [join(folder, 'main.js')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, HOME: folder, LICENSE_KEY: licenseKey, PLINTH_URL: url },
    });
    let heard = '';
    child.stdout.on('data', (bytes: Buffer) => {
      heard += bytes.toString();
    });
    await expect.poll(() => heard, PATIENT).toContain('licence: online, 1 of 3 seats used');
    expect(await license()).toMatchObject({ current_seats_used: 1 });
    child.stdin.end('hello\n');
    const [code] = (await once(child, 'close')) as [number];
    expect([code, heard]).toEqual([0, expect.stringContaining('HELLO')]);
    expect(await license()).toMatchObject({ current_seats_used: 0 });
  });

  test('whose card has no money is warned, works for seven days, is warned again and works for those that it was promised', async () => {
    const options = here.options({
      fetch: fetchOnClock,
      baseUrl: url,
      licenseKey,
      hardwareId: 'hardware-of-ada',
    });
    void runCli({ ...options, input, output });
    await says('licence: online');

    const { store_id: id = '', period_ends_at: trialEnds } = await subscription();
    const at = await stripe.subscriptions.list({ limit: 1 });
    const bought = at.data[0];
    if (bought === undefined) throw new Error(`there is no subscription ${String(id)}`);
    const customer = typeof bought.customer === 'string' ? bought.customer : bought.customer.id;
    const empty = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe.subscriptions.update(bought.id, { default_payment_method: empty.id });

    const failed = Date.parse(String(trialEnds)) + 2 * HOUR;
    await sleepUntil(failed);
    await expectMail(/a payment could not be made/);
    await expect.poll(state, PATIENT).toBe('past_due');
    const { grace_ends_at: first } = await subscription();
    expect((Date.parse(String(first)) - failed) / DAY).toBeCloseTo(7, 0);
    await says('licence: online');
    // A period that began and is not paid is no renewal.
    expect((await license())['expires_at']).toBe(trialEnds);
    expect(await subjects()).not.toContainEqual(expect.stringMatching(/is renewed/));

    // The provider tries again after some days, and three days are promised from then on.
    for (let day = 1; !(await subjects()).some((subject) => subject.startsWith('Urgent')); day += 1) {
      expect(day).toBeLessThan(8);
      await sleepUntil(failed + day * DAY);
      await says('licence: online');
    }
    const { grace_ends_at: last } = await subscription();
    expect(Date.parse(String(last))).toBeGreaterThanOrEqual(Date.parse(String(first)));
    expect((await license())['status']).toBe('active');
  });

  test('is suspended when the last promised day is over: its sessions end, the program stops, and it is told', async () => {
    let last = 0;
    // Each further failure may promise more: the last minute of what is promised then.
    for (let more = Date.parse(String((await subscription())['grace_ends_at'])); more > last; ) {
      last = more;
      await sleepUntil(last - 20 * MINUTE);
      await expect.poll(state, PATIENT).toBe('past_due');
      more = Date.parse(String((await subscription())['grace_ends_at']));
    }
    await sleepUntil(last - 5 * MINUTE);
    await says('licence: online', 5_000);
    const body = { license_key: licenseKey, hardware_id: 'hardware-of-bob' };
    const seat = await call(undefined, 'POST /v1/licenses/acquire', { body });
    expect(seat.status).toBe(201);
    const { session_id, signed_token } = seat.body;
    const beat = () => call(undefined, 'POST /v1/licenses/heartbeat', { body: { session_id, signed_token } });
    expect((await beat()).status).toBe(200);

    // No signal is sent at this instant.
    await advanceTo(db, new Date(last + 1_000).toISOString());
    for (const over of [await beat(), await call(undefined, 'POST /v1/licenses/acquire', { body })])
      expect([over.status, over.body]).toMatchObject([403, { error: { code: 'license_suspended' } }]);
    expect(await license()).toMatchObject({ status: 'suspended', status_reason: 'payment' });
    told = world.now = last + MINUTE;
    await says('licence: stopped (license_suspended)', MINUTE);

    await sleepUntil(last + 2 * HOUR);
    await expectMail(/the plan Starter is suspended/);
    const { id } = await license();
    const history = (await asAda(`GET /v1/licenses/${String(id)}/sessions`)).body['data'];
    const ends = (history as readonly { readonly status: string }[]).map(({ status }) => status);
    expect(ends).not.toContain('active');
    expect(ends.slice(0, 2)).toContain('suspended');
  });

  test('pays what it owes in the browser, and the program works again', async () => {
    const { data } = await stripe.invoices.list({ status: 'open' });
    const [owed] = data;
    await page.goto(String(owed?.hosted_invoice_url));
    await page.getByLabel('Card number').fill(GOOD);
    await page.getByLabel('Expiry').fill('12/40');
    await page.getByLabel('Security code').fill('123');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('This invoice is paid.').waitFor();
    await takeScreenshot(page, 'paid-after-all');
    await expectMail(/is in order again/);
    // Not when its card failed: nothing was renewed then.
    await expectMail(/the plan Starter is renewed/);
    expect((await subjects()).filter((subject) => subject.includes('is renewed'))).toHaveLength(1);
    await expect.poll(async () => (await license())['status'], PATIENT).toBe('active');
    input.write('connect\nhello\n');
    await says('HELLO');
    input.end();
    await expect.poll(async () => (await license())['current_seats_used'], PATIENT).toBe(0);
  });

  test('ends its plan and is told: the licence is inactive; and has a mail to choose another password', async () => {
    await asAda('DELETE /v1/billing/subscription?product=coditect&when=now');
    await expectMail(/the plan Starter has ended/);
    await expect.poll(async () => (await license())['status'], PATIENT).toBe('inactive');
    const body = { license_key: licenseKey, hardware_id: 'hardware-of-ada' };
    const refused = await call(undefined, 'POST /v1/licenses/acquire', { body });
    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'license_inactive' } }]);
    await call(undefined, 'POST /v1/auth/forgot-password', { body: { email: ADA.email } });
    await expectMail(/^Choose a new password$/);
  });
});

async function pageOf(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** For eyes: with SCREENSHOTS a folder is filled. */
async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined)
    await page.screenshot({ path: join(folder, `licence-${name}.png`), fullPage: true });
}
