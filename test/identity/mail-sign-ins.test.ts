import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type CrashHook, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { callsAs, enrol } from './factors.ts';
import { newEmail, PASSWORD, register, toAnswer } from './mailbox.ts';

const RETURN_TO = 'https://app.example.com/signed-in';
let crashHook: CrashHook | undefined;
const app = await testApp({
  settings: { SIGN_IN_RETURN_TO: `${RETURN_TO},app://` },
  crashHook: (point, phase) => crashHook?.(point, phase),
});
const INVALID = { status: 401, code: 'mail_code_invalid' };
const FAILED = { status: 401, code: 'sign_in_failed' };

const post = callsAs(app, undefined);
const sql = (text: string, values: readonly unknown[] = []) =>
  app.db.asMigrator(statement<Record<string, unknown>>(text, values));
const meOf = async (body: Readonly<Record<string, unknown>>) =>
  (await callsAs(app, String(body['access_token']))('GET /v1/me')).body;

/** An app of a person, which asks for mails and keeps a secret. */
function device(email = newEmail(), verifier = randomBytes(32).toString('base64url')) {
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const asking = { email, return_to: RETURN_TO, code_challenge: challenge };
  const self = {
    email,
    verifier,
    id: '',
    async ask(more: object = {}) {
      const answer = await post('POST /v1/auth/mail', { ...asking, ...more });
      self.id = String(answer.body['mail_id']);
      return answer;
    },
    verify: (code: string, more: object = {}) =>
      post('POST /v1/auth/mail/verify', { mail_id: self.id, code, code_verifier: verifier, ...more }),
    exchange: (code: string, by = verifier) => post('POST /v1/auth/exchange', { code, code_verifier: by }),
  };
  return self;
}

/** The mails of sign-ins that went to an address, the oldest first. */
async function mailsTo(email: string) {
  const all = (await app.outbox()).filter(({ to, subject }) => to === email && subject === 'Sign in');
  return all.map((mail) => ({
    ...mail,
    code: /^[0-9A-Z]{4}-[0-9A-Z]{4}$/m.exec(mail.text)?.[0] ?? '',
    link: /^http:\/\/\S+\/v1\/auth\/mail\/open\/(ple_[\w-]{43})$/m.exec(mail.text)?.[1] ?? '',
  }));
}

/** A device whose mail has come. */
async function mailed(email?: string) {
  const ada = device(email);
  await ada.ask();
  const mail = (await mailsTo(ada.email)).at(-1);
  if (mail === undefined) throw new Error('no mail has come');
  return { ...ada, ...mail };
}

/** Where the button of a link's page leads. */
const press = (token: string) => post('POST /v1/auth/mail/open', { token });
const wrongOf = (code: string) => (code.startsWith('0') ? '1' : '0') + code.slice(1);

async function verified() {
  const ada = await register(app);
  await ada.auth('verify-email', { token: await ada.link() });
  return ada;
}

