import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import type { Customer } from '@plinth/testkit/services/app';
import { advance } from '@plinth/testkit/factories';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { authenticatorOf } from '../identity/factors.ts';
import { addAuthenticator } from '../identity/virtual-authenticator.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { freePort } from '@plinth/testkit/services/ports';
import { openProvider } from '@plinth/testkit/services/provider';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const HTML = `<img src=x onerror="document.title='run'">`;

describe.runIf(isHere)('the way in', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const port = await freePort();
  const provider = await openProvider();
  const settings = {
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${port}`,
    GOOGLE_ISSUER: provider.url,
    GOOGLE_CLIENT_ID: provider.clientId,
    GOOGLE_CLIENT_SECRET: provider.clientSecret,
    // The console is none of them, and need not be.
    SIGN_IN_RETURN_TO: 'https://app.example.com/in',
    EMAIL_VERIFICATION: 'required',
  };
  const visited = await visitConsole({ settings });
  const { app, page, open, broken, faults, url, db, customer, call, outbox } = visited;
  const ada = await customer();

  const heading = (name: string, on = page) => on.getByRole('heading', { name, level: 1 });
  const button = (name: RegExp | string, on = page) => on.getByRole('button', { name, exact: true });
  const fill = (label: string, text: string, on = page) =>
    on.getByRole('textbox', { name: label, exact: true }).fill(text);
  async function signInAs({ email, password }: Pick<Customer, 'email' | 'password'>, on: Page = page) {
    await forgetRates(visited);
    await fill('Email', email, on);
    await on.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
    await button('Sign in', on).click();
  }
  async function signOut() {
    await button('Sign out').click();
    await heading('Sign in').waitFor();
  }
  /** What the page says went wrong. */
  const alert = (words: RegExp | string, on = page) => on.getByRole('alert').filter({ hasText: words });

  test('is said to programs, too', async () => {
    expect((await call(undefined, 'GET /v1/auth/methods')).body).toEqual({
      password: true,
      passkey: true,
      mail: true,
      google: true,
      apple: false,
      microsoft: false,
      github: false,
      sso: false,
      registration: true,
    });
  });

  test('leads to the page that was wanted, and nowhere else whatever an address says', async () => {
    await page.goto(`${url}/app/sign-in?next=//evil.example&return_to=https://evil.example`);
    await button('Continue with Google').waitFor();
    expect(await button('Single sign-on').count()).toBe(0);
    expect(await faults()).toEqual([]);
    await signInAs({ ...ada, password: 'not this one' });
    await alert('Email or password is wrong').waitFor();
    await signInAs(ada);
    await heading('Home').waitFor();
    expect(page.url()).toBe(`${url}/`);
    await signOut();
    await page.goto(`${url}/app/security`);
    await signInAs(ada);
    await heading('Security').waitFor();
    await signOut();
  });

  test('believes no code and no error that an address has', async () => {
    const exchanges: string[] = [];
    page.on('request', (request) => exchanges.push(request.url()));
    for (const query of ['code=plo_of-somebody-else', `error=${encodeURIComponent(HTML)}`]) {
      await page.goto(`${url}/app/sign-in?${query}`);
      await alert('The provider’s answer does not fit').waitFor();
      expect(page.url()).toBe(`${url}/app/sign-in`);
    }
    expect(exchanges.filter((one) => one.endsWith('/exchange'))).toEqual([]);
  });

  test('by Google brings back to the page that was wanted, and a refusal there says what to do', async () => {
    await page.goto(`${url}/app/security`);
    await button('Continue with Google').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await alert('You said no at the provider').waitFor();
    await page.goto(`${url}/app/security`);
    await button('Continue with Google').click();
    // The page that is left has such a field, too.
    await page.waitForURL(`${provider.url}/**`);
    await page.getByRole('textbox', { name: 'Email' }).fill('grace@gmail.com');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading('Security').waitFor();
    expect(page.url()).toBe(`${url}/app/security`);
    await page
      .getByRole('region', { name: 'Accounts that sign you in' })
      .getByText('grace@gmail.com')
      .waitFor();
    await signOut();
  });

  test('by single sign-on asks for the address, and goes to its organization’s provider', async () => {
    const { accountId } = await customer();
    const { secrets, ids } = app.modules;
    const sealed = secrets.seal(provider.clientSecret, `sso.connections.sealed_secret/${accountId}`);
    await db.asMigrator(
      statement(
        `with connection as (insert into sso.connections (account_id, version, issuer, client_id, sealed_secret, provisions, default_role)
           values ($1, $2, $3, $4, $5, true, 'member'))
         insert into sso.domains (account_id, domain, challenge, verified_at) values ($1, 'acme.test', 'c', app.now())`,
        [accountId, ids.next(), provider.url, provider.clientId, sealed],
      ),
    );
    await page.goto(`${url}/app/ledger`);
    await button('Single sign-on').click();
    await fill('Email', 'nobody@elsewhere.test');
    await button('Go on').click();
    await alert('No organization signs in people with this address').waitFor();
    await fill('Email', 'hopper@acme.test');
    await button('Go on').click();
    // The page that is left has such a field, too.
    await page.waitForURL(`${provider.url}/**`);
    await page.getByRole('textbox', { name: 'Email' }).fill('hopper@acme.test');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading('Ledger').waitFor();
    await signOut();
  });

  test('is registered for, and a forgotten password is mended, by mail', async () => {
    const email = 'new@example.com';
    await button('Create an account').click();
    await fill('Email', email);
    await fill('Password', 'weak');
    await button('Create the account').click();
    await alert(/at least 8|password/i).waitFor();
    await fill('Password', 'Analytical-Engine-1843');
    await button('Create the account').click();
    await page.getByText(`A mail is on its way to ${email}`).waitFor();
    await button('Back to sign-in').click();
    await signInAs({ email, password: 'Analytical-Engine-1843' });
    await alert('Your address is not verified yet').waitFor();
    await button('Send the mail again').click();
    await page.getByText(`A mail is on its way to ${email}`).waitFor();
    await button('Forgot password?').click();
    await button('Send the link').click();
    await page.getByText(`If ${email} has an account here`).waitFor();
    const subjects = (await outbox()).filter(({ to }) => to === email).map(({ subject }) => subject);
    expect(subjects).toHaveLength(3);
    await button('Back to sign-in').click();
  });

  test('asks for a fresh proof where a call needs it, and makes that call then', async () => {
    await page.goto(`${url}/app/security`);
    await signInAs(ada);
    await heading('Security').waitFor();
    await advance(db, '16 minutes');
    await button('Set up').click();
    const asked = page.getByRole('dialog', { name: 'Is it you?' });
    await asked.waitFor();
    expect(await faults()).toEqual([]);
    await page.keyboard.press('Escape');
    await alert('Nothing was done').waitFor();
    await button('Set up').click();
    await asked.getByRole('textbox').fill('not this one');
    await page.keyboard.press('Enter');
    await alert('This is not your password.').waitFor();
    await asked.getByRole('textbox').fill(ada.password);
    await page.keyboard.press('Enter');
    const secret = (await page.locator('.setting .mono').innerText()).replaceAll(' ', '');
    await fill('Code of six digits', await authenticatorOf(visited, secret)());
    await button('Put it in force').click();
    await button('I have kept them').waitFor();
    const codes = await page.locator('.codes li').allInnerTexts();
    expect(codes).toHaveLength(10);
    expect(await faults()).toEqual([]);
    await button('I have kept them').click();
    await page.getByText('10 left').waitFor();
    await signOut();
    await signInAs(ada);
    await fill('Code of your authenticator app', '000000');
    await button('Sign in').click();
    await alert('This is wrong, or was used already').waitFor();
    await button('Use a recovery code').click();
    await fill('Recovery code', codes[0] ?? '');
    await button('Sign in').click();
    await page.getByText('9 left').waitFor();
  });

  test('signs out with what waited for a proof: who comes next proves nothing for it', async () => {
    await advance(db, '16 minutes');
    const other = await open();
    await other.goto(`${url}/`);
    await button('Remove the app').click();
    await button('Remove the app: press again').click();
    await page.getByRole('dialog', { name: 'Is it you?' }).waitFor();
    await button('Sign out', other).click();
    await heading('Sign in').waitFor();
    const next = await customer();
    await signInAs(next);
    await heading('Security').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await other.close();
    await signOut();
  });

  test('takes a passkey, added under a name that is shown as it is written, and says what to do where one is refused', async () => {
    const one = await customer();
    const { recognises } = await addAuthenticator(page);
    await signInAs(one);
    await button('Add a passkey').click();
    await fill('Name of the passkey', HTML);
    await recognises(false);
    await button('Make it on this device').click();
    await alert('No passkey was used').waitFor();
    await recognises(true);
    await button('Make it on this device').click();
    await button('I have kept them').click();
    await page.getByText(HTML).waitFor();
    await button(`Rename ${HTML}`).click();
    await fill('Name of the passkey', 'Phone');
    await button('Rename').last().click();
    await page.getByText('Phone').waitFor();
    expect(await page.title()).not.toBe('run');
    await signOut();
    await recognises(false);
    await button('Use a passkey').click();
    await alert('No passkey was used').waitFor();
    await recognises(true);
    await button('Use a passkey').click();
    await heading('Security').waitFor();
    await advance(db, '16 minutes');
    await button('Remove').click();
    await button('Remove: press again').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('You have none').waitFor();
  });

  test('lists where one is signed in, and ends one and all others', async () => {
    const sessions = page.getByRole('region', { name: 'Where you are signed in' });
    const me = await page.locator('.setting').first().locator('.dim').innerText();
    const { password } = ada;
    const enter = () =>
      call(undefined, 'POST /v1/auth/login', { body: { email: me, password, device_name: HTML } });
    for (let times = 0; times < 3; times += 1) expect((await enter()).status).toBe(200);
    await page.reload();
    await sessions.getByText(HTML).first().waitFor();
    await sessions.getByRole('button', { name: 'End', exact: true }).first().click();
    await sessions.getByRole('button', { name: 'End: press again' }).click();
    await expect.poll(() => sessions.getByText(HTML).count()).toBe(2);
    await button('End all others').click();
    await button('End all others: press again').click();
    await expect.poll(() => sessions.getByRole('row').count()).toBe(2);
    await sessions.getByText('this one').waitFor();
  });

  test('exports one’s data, changes the password, and closes the account', async () => {
    await button('Make an export').click();
    const downloading = page.waitForEvent('download');
    await button('Download').click();
    expect((await downloading).suggestedFilename()).toBe('export.zip');
    await button('Change the password').click();
    await fill('Present password', ada.password);
    await fill('New password', 'Difference-Engine-1822');
    await button('Change the password').last().click();
    await page.getByText('Your password is changed').waitFor();
    await button('Close…').click();
    await fill('Password', 'not this one');
    await button(/^Close the account of/).click();
    await alert('This is not your password.').waitFor();
    await fill('Password', 'Difference-Engine-1822');
    await button(/^Close the account of/).click();
    await heading('Sign in').waitFor();
  });

  test('breaks nothing on the way', () => {
    expect(broken.filter((one) => !one.startsWith(provider.url))).toEqual([]);
  });
});

