import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { leavingOf, type Resident } from './fixture.ts';

const app = await testApp();
const {
  call,
  close,
  erase,
  gone,
  guest,
  join,
  later,
  links,
  login,
  organization,
  resident,
  restore,
  roleOf,
  signIn,
} = leavingOf(app);

const POST = { platform: 'x', topic: 'A topic', language: 'en', variants: 1 };
const create = (key: string) =>
  app.call(key, 'POST /v1/create', { body: POST, headers: { 'idempotency-key': `key-${key.slice(-12)}` } });

/** Why admission refuses to spend for a user, by each account that they own. */
async function refusals({ userId }: Resident): Promise<unknown[]> {
  const rows = await app.db.asMigrator(
    statement<{ refused: string | null }>(
      `select accounts.can_spend(account_id, user_id, null) as refused from accounts.members where user_id = $1 order by 1`,
      [userId],
    ),
  );
  return rows.map(({ refused }) => refused);
}

describe('closing an account', () => {
  test('asks for the password, and takes no key', async () => {
    const who = await resident();
    expect(outcomeOf(await call(who.token, 'DELETE /v1/me'))).toBe('403 wrong_password');
    expect(outcomeOf(await close({ ...who, password: 'Difference-Engine-1822' }))).toBe('403 wrong_password');
    expect(outcomeOf(await call(who.key, 'DELETE /v1/me', { password: who.password }))).toBe('403 forbidden');
    expect(outcomeOf(await call(who.token, 'GET /v1/me'))).toBe('200');
  });

  test('asks a user without a password for a fresh session', async () => {
    const [fresh, old] = [await resident(), await resident()];
    const forget = 'update identity.users set password_hash = null where user_id = any ($1::uuid[])';
    await app.db.asMigrator(statement(forget, [`{${fresh.userId},${old.userId}}`]));
    const age = `update identity.sessions set proven_at = proven_at - interval '16 minutes' where user_id = $1`;
    await app.db.asMigrator(statement(age, [old.userId]));
    expect(outcomeOf(await call(old.token, 'DELETE /v1/me'))).toBe('403 step_up_required');
    expect(outcomeOf(await call(fresh.token, 'DELETE /v1/me'))).toBe('200');
  });

  test('ends sessions, refuses keys and spends nothing more, at once; signing in says why', async () => {
    const who = await resident('reel.pro');
    const other = await login(who);
    expect(other).toBe('200');
    const { body } = await close(who);
    expect(body).toMatchObject({ status: 'closed', restorable_until: expect.stringMatching(/Z$/) });
    expect(outcomeOf(await call(who.token, 'GET /v1/me'))).toBe('401 unauthenticated');
    expect(outcomeOf(await call(who.key, 'GET /v1/me'))).toBe('401 unauthenticated');
    expect(outcomeOf(await create(who.key))).toBe('401 unauthenticated');
    expect(await refusals(who)).toEqual(['account_suspended', 'user_suspended']);
    expect(await login(who)).toBe('403 user_closed');
    expect(await login({ ...who, password: 'Difference-Engine-1822' })).toBe('401 invalid_credentials');
  });

  test('is undone by the link of the mail, once, with keys, plans and role as they were', async () => {
    const who = await gone('reel.pro');
    const [link] = await links(who);
    const page = await fetch(`${app.url}/v1/auth/restore/${link ?? ''}`);
    expect(await page.text()).not.toContain(link);
    expect(await login(who)).toBe('403 user_closed');
    expect(await restore(link)).toBe('200');
    expect(await restore(link)).toBe('400 link_invalid');
    expect(await login(who)).toBe('200');
    expect(outcomeOf(await create(who.key))).toBe('202');
    // The session that was ended stays so.
    expect(outcomeOf(await call(who.token, 'GET /v1/me'))).toBe('401 unauthenticated');
  });

  test('is undone by no link that was altered, replaced by another, or sent for something else', async () => {
    const who = await gone();
    const [link = ''] = await links(who);
    const resent = await app.call(undefined, 'POST /v1/auth/resend-restore', { body: { email: who.email } });
    expect(resent).toMatchObject({ status: 202, body: { status: 'restore_sent', email: who.email } });
    const all = await links(who);
    expect(all).toHaveLength(2);
    expect(await restore(link)).toBe('400 link_invalid');
    expect(await restore(`${link.slice(0, -1)}~`)).toBe('400 link_invalid');
    await forgetRates(app);
    const verify = await app.call(undefined, 'POST /v1/auth/verify-email', { body: { token: all[1] } });
    expect(outcomeOf(verify)).toBe('400 link_invalid');
    expect(await restore(all[1])).toBe('200');
  });

  test('of two who use the link at once lets one through', async () => {
    const who = await gone();
    const [link] = await links(who);
    const outcomes = await Promise.all([restore(link), restore(link)]);
    expect(outcomes.toSorted()).toEqual(['200', '400 link_invalid']);
  });

  test('sends another link to nobody but who has closed their account, and says so to none', async () => {
    const [open, nobody] = [await resident(), `nobody-${process.pid}@example.com`];
    for (const email of [open.email, nobody]) {
      const reply = await app.call(undefined, 'POST /v1/auth/resend-restore', { body: { email } });
      expect(reply).toMatchObject({ status: 202, body: { status: 'restore_sent', email } });
      expect(await links({ email })).toEqual([]);
    }
  });
});