describe('a mail', () => {
  test('makes a new user by its code, written as people write it, once', async () => {
    const ada = await mailed();
    const { body, status } = await ada.verify(` ${ada.code.toLowerCase().replace('-', ' ')}`);
    expect(status).toBe(200);
    expect(await meOf(body)).toMatchObject({ email: ada.email, email_verified: true });
    expect(await ada.verify(ada.code)).toMatchObject(INVALID);
    expect(await ada.exchange(ada.link)).toMatchObject(FAILED);
    expect(
      await sql(
        `select method from identity.sessions s join identity.users u using (user_id) where email = $1`,
        [ada.email],
      ),
    ).toEqual([{ method: 'mail' }]);
  });

  test('signs in by its link, whose page changes nothing, in the app that asked, once', async () => {
    const ada = await mailed();
    const page = await fetch(`${app.url}/v1/auth/mail/open/${ada.link}`);
    expect([page.status, (await page.text()).includes(ada.link)]).toEqual([200, false]);
    for (let times = 0; times < 2; times += 1)
      expect((await press(ada.link)).body).toEqual({ location: `${RETURN_TO}?code=${ada.link}` });
    expect(await sql('select from identity.users where email = $1', [ada.email])).toEqual([]);
    const { body } = await ada.exchange(ada.link);
    expect(await meOf(body)).toMatchObject({ email: ada.email });
    expect(await ada.exchange(ada.link)).toMatchObject(FAILED);
    expect(await ada.verify(ada.code)).toMatchObject(INVALID);
    expect((await press(ada.link)).code).toBe('link_invalid');
  });

  test('goes to the address that a user has, however it was typed, and to no twin of it', async () => {
    const ada = await verified();
    const shouting = device(ada.email.toUpperCase());
    await shouting.ask();
    const [mail] = await mailsTo(ada.email);
    const { body } = await shouting.verify(mail?.code ?? '');
    const { access } = await ada.enter();
    expect((await meOf(body))['id']).toBe((await meOf({ access_token: access }))['id']);
    for (const twin of [
      ada.email.replace('a', 'а'),
      `${ada.email}\r\nBcc: eve@example.com`,
      `${ada.email},eve@example.com`,
    ])
      expect((await device(twin).ask()).status).toBe(400);
  });

  test('is asked for where a browser may be sent back to, and at no other place', async () => {
    for (const foreign of [
      'https://evil.example',
      `${RETURN_TO}/../x`,
      'javascript:alert(1)',
      '//app.example.com',
      `https://x@app.example.com/signed-in`,
    ])
      expect(await device().ask({ return_to: foreign })).toMatchObject({ status: 400 });
    const ada = device();
    await fetch(`${app.url}/v1/auth/mail`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
      },
      body: JSON.stringify({ email: ada.email, return_to: RETURN_TO, code_challenge: 'x'.repeat(43) }),
    });
    expect((await mailsTo(ada.email))[0]?.text).not.toContain('evil');
  });

  test('waits for a second factor where its user has one', async () => {
    const ada = await verified();
    const { code } = await enrol(app, callsAs(app, (await ada.enter()).access));
    const here = await mailed(ada.email);
    const { body } = await here.verify(here.code);
    expect(body).toMatchObject({ mfa_required: true, methods: ['totp', 'recovery_code'] });
    expect(body['access_token']).toBeUndefined();
    const proof = { mfa_token: body['mfa_token'], code: await code() };
    expect((await post('POST /v1/auth/mfa/verify', proof)).status).toBe(200);
  });
});

