import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { commitPoint, statement } from '#platform/db';
import { addMails, declareMails, mailTemplate, type TemplateName } from '#platform/mail';
import { advance } from '@plinth/testkit/factories';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { newEmail, register, somebodyAt } from '../identity/mailbox.ts';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { temporaryFolder } from '@plinth/testkit/services';
import { z } from 'zod';

const POINT = commitPoint('test.mail', 'mails of a test');

/** What the mail server says of a receiver; undefined: it takes the mail. */
let refusal: { readonly responseCode: number } | undefined;
/** What happens at a crash point. */
let crashHook: ((point: string, phase: 'before' | 'after') => void) | undefined;
/** Each test begins when the mails of the one before are through. */
beforeEach(async () => {
  refusal = undefined;
  crashHook = undefined;
  const due = `select id from mail.messages where status in ('asked', 'waiting') and due_at <= app.now()`;
  await expect.poll(() => app.db.asMigrator(statement(due)), { timeout: 120_000, interval: 20 }).toEqual([]);
});

const taken: string[] = [];
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo(_address, _session, done) {
    done(refusal === undefined ? null : Object.assign(new Error('not now'), refusal));
  },
  onData(stream, _session, done) {
    void text(stream).then((mail) => {
      taken.push(mail);
      done();
    });
  },
});
server.listen(0, '127.0.0.1');
await once(server.server, 'listening');
afterAll(() => new Promise<void>((closed) => server.close(closed)));
const at = server.server.address();
const app = await testApp({
  settings: { SMTP_URL: `smtp://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}` },
  crashHook: (point, phase) => crashHook?.(point, phase),
});
const { mail } = app.app.modules;
const admin = await app.admin();

/** The mails that arrived at an address, the oldest first. */
async function mailsTo(to: string) {
  const read = await Promise.all(taken.map((one) => PostalMime.parse(one)));
  return read.filter((one) => one.to?.[0]?.address === to);
}

async function log(query: string) {
  const { status, body } = await app.call(admin.key, `GET /v1/admin/mail?${query}`);
  expect(status).toBe(200);
  return body['data'] as readonly Record<string, unknown>[];
}

/** The newest line of the log about a receiver, once it says so. */
async function line(to: string, expected: object) {
  const query = `to=${encodeURIComponent(to)}`;
  await expect
    .poll(async () => (await log(query))[0], { timeout: 120_000, interval: 20 })
    .toMatchObject(expected);
}

/** Lets the time pass until a mail that was put off is due. */
async function passTime(interval: string) {
  await advance(app.db, interval);
  mail.wake();
}

const facts = async (to: string) =>
  app.db.asMigrator(
    statement<{ template: TemplateName; facts: string | null }>(
      'select template, facts from mail.messages where recipient = $1',
      [to],
    ),
  );
/** Stores mails in the scope of an account. */
async function storeMails(...mails: readonly Parameters<typeof mail.sending<'password_changed'>>[0][]) {
  const { accountId } = admin;
  await app.db.tenant(
    accountId,
    POINT,
    mails.flatMap((one) => mail.sending({ ...one, accountId })),
  );
  mail.wake();
}
/** A mail of a product that this program does not have. */
const folder = pathToFileURL(join(temporaryFolder(), 'mails.ts'));
mkdirSync(new URL('./mails/', folder));
writeFileSync(new URL('./mails/issued.txt', folder), 'Subject: Your licence {{key}}\n\n{{key}}\n');
const { issued } = declareMails('demo', folder.href, {
  issued: mailTemplate(z.strictObject({ key: z.string() }), { key: 'A' }, [
    { name: 'licence.json', type: 'application/json', content: '{}' },
  ]),
});
addMails([issued]);
const NOTICE = { template: 'password_changed', facts: { at: 'now' } } as const;