describe('the organizations of who goes', () => {
  test('keep them as long as they are the last owner of others, and are listed', async () => {
    const [owner, other] = [await resident(), await guest()];
    const acme = await organization({ ...owner });
    await join(acme, other, 'admin');
    const refused = await close(owner);
    expect(outcomeOf(refused)).toBe('409 last_owner');
    const id = acme.split('/').at(-1);
    expect(refused.body['error']).toMatchObject({ details: { organizations: [{ id, name: 'Acme' }] } });
    expect(outcomeOf(await call(owner.token, `POST ${acme}/transfer`, { user_id: other.userId }))).toBe(
      '200',
    );
    expect(outcomeOf(await close(owner))).toBe('200');
    expect(await roleOf(acme, other, other)).toBe('owner');
  });

  test('go and come back with who is alone there', async () => {
    const who = await resident();
    const acme = await organization(who);
    expect(outcomeOf(await close(who))).toBe('200');
    expect(await restore((await links(who))[0])).toBe('200');
    const token = await signIn(who.email, who.password);
    expect(outcomeOf(await call(token, `GET ${acme}`))).toBe('200');
    expect(outcomeOf(await call(who.key, 'GET /v1/me'))).toBe('200');
  });

  test('are left by no other owner while the one who stays has closed their account', async () => {
    const [going, staying] = [await resident(), await resident()];
    const acme = await organization(going);
    await join(acme, staying, 'owner');
    expect(outcomeOf(await close(going))).toBe('200');
    const leave = await call(staying.token, `DELETE ${acme}/members/${staying.userId}`);
    expect(outcomeOf(leave)).toBe('409 last_owner');
  });

  test('are handed to nobody who has closed their account, nor do they become an owner beside another', async () => {
    const [owner, going] = [await resident(), await resident()];
    const acme = await organization(owner);
    await join(acme, going, 'member');
    expect(outcomeOf(await close(going))).toBe('200');
    const hand = await call(owner.token, `POST ${acme}/transfer`, { user_id: going.userId });
    expect(outcomeOf(hand)).toBe('409 conflict');
    const raise = await call(owner.token, `PATCH ${acme}/members/${going.userId}`, { role: 'owner' });
    expect(outcomeOf(raise)).toBe('409 conflict');
    expect(await roleOf(acme, owner, owner)).toBe('owner');
    expect(await roleOf(acme, owner, going)).toBe('member');
  });

  test('keep one of two owners who go at once', async () => {
    const [one, two, member] = [await resident(), await resident(), await guest()];
    const acme = await organization(one);
    await join(acme, two, 'owner');
    await join(acme, member, 'member');
    const outcomes = await Promise.all([close(one), close(two)]);
    expect(outcomes.map(outcomeOf).toSorted()).toEqual(['200', '409 last_owner']);
  });

  test('tell all owners when one closes it, and by when it can be opened again', async () => {
    const [one, two] = [await guest(), await guest()];
    const acme = await organization(one);
    await join(acme, two, 'owner');
    expect(outcomeOf(await call(one.token, `DELETE ${acme}`))).toBe('200');
    const mails = (await app.outbox()).filter(({ subject }) => subject === 'Acme is closed');
    expect(mails.map(({ to }) => to).toSorted()).toEqual([one.email, two.email].toSorted());
  });
});

describe('after 14 days', () => {
  test('the account is gone: nothing undoes it, and its address can be registered anew', async () => {
    // An account that was closed before.
    await later('15 days');
    await erase();
    const who: Resident = await gone();
    const other = await resident();
    const [link] = await links(who);
    await later('13 days 23 hours');
    expect(await erase()).toBe(0);
    expect(await login(who)).toBe('403 user_closed');
    await later('1 hour');
    expect(await restore(link)).toBe('400 link_invalid');
    await erase();
    expect(await erase()).toBe(0);
    expect(await login(who)).toBe('401 invalid_credentials');
    expect(await login(other)).toBe('200');
    const { email, password } = who;
    await forgetRates(app);
    await app.call(undefined, 'POST /v1/auth/register', { body: { email, password } });
    expect(await login(who)).toBe('200');
  });
});