describe.runIf(isHere)('the palette', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { app, page, open, signIn, broken, faults, url, db, call, customer } = await visitConsole();
  const file = join(app.modules.options.config.dataDir, 'owner.json');
  const { api_key: key } = JSON.parse(readFileSync(file, 'utf8')) as { readonly api_key: string };
  await signIn();
  const palette = page.getByRole('dialog', { name: 'Search' });
  async function look(for_: string) {
    // One that is closing would take what is typed.
    await palette.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await palette.locator('input:focus').waitFor();
    await page.keyboard.type(for_);
  }

  test('goes to pages, changes the language and the account, by keyboard alone', async () => {
    await look('ledg');
    expect(await faults()).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ledger', level: 1 }).waitFor();
    await look('no such thing at all');
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'detached' });
    await look('local owner');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.getByRole('combobox', { name: 'Account' }).locator(':checked').innerText())
      .toBe('Local owner');
    await look('local organization');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await palette.waitFor({ state: 'detached' });
  });

  test('opens what an id stands for, and puts no secret into an address', async () => {
    const asked = await call(key, 'POST /v1/ai/chat/completions', {
      body: { model: 'sandbox/sandbox-small', messages: [{ role: 'user', content: 'Hello' }] },
    });
    expect(asked.status).toBe(200);
    const id = asked.headers.get('x-request-id') ?? '';
    const posted = async () => (await call(key, `GET /v1/usage?request_id=${id}`)).body['events'];
    // Its row follows the answer.
    await expect.poll(posted, { timeout: PATIENCE }).toHaveLength(1);
    await look('home');
    await page.keyboard.press('Enter');
    await look(id);
    await palette.getByRole('option', { name: /^Ledger row/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').getByText('Prompt tokens').waitFor();
    const [row] = await db.asMigrator(
      statement<{ permit_id: string }>(
        'select permit_id from limits.usage_events order by created_at desc limit 1',
      ),
    );
    await look(row?.permit_id ?? '');
    await palette.getByRole('option', { name: /^Ledger row/ }).waitFor();
    await page.keyboard.press('Escape');
    await look(key);
    await palette.getByRole('option', { name: /^API key/ }).click();
    await palette.getByText('prefix').waitFor();
    expect(await faults()).toEqual([]);
    await palette.getByRole('button', { name: 'Back to the search' }).click();
    await page.keyboard.type(key);
    await palette.getByRole('option', { name: /^Customers/ }).click();
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    expect(page.url()).not.toContain(key.slice(0, 12));
  });

  test('shows nothing of one person to another who signs in beside them', async () => {
    const beside = await open();
    await beside.goto(url);
    // It has resumed the session that was there: a refresh that is under way would put its cookie over the next one's.
    await beside.getByRole('link', { name: 'Operator' }).waitFor();
    const next = await customer();
    await beside.evaluate(
      async ({ email, password }) => {
        const headers = { 'content-type': 'application/json', 'plinth-session': 'cookie' };
        const body = JSON.stringify({ email, password });
        const began = await (await fetch('/v1/auth/login', { method: 'POST', headers, body })).json();
        new BroadcastChannel('plinth-session').postMessage({ next: began, isNew: true });
      },
      { email: next.email, password: next.password },
    );
    // Not before: the list of customers has their email, too.
    await page.getByRole('link', { name: 'Operator' }).waitFor({ state: 'detached' });
    await page.getByText(next.email).first().waitFor({ state: 'attached' });
    expect(await page.getByRole('link', { name: 'Operator' }).count()).toBe(0);
    await beside.close();
  });

  test('says a lost connection, does not pretend to sign out, and goes on where it was once it is back', async () => {
    await page.context().setOffline(true);
    await page.getByText('The server does not answer').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.context().setOffline(false);
    await page.getByText('The server does not answer').waitFor({ state: 'detached' });
  });

  test('breaks nothing', () => {
    expect(broken.filter((one) => !/ERR_INTERNET_DISCONNECTED/.test(one))).toEqual([]);
  });
});