describe('a mail', () => {
  test('that can not be handed over fails no request, is tried again later, and arrives', async () => {
    refusal = { responseCode: 451 };
    const ada = await register(app);
    await line(ada.email, { status: 'waiting', attempts: 1, error: 'SMTP 451', sent_at: null });
    await passTime('20 seconds');
    await line(ada.email, { status: 'waiting', attempts: 1 });
    await passTime('16 seconds');
    await line(ada.email, { status: 'waiting', attempts: 2 });
    refusal = undefined;
    await passTime('72 seconds');
    await line(ada.email, { status: 'sent', attempts: 3, error: null, sent_at: expect.any(String) });
    expect(await mailsTo(ada.email)).toHaveLength(1);
  });

  test('whose receiver is refused for good is not tried again', async () => {
    refusal = { responseCode: 550 };
    const ada = await register(app);
    await line(ada.email, { status: 'refused', attempts: 1, error: 'SMTP 550' });
    refusal = undefined;
    await passTime('1 day');
    await line(ada.email, { status: 'refused', attempts: 1 });
    expect(await mailsTo(ada.email)).toEqual([]);
  });

  test('whose link is over is given up, and tells no more what it would have said', async () => {
    refusal = { responseCode: 451 };
    const ada = await register(app);
    await ada.auth('forgot-password', { email: ada.email });
    const template: TemplateName = 'reset_password';
    await line(ada.email, { template, status: 'waiting', attempts: 1 });
    expect(await facts(ada.email)).toContainEqual({ template, facts: expect.stringMatching(/^ps1\./) });
    await passTime('1 hour');
    await line(ada.email, { template, status: 'failed', error: 'SMTP 451' });
    expect(await facts(ada.email)).toContainEqual({ template, facts: null });
    // The mail of the registration was refused again as well: it would arrive, its link still good.
    const registration = async () =>
      (await log(`to=${encodeURIComponent(ada.email)}`)).find((one) => one['template'] === 'verify_email');
    await expect.poll(registration).toMatchObject({ status: 'waiting', attempts: 2 });
    refusal = undefined;
    await passTime('1 day');
    expect(await mailsTo(ada.email)).toEqual([]);
  });

  test('arrives twice at most under one Message-ID when its process dies between sending and writing it down', async () => {
    let deaths = 0;
    crashHook = (point, phase) => {
      if (point !== 'mail.dispatch' || phase !== 'after' || deaths > 0) return;
      deaths += 1;
      throw new Error('the process died');
    };
    const ada = await register(app);
    await line(ada.email, { status: 'sent', attempts: 1 });
    const [first, second, ...more] = await mailsTo(ada.email);
    expect([deaths, more]).toEqual([1, []]);
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.text).toBe(first?.text);
    expect(first?.messageId).toMatch(/^<[0-9a-f-]{36}@localhost>$/);
  });

  test('takes along what goes with it, which is sealed while it waits, and gone once it is sent', async () => {
    const to = newEmail();
    const content = 'KEY-OF-A-LICENCE';
    const attachments = [{ name: 'licence.json', type: 'application/json', content }];
    refusal = { responseCode: 451 };
    const mails = mail.sending({ to, template: issued, facts: { key: 'A-B' }, attachments });
    await app.db.system('mail.sending', POINT, mails);
    mail.wake();
    await line(to, { template: 'demo.issued', status: 'waiting', attempts: 1 });
    expect(await facts(to)).toEqual([{ template: 'demo.issued', facts: expect.stringMatching(/^ps1\./) }]);
    refusal = undefined;
    await passTime('36 seconds');
    await line(to, { status: 'sent' });
    const [read] = await mailsTo(to);
    expect(read?.subject).toBe('Your licence A-B');
    const [file] = read?.attachments ?? [];
    expect([file?.filename, Buffer.from(file?.content as ArrayBuffer).toString()]).toEqual([
      'licence.json',
      content,
    ]);
    expect(await facts(to)).toEqual([{ template: 'demo.issued', facts: null }]);
    // By its receiver: which templates may be asked for is settled when the first mails are listed in this process.
    expect((await log(`to=${encodeURIComponent(to)}`)).map(({ template }) => template)).toEqual([
      'demo.issued',
    ]);
  });

  test.each([
    ['a path', [{ name: '../licence', type: 'text/plain', content: '' }]],
    ['no media type', [{ name: 'a.txt', type: 'text/plain\r\nBcc: eve', content: '' }]],
    ['too much', [{ name: 'a.txt', type: 'text/plain', content: 'x'.repeat(128 * 1024 + 1) }]],
    ['too many', Array.from({ length: 6 }, () => ({ name: 'a.txt', type: 'text/plain', content: '' }))],
  ])('takes along no file that is %s', (_what, attachments) => {
    const sending = { to: newEmail(), template: issued, facts: { key: 'A-B' }, attachments };
    expect(() => mail.sending(sending)).toThrow();
    expect(() => mail.sending({ ...NOTICE, to: newEmail(), attachments: attachments.slice(0, 1) })).toThrow(
      'password_changed says of no attachments',
    );
  });

  test('is sent once for its key, and is not sent when its transaction fails', async () => {
    const [once_, never] = [newEmail(), newEmail()];
    const keyed = { ...NOTICE, to: once_, once: 'the same' };
    await storeMails(keyed, keyed);
    await storeMails(keyed);
    const broken = app.db.tenant(admin.accountId, POINT, [
      ...mail.sending({ ...NOTICE, to: never, accountId: admin.accountId }),
      statement('select 1 / 0'),
    ]);
    await expect(broken).rejects.toThrow();
    await line(once_, { status: 'sent', account_id: admin.accountId });
    expect(await mailsTo(once_)).toHaveLength(1);
    expect(await log(`to=${never}`)).toEqual([]);
  });

  test('goes to one address: anything else is refused, and reaches nobody', async () => {
    const before = taken.length;
    for (const to of ['ada@example.com\r\nBcc: eve@example.com', 'a@example.com, b@example.com', 'nobody']) {
      await storeMails({ ...NOTICE, to });
      await line(to, { status: 'refused', error: 'bad address', attempts: 1 });
    }
    expect(taken).toHaveLength(before);
  });

  test('of an account is out of reach for it once it is stored', async () => {
    const { accountId } = admin;
    for (const column of ['facts', 'recipient'])
      await expect(
        app.db.tenant(accountId, [statement(`select ${column} from mail.messages`)]),
      ).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the log', () => {
  test('is for platform admins, in pages, by status and receiver, without what mails said', async () => {
    const ada = await register(app);
    await ada.auth('forgot-password', { email: ada.email });
    await line(ada.email, { template: 'reset_password', status: 'sent' });
    const path = `GET /v1/admin/mail?to=${ada.email}&limit=1`;
    const { body } = await app.call(admin.key, path);
    expect(body['data']).toMatchObject([{ template: 'reset_password', to: ada.email }]);
    const next = await app.call(admin.key, `${path}&cursor=${String(body['next_cursor'])}`);
    expect(next.body).toMatchObject({ data: [{ template: 'verify_email' }], next_cursor: null });
    expect(JSON.stringify([body, next.body])).not.toMatch(/ple_|http/);
    expect(await log(`to=${ada.email}&status=failed`)).toEqual([]);
    const { key } = await app.customer();
    expect((await app.call(key, path)).status).toBe(403);
  });

  test('keeps its lines for 90 days', async () => {
    const ada = await register(app);
    await line(ada.email, { status: 'sent' });
    await advance(app.db, '89 days');
    await mail.prune();
    expect(await log(`to=${ada.email}`)).toHaveLength(1);
    await advance(app.db, '2 days');
    await mail.prune();
    expect(await log(`to=${ada.email}`)).toEqual([]);
  });
});

test('no link or password that was used or sent stands anywhere in the database, nor in what a mail left behind', async () => {
  const [ada, secrets] = [await register(app), new Set<string>()];
  const linkIn = async () => /ple_[\w-]{43}/.exec((await mailsTo(ada.email)).at(-1)?.text ?? '')?.[0] ?? '';
  await line(ada.email, { status: 'sent' });
  secrets.add(await linkIn());
  const password = `Marker-${ada.email}-1`;
  await ada.auth('forgot-password', { email: ada.email });
  await line(ada.email, { template: 'reset_password', status: 'sent' });
  const token = await linkIn();
  secrets.add(token).add(password);
  await forgetRates(app);
  expect((await ada.auth('reset-password', { token, password })).status).toBe(200);
  expect((await somebodyAt(app, ada.email).login(password)).status).toBe(200);
  await line(ada.email, { template: 'password_changed', status: 'sent' });
  const tables = await app.db.asMigrator(
    statement<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    ),
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await app.db.asMigrator(statement<{ row: string }>(`select t::text as row from ${name} t`));
    for (const { row } of rows) {
      found.push(...[...secrets].filter((secret) => row.includes(secret)).map(() => name));
    }
  }
  expect([secrets.size, tables.length > 20, found]).toEqual([3, true, []]);
});
