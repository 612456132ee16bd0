import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { statement } from '#platform/db';
import { temporaryFolder } from '@plinth/testkit/services';
import { describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { coditectFixture, HARDWARE } from './fixture.ts';
import { mailsTo, writeLetters } from './mailbox.ts';
import { changesPlan } from '../../../test/selling/agreed.ts';

const run = promisify(execFile);
const DAY = 86_400_000;
const fixture = await coditectFixture();
const { call, customer, db, drainEvents, later, licensee, createLicensee, order, sandbox, stripe } = fixture;
const { service } = fixture.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
const { lifecycle } = service as { lifecycle: { lapse(): Promise<number> } };

/** Shell blocks of the docs, below a heading. */
function blocksBelow(heading: string): string[] {
  const docs = readFileSync(new URL('../../../docs/coditect.md', import.meta.url), 'utf8');
  const [, section = ''] = docs.split(`\n${heading}\n`);
  const [own = ''] = section.split(/\n##? /);
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

/** Runs lines of the docs in a folder, against this app. Answers what they print, or why they end. */
async function shell(folder: string, lines: string, setting: Readonly<Record<string, string>> = {}) {
  const [define = ''] =
    blocksBelow('## By hand')
      .join('\n')
      .match(/^coditect\(\).*$/m) ?? [];
  const script = `set -eu\n${define}\n${lines}`.replaceAll('127.0.0.1:6174', new URL(fixture.url).host);
  return run('bash', ['-c', script], { cwd: folder, env: { PATH: process.env['PATH'], ...setting } }).then(
    ({ stdout }) => stdout,
    ({ code }: { readonly code: number }) => `ended with ${code}`,
  );
}

describe('the commands of the docs', () => {
  test('verify a licence file with openssl alone, and refuse it with one byte changed', async () => {
    const ada = await licensee('pro');
    const folder = temporaryFolder();
    const [fetching = '', verifying = ''] = blocksBelow('### Verify a file with nothing but openssl');
    await shell(folder, fetching, { KEY: ada.who.key, ID: await ada.id() });
    const good = await shell(folder, verifying);
    expect(good).toContain('Verified OK');
    expect(good).toContain('Signature Verified Successfully');
    const license = join(folder, 'license.json');
    const bytes = readFileSync(license);
    expect(JSON.parse(bytes.toString())).toMatchObject({ tier: 'pro', max_seats: 10 });
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(license, changed);
      for (const command of verifying.trim().split('\n'))
        expect(await shell(folder, command)).toBe('ended with 1');
    }
    writeFileSync(license, bytes);
    const [rsa = '', ed25519 = ''] = verifying.trim().split('\n');
    for (const [name, command] of [
      ['license.rsa-4096.sig', rsa],
      ['license.ed25519.sig', ed25519],
    ] as const) {
      const signature = readFileSync(join(folder, name));
      const changed = Buffer.from(signature);
      changed[40] = (changed[40] ?? 0) ^ 1;
      writeFileSync(join(folder, name), changed);
      expect(await shell(folder, command)).toBe('ended with 1');
      writeFileSync(join(folder, name), signature);
    }
    expect(await shell(folder, verifying)).toBe(good);
  });
});

test('a copied file grants no seat: it says what the licence is, holds no secret, and nothing in it is taken for one', async () => {
  const ada = await licensee('pro');
  const [key, id, license] = [await ada.key(), await ada.id(), await ada.license()];
  const { body } = await call(ada.who.key, `GET /v1/licenses/${id}/download`);
  const file = body as {
    readonly license: Readonly<Record<string, unknown>>;
    readonly signatures: readonly { readonly key_id: string; readonly signature: string }[];
  };
  const [rsa, ed25519] = file.signatures;
  const accounts = await call(ada.who.key, 'GET /v1/organizations');
  const [organization] = accounts.body['data'] as readonly { readonly name: string }[];
  expect(file.license).toEqual({
    format: 'coditect-license-1',
    key_ids: { 'rsa-4096': rsa?.key_id, ed25519: ed25519?.key_id },
    license_id: id,
    version: expect.any(Number),
    organization: organization?.name,
    tier: 'pro',
    features: ['team_sharing'],
    max_seats: 10,
    max_machines: 30,
    issued_at: license['issued_at'],
    expires_at: new Date(Date.parse(String(license['expires_at'])) + 7 * 86_400_000).toISOString(),
  });
  const digits = key.slice('CODITECT-'.length);
  for (const part of [digits, digits.replaceAll('-', '')]) expect(JSON.stringify(body)).not.toContain(part);
  const tried = [id, ...file.signatures.flatMap((one) => [one.key_id, one.signature]), JSON.stringify(body)];
  for (const secret of tried.map((one) => one.slice(0, 100))) {
    const taken = { license_key: secret, hardware_id: HARDWARE[0] };
    expect((await call(undefined, 'POST /v1/licenses/acquire', { body: taken })).status).toBe(400);
    const kept = { session_id: id, signed_token: secret };
    expect((await call(undefined, 'POST /v1/licenses/heartbeat', { body: kept })).status).toBe(401);
  }
  expect(await ada.license()).toMatchObject({ current_seats_used: 0, machines_used: 0 });
});

describe('a manager of the account', () => {
  test('gets the key and the signed file by mail, once, and the new file with each renewal', async () => {
    const ada = await licensee('pro');
    const [issued, confirmed, ...more] = await mailsTo(fixture, ada.who);
    expect(more).toEqual([]);
    expect(issued?.text).toContain(await ada.key());
    const names = issued?.attachments.map(({ filename }) => filename);
    expect(names).toEqual(['license.json', 'license.rsa-4096.sig', 'license.ed25519.sig']);
    const { body } = await call(ada.who.key, `GET /v1/licenses/${await ada.id()}/download`);
    const attached = Buffer.from(issued?.attachments[0]?.content as ArrayBuffer).toString();
    expect(JSON.parse(attached)).toEqual(body['license']);
    expect(confirmed?.subject).toBe('Coditect: the plan Pro is in effect');
    expect(confirmed?.text).toContain('tried for nothing');
    await later(14.1);
    const [renewed, ...rest] = (await mailsTo(fixture, ada.who)).slice(2);
    expect(rest).toEqual([]);
    expect(renewed?.subject).toBe('Coditect: the plan Pro is renewed');
    expect(renewed?.attachments).toHaveLength(3);
  });
});

test('files of before a cancellation are listed as revoked once the period is over, until they have run out', async () => {
  const ada = await licensee('pro');
  await later(14.1);
  const id = await ada.id();
  const ends = async () => {
    const { body } = await call(ada.who.key, `GET /v1/licenses/${id}/download`);
    return Date.parse(String((body['license'] as Readonly<Record<string, unknown>>)['expires_at']));
  };
  const isListed = async () => {
    const { body } = await call(undefined, 'GET /.well-known/license-revocations');
    return (body['data'] as readonly { readonly license_id: string }[]).some((one) => one.license_id === id);
  };
  const [before, over] = [await ends(), Date.parse(String((await ada.license())['expires_at']))];
  await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect');
  await drainEvents();
  expect([before - over, await ends()]).toEqual([7 * DAY, over]);
  expect([await isListed(), (await ada.license())['status']]).toEqual([false, 'active']);
  await later((over - sandbox.now().getTime()) / DAY + 0.1);
  await lifecycle.lapse();
  expect([await isListed(), (await ada.license())['status']]).toEqual([true, 'inactive']);
  await later(7);
  expect(await isListed()).toBe(false);
});

/** Tables in which a row has one of these texts. */
async function tablesWith(texts: readonly string[]): Promise<string[]> {
  const tables = await db.asMigrator(
    statement<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
    ),
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = `select 1 as one from ${name} t where to_jsonb(t)::text like any($1::text[]) limit 1`;
    const [row] = await db.asMigrator(statement(rows, [texts.map((text) => `%${text}%`)]));
    if (row !== undefined) found.push(name);
  }
  return found;
}

test('a key stands nowhere in the database: in no mail on its way, no job, no audit and no answer that is kept', async () => {
  const ada = await licensee();
  const [former, id] = [await ada.key(), await ada.id()];
  await writeLetters(fixture, ada.who);
  const headers = { 'idempotency-key': 'rotated-and-looked-for', 'user-agent': `a client of ${former}` };
  const { body } = await call(ada.who.key, `POST /v1/licenses/${id}/key`, { headers });
  const key = String(body['license_key']);
  // A client may say its key in a field for something else.
  const says = { name: `of ${key}`, platform: former };
  const acquires = { ...says, user_agent: former, app_version: `1 ${key}` };
  for (const license_key of [key, former]) {
    const machine = { license_key, hardware_id: HARDWARE[0] };
    await call(undefined, 'POST /v1/licenses/activate', { body: { ...machine, ...says }, headers });
    await call(undefined, 'POST /v1/licenses/acquire', { body: { ...machine, ...acquires }, headers });
  }
  expect(await ada.license()).toMatchObject({ machines_used: 1, current_seats_used: 1 });
  const digits = [former, key].map((one) => one.slice('CODITECT-'.length));
  expect(await tablesWith([id])).toContain('coditect.licenses');
  expect(await tablesWith(digits.flatMap((one) => [one, one.replaceAll('-', '')]))).toEqual([]);
});

const pageOf = async (session: string) => {
  const response = await fetch(`${fixture.url}/v1/checkout/success?session_id=${session}`);
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const buys = (who: Customer, plan_id: string) =>
  call(who.key, 'POST /v1/checkout/session', { body: { plan_id } });

describe('the page after a payment', () => {
  test('shows the key once the payment has arrived, for an hour, to a holder of the session’s id', async () => {
    const who = await customer();
    const { status, body } = await buys(who, 'coditect.pro');
    expect([status, body]).toMatchObject([201, { trial_days: 14, trial_needs_card: true }]);
    const session = String(body['session_id']);
    expect((await buys(who, 'pro')).body['session_id']).toBe(session);
    expect((await pageOf(session)).text).toContain('is being confirmed');
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    const page = await pageOf(session);
    expect(page.text).toContain(await createLicensee(who).key());
    expect(page.headers.get('cache-control')).toBe('no-store');
    await later(2 / 24);
    const over = await pageOf(session);
    expect(over.text).toContain('This page is over');
    expect(over.text).not.toContain('CODITECT-');
    expect(await pageOf('cs_nobodys')).toMatchObject({ status: 200, text: over.text });
  });

  test('of another product shows nothing, and a plan that is not sold is refused', async () => {
    const who = await customer();
    await licensee();
    const { body } = await order(who, { product: 'reel', plan: 'basic' });
    const session = new URL(String(body['checkout_url'])).pathname.split('/').at(-1) ?? '';
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    expect((await pageOf(session)).text).toContain('This page is over');
    for (const plan_id of ['free', 'reel.pro', 'none']) expect((await buys(who, plan_id)).status).toBe(400);
  });

  test('is of a year, tried for 14 days and then paid at ten months, where that is ordered', async () => {
    const who = await customer();
    const body = { plan_id: 'starter', cycle: 'yearly' };
    const { body: ordered } = await call(who.key, 'POST /v1/checkout/session', { body });
    await sandbox.pay(String(ordered['checkout_url']));
    await drainEvents();
    const bought = await fixture.read(who, 'coditect');
    expect(bought).toMatchObject({ plan: 'coditect.starter', cycle: 'yearly', state: 'trialing' });
    const { trial_ends_at: ends, issued_at: began } = await createLicensee(who).license();
    expect((Date.parse(String(ends)) - Date.parse(String(began))) / DAY).toBeCloseTo(14, 1);
    await later(14.1);
    const { data } = await stripe.invoices.list({ subscription: await fixture.subscription(who) });
    expect(data.map(({ status, amount_paid }) => [status, amount_paid])).toEqual([
      ['paid', 29_000],
      ['paid', 0],
    ]);
  });

  test('after a cancelled payment says that nothing was charged', async () => {
    const response = await fetch(`${fixture.url}/v1/checkout/cancel/`);
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining('nothing was charged'),
    ]);
  });
});

describe('in whichever order a store’s events come,', () => {
  test.each(['as they happened', 'the last first', 'each twice'])(
    'the licence stands as the plan does after each, and in the end: %s',
    async (how) => {
      const ada = await licensee('pro');
      sandbox.hold();
      await changesPlan(call, ada.who, { product: 'coditect', plan: 'enterprise' });
      await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect&when=now');
      const held = sandbox.held().map(({ id }) => id);
      const orders: Readonly<Record<string, readonly string[]>> = {
        'as they happened': held,
        'the last first': held.toReversed(),
        'each twice': held.flatMap((id) => [id, id]),
      };
      for (const id of orders[how] ?? []) {
        await sandbox.release([id]);
        await drainEvents();
        const plan = await fixture.plan(ada.who, 'coditect');
        const { status } = await ada.license();
        expect(status).toBe(plan === 'coditect.free' ? 'inactive' : 'active');
      }
      await sandbox.release();
      await drainEvents();
      expect(await ada.license()).toMatchObject({ status: 'inactive', status_reason: 'ended' });
    },
  );
});