describe('an attacker', () => {
  test('guesses five codes, and then the right one is none', async () => {
    const ada = await mailed();
    for (let tries = 0; tries < 5; tries += 1)
      expect(await ada.verify(wrongOf(ada.code))).toMatchObject(INVALID);
    expect(await ada.verify(ada.code)).toMatchObject(INVALID);
  });

  test('guesses ten at once, and five of them are looked at', async () => {
    const ada = await mailed();
    const tries = Array.from({ length: 10 }, () => ada.verify(wrongOf(ada.code)));
    await Promise.all(tries);
    expect(await sql('select tries from identity.mail_sign_ins where id = $1', [ada.id])).toEqual([
      { tries: 5 },
    ]);
  });

  test('has code and link and not the secret of the app, which is nothing, and costs its owner no try', async () => {
    const ada = await mailed();
    const { verifier } = device();
    for (let tries = 0; tries < 6; tries += 1)
      expect(await ada.verify(ada.code, { code_verifier: verifier })).toMatchObject(INVALID);
    expect(await ada.exchange(ada.link, verifier)).toMatchObject(FAILED);
    expect((await ada.verify(ada.code)).status).toBe(200);
  });

  test('uses their own sign-in with the code of a victim, or the victim’s with their own, and is refused', async () => {
    const [ada, eve] = [await mailed(), await mailed()];
    expect(await eve.verify(ada.code)).toMatchObject(INVALID);
    expect(await eve.exchange(ada.link)).toMatchObject(FAILED);
    expect(await ada.verify(eve.code)).toMatchObject(INVALID);
  });

  test('brings the same proof ten times at once, and exactly one session opens', async () => {
    const ada = await mailed();
    const both = [() => ada.verify(ada.code), () => ada.exchange(ada.link)] as const;
    const comes = Array.from({ length: 10 }, (_, at) => both[at % 2 === 0 ? 0 : 1]());
    const opened = (await Promise.all(comes)).filter(({ status }) => status === 200);
    expect(opened).toHaveLength(1);
    expect(await sql('select user_id from identity.users where email = $1', [ada.email])).toHaveLength(1);
  });

  test('comes after ten minutes', async () => {
    const ada = await mailed();
    await advance(app.db, '10 minutes');
    expect(await ada.verify(ada.code)).toMatchObject(INVALID);
    expect(await ada.exchange(ada.link)).toMatchObject(FAILED);
    expect((await press(ada.link)).code).toBe('link_invalid');
  });

  test('asks for a victim’s mails: five an hour come, none ends another, and the victim’s own still come from where they are known', async () => {
    const ada = await verified();
    await ada.enter();
    const known = await mailed(ada.email);
    // From now on the victim is known elsewhere alone.
    await sql(
      `update identity.sessions set ip_block = 'elsewhere' where user_id = (select user_id from identity.users where email = $1)`,
      [ada.email],
    );
    for (let asked = 0; asked < 8; asked += 1) expect((await device(ada.email).ask()).status).toBe(202);
    expect(await mailsTo(ada.email)).toHaveLength(6);
    expect((await known.verify(known.code)).status).toBe(200);
    const again = device(ada.email);
    await again.ask();
    expect(await mailsTo(ada.email)).toHaveLength(7);
    await advance(app.db, '1 hour');
    await device(ada.email).ask();
    expect(await mailsTo(ada.email)).toHaveLength(8);
  });

  test('learns of no address whether it is known, suspended, closed, unverified or of nobody', async () => {
    const [known, suspended, closed] = [await verified(), await verified(), await verified()];
    await sql(`update identity.users set status = 'suspended' where email = $1`, [suspended.email]);
    await sql(`update identity.users set status = 'closed', closed_at = app.now() where email = $1`, [
      closed.email,
    ]);
    const { email: unverified } = await register(app);
    for (const email of [known.email, suspended.email, closed.email, unverified, newEmail()]) {
      await forgetRates(app);
      const body = { email, return_to: RETURN_TO, code_challenge: 'x'.repeat(43) };
      const answers = [];
      for (let times = 0; times < 4; times += 1)
        answers.push(await app.call(undefined, 'POST /v1/auth/mail', { body }));
      const shape = answers.map(({ status, body: said, headers }) => [
        status,
        Object.keys(said),
        [...headers.keys()].toSorted(),
        headers.get('ratelimit')?.replaceAll(/t=\d+/g, ''),
      ]);
      expect(shape.map(([status]) => status)).toEqual([202, 202, 202, 429]);
      seen ??= shape;
      expect(shape).toEqual(seen);
      const id = answers[0]?.body['mail_id'];
      const verifier = 'x'.repeat(43);
      expect(
        await post('POST /v1/auth/mail/verify', { mail_id: id, code: '0000-0000', code_verifier: verifier }),
      ).toMatchObject(INVALID);
    }
  });
  let seen: unknown;

  test('registered a victim’s address before: the mail gives it to its owner, and every way back of the first ends', async () => {
    const eve = await register(app);
    const { access, refresh } = await eve.enter();
    const left = await mailed(eve.email);
    const ada = await mailed(eve.email);
    expect((await ada.verify(ada.code)).status).toBe(200);
    expect((await callsAs(app, access)('GET /v1/me')).status).toBe(401);
    expect((await eve.auth('refresh', { refresh_token: refresh })).status).toBe(401);
    expect((await eve.login(PASSWORD)).code).toBe('invalid_credentials');
    expect((await app.outbox()).filter(({ to }) => to === eve.email).at(-1)?.subject).toContain(
      'is yours now',
    );
    // Both mails were read by the owner of the mailbox.
    expect((await left.verify(left.code)).status).toBe(200);
  });

  test('has asked before a victim chose a new password or address, or was erased, and comes too late', async () => {
    for (const change of ['password', 'address', 'erasure'] as const) {
      const ada = await verified();
      const eve = await mailed(ada.email);
      if (change === 'password') {
        await ada.auth('forgot-password', { email: ada.email });
        await ada.auth('reset-password', { token: await ada.link(), password: 'Difference-Engine-1822' });
      } else if (change === 'address')
        await sql('update identity.users set email = $2 where email = $1', [ada.email, newEmail()]);
      else await sql('delete from identity.users where email = $1', [ada.email]);
      expect(await eve.verify(eve.code)).toMatchObject(INVALID);
      expect(await eve.exchange(eve.link)).toMatchObject(FAILED);
    }
  });

  test('is suspended, and told so after the proof alone; a wrong address is nobody’s session', async () => {
    const ada = await verified();
    const here = await mailed(ada.email);
    await sql(`update identity.users set status = 'suspended' where email = $1`, [ada.email]);
    expect(await here.verify(here.code)).toMatchObject({ status: 403, code: 'user_suspended' });
  });

  test('takes an admin’s address that nobody has verified, and stays outside', async () => {
    const ada = await register(app);
    await sql(`update identity.users set role = 'admin' where email = $1`, [ada.email]);
    const eve = await mailed(ada.email);
    expect(await eve.verify(eve.code)).toMatchObject({ status: 409, code: 'sign_in_not_linked' });
  });

  test('reads the database and finds no code in it', async () => {
    const ada = await mailed();
    const [row] = await sql('select m::text as row from identity.mail_sign_ins m where id = $1', [ada.id]);
    const plain = createHash('sha256').update(ada.code.replace('-', '')).digest('hex');
    for (const secret of [ada.code.replace('-', ''), ada.code, ada.link, plain])
      expect(String(row?.['row'])).not.toContain(secret);
    const digits = await sql('select facts from mail.messages where recipient = $1', [ada.email]);
    expect(digits).toEqual([{ facts: null }]);
  });

  test('makes the audit say who was refused, and by which way', async () => {
    const ada = await mailed();
    await ada.verify(wrongOf(ada.code));
    const rows = await sql(
      `select changes from audit.events where action = 'session.refused' order by id desc limit 1`,
    );
    expect(rows).toEqual([{ changes: { method: 'mail', code: 'mail_code_invalid' } }]);
  });
});

describe('signing in by mail', () => {
  test('survives a process that dies between the user and their session', async () => {
    const ada = await mailed();
    crashHook = (point, phase) => {
      if (point === 'identity.login' && phase === 'before') throw new Error('killed');
    };
    const body = { mail_id: ada.id, code: ada.code, code_verifier: ada.verifier };
    expect((await post('POST /v1/auth/mail/verify', body)).status).toBe(500);
    crashHook = undefined;
    expect((await ada.verify(ada.code)).status).toBe(200);
    expect(await sql('select user_id from identity.users where email = $1', [ada.email])).toHaveLength(1);
  });

  test('is off where a server says so, and no code of before lets in', async () => {
    const ada = await mailed();
    const off = await testApp({ beside: app, settings: { SIGN_IN_BY_MAIL: 'false' }, work: false });
    const at = async (call: string, body: object) =>
      toAnswer(await off.call(undefined, `POST /v1/auth/${call}`, { body })).code;
    const secret = { code_verifier: ada.verifier };
    expect([
      await at('mail', { email: ada.email, return_to: RETURN_TO, code_challenge: 'x'.repeat(43) }),
      await at('mail/verify', { mail_id: ada.id, code: ada.code, ...secret }),
      await at('mail/open', { token: ada.link }),
      await at('exchange', { code: ada.link, ...secret }),
    ]).toEqual(Array.from({ length: 4 }, () => 'sign_in_not_set_up'));
    expect((await off.call(undefined, 'GET /v1/auth/methods')).body).toMatchObject({ mail: false });
  });
});
