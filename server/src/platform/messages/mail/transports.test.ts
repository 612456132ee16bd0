import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '@plinth/testkit/services';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, describe, expect, test } from 'vitest';
import { createSendGridSandbox } from '#sandbox/sendgrid';
import { createOutbox } from './outbox.ts';
import { createSendGrid } from './sendgrid.ts';
import { createSmtp, type SmtpOptions } from './smtp.ts';
import type { OutgoingMail } from './transport.ts';

const LETTER: OutgoingMail = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07',
  messageId: '<0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07@example.com>',
  from: { name: 'Plinth', address: 'plinth@example.com' },
  to: 'ada@example.com',
  subject: 'Hello',
  text: 'In text',
  html: '<p>In HTML</p>',
  date: new Date(1_800_000_000_000),
  attachments: [],
};
const FILE = { name: 'licence.json', type: 'application/json', content: Buffer.from('{"seats":3}') };
const CERTIFICATE = JSON.parse(
  readFileSync(new URL('../../../../../testkit/fixtures/certificate.json', import.meta.url), 'utf8'),
) as { readonly key: string; readonly cert: string };
const NEVER = new AbortController().signal;
const closing: (() => unknown)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

/** A mail server, and the mails that it took. */
async function postOffice(options: SMTPServerOptions = {}) {
  const taken: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, _session, done) {
      void text(stream).then((mail) => {
        taken.push(mail);
        done();
      });
    },
    ...options,
  });
  // A client that breaks off is what some of these tests are about.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  closing.push(() => new Promise<void>((closed) => server.close(closed)));
  const at = server.server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  const to = (more: Partial<SmtpOptions> = {}) =>
    createSmtp({ host: '127.0.0.1', port, secure: false, requireTls: false, auth: undefined, ...more });
  return { taken, port, to };
}

const refusal = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code });

describe('SMTP', () => {
  test('hands a mail over as it is', async () => {
    const { taken, to } = await postOffice();
    expect(await to().deliver(LETTER, NEVER)).toEqual({ outcome: 'sent' });
    const read = await PostalMime.parse(taken[0] ?? '');
    expect(read).toMatchObject({ subject: 'Hello', messageId: LETTER.messageId });
    expect([read.text?.trim(), read.html?.trim()]).toEqual(['In text', '<p>In HTML</p>']);
    expect(read.to).toMatchObject([{ address: 'ada@example.com' }]);
    expect(read.attachments).toEqual([]);
  });

  test('hands over what goes with it, byte for byte', async () => {
    const { taken, to } = await postOffice();
    const bytes = Buffer.from([0, 255, 13, 10, 46, 13, 10]);
    const attachments = [FILE, { name: 'raw.bin', type: 'application/octet-stream', content: bytes }];
    expect(await to().deliver({ ...LETTER, attachments }, NEVER)).toEqual({ outcome: 'sent' });
    const read = await PostalMime.parse(taken[0] ?? '');
    expect(read.attachments).toMatchObject([
      { filename: 'licence.json', mimeType: 'application/json', disposition: 'attachment' },
      { filename: 'raw.bin', mimeType: 'application/octet-stream' },
    ]);
    const contents = read.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer));
    expect(contents).toEqual([FILE.content, bytes]);
    expect(read.text?.trim()).toBe('In text');
  });

  test('says who it is, and over an encrypted connection alone', async () => {
    const { key, cert } = CERTIFICATE;
    const office = await postOffice({
      key,
      cert,
      disabledCommands: [],
      authOptional: false,
      onAuth: ({ username, password }, session, done) =>
        session.secure && username === 'plinth' && password === 'right'
          ? done(null, { user: 'plinth' })
          : done(refusal(535, 'Authentication credentials invalid')),
    });
    const auth = { user: 'plinth', pass: 'right' };
    const secure = { requireTls: true, ca: cert, host: 'localhost' };
    expect(await office.to({ ...secure, auth }).deliver(LETTER, NEVER)).toEqual({ outcome: 'sent' });
    expect(await office.to({ ...secure, auth }).check()).toContain('takes the log-in');
    const wrong = office.to({ ...secure, auth: { ...auth, pass: 'wrong' } });
    expect(await wrong.deliver(LETTER, NEVER)).toEqual({ outcome: 'failed', reason: 'SMTP 535' });
    await expect(wrong.check()).rejects.toThrow();
  });

  test('tells nothing to a server whose certificate nobody vouches for, or that offers no encryption', async () => {
    const unknown = await postOffice({ key: CERTIFICATE.key, cert: CERTIFICATE.cert, disabledCommands: [] });
    const bare = await postOffice();
    for (const office of [unknown, bare]) {
      const outcome = await office.to({ requireTls: true, host: 'localhost' }).deliver(LETTER, NEVER);
      expect(outcome).toMatchObject({ outcome: 'failed' });
      expect(office.taken).toEqual([]);
    }
  });

  test('TLS from the first byte', async () => {
    const { to, taken } = await postOffice({ key: CERTIFICATE.key, cert: CERTIFICATE.cert, secure: true });
    const smtps = to({ secure: true, ca: CERTIFICATE.cert, host: 'localhost' });
    expect(await smtps.deliver(LETTER, NEVER)).toEqual({ outcome: 'sent' });
    expect(taken).toHaveLength(1);
  });

  test.each([
    [
      'a receiver that is refused',
      { onRcptTo: refusedAddress(550, '5.1.1 no ada@example.com here') },
      { outcome: 'refused', reason: 'SMTP 550 5.1.1' },
    ],
    [
      'a receiver that is refused for now',
      { onRcptTo: refusedAddress(451, '4.7.1 greylisted') },
      { outcome: 'failed', reason: 'SMTP 451 4.7.1' },
    ],
    [
      'a sender that is refused',
      { onMailFrom: refusedAddress(550, '5.7.1 not you') },
      { outcome: 'failed', reason: 'SMTP 550 5.7.1' },
    ],
    [
      'a mail that is refused',
      { onData: refusedData(554, '5.7.0 this is spam: https://…') },
      { outcome: 'refused', reason: 'SMTP 554 5.7.0' },
    ],
    [
      'a mail that is refused for now',
      { onData: refusedData(452, '4.3.1 full') },
      { outcome: 'failed', reason: 'SMTP 452 4.3.1' },
    ],
    [
      'a caller that is refused',
      { onConnect: refusedCaller(554, 'go away') },
      { outcome: 'failed', reason: 'SMTP 554' },
    ],
  ] as const)('%s: figures, and no word of the server', async (_what, options, delivery) => {
    const { to } = await postOffice(options);
    expect(await to().deliver(LETTER, NEVER)).toEqual(delivery);
  });

  test('a server that is not there is tried again', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const at = gone.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    await new Promise((closed) => gone.close(closed));
    const smtp = createSmtp({ host: '127.0.0.1', port, secure: false, requireTls: false, auth: undefined });
    expect(await smtp.deliver(LETTER, NEVER)).toMatchObject({ outcome: 'failed', reason: 'ESOCKET' });
  });

  test('a server that keeps silent is left when the process stops', async () => {
    const stop = new AbortController();
    const silent = createServer(() => stop.abort()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(() => silent.close());
    const at = silent.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    const smtp = createSmtp({ host: '127.0.0.1', port, secure: false, requireTls: false, auth: undefined });
    expect(await smtp.deliver(LETTER, stop.signal)).toMatchObject({ outcome: 'failed', reason: 'EABORT' });
  });
});

function refusedAddress(code: number, message: string): NonNullable<SMTPServerOptions['onRcptTo']> {
  return (_address, _session, done) => done(refusal(code, message));
}

function refusedData(code: number, message: string): NonNullable<SMTPServerOptions['onData']> {
  return (stream, _session, done) => void text(stream).then(() => done(refusal(code, message)));
}

function refusedCaller(code: number, message: string): NonNullable<SMTPServerOptions['onConnect']> {
  return (_session, done) => done(refusal(code, message));
}

describe('SendGrid', async () => {
  const sandbox = await createSendGridSandbox();
  closing.push(() => sandbox.close());
  const sendgrid = createSendGrid(sandbox);

  test('is handed a mail with its own Message-ID, whose links it must not rewrite', async () => {
    expect(await sendgrid.deliver(LETTER, NEVER)).toEqual({ outcome: 'sent' });
    expect(sandbox.mails.at(-1)).toMatchObject({
      personalizations: [{ to: [{ email: 'ada@example.com' }] }],
      from: { email: 'plinth@example.com', name: 'Plinth' },
      subject: 'Hello',
      content: [
        { type: 'text/plain', value: 'In text' },
        { type: 'text/html', value: '<p>In HTML</p>' },
      ],
      headers: { 'Message-ID': LETTER.messageId },
      tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
    });
  });

  test('is handed what goes with a mail', async () => {
    expect(await sendgrid.deliver({ ...LETTER, attachments: [FILE] }, NEVER)).toEqual({ outcome: 'sent' });
    const content = FILE.content.toString('base64');
    expect(sandbox.mails.at(-1)?.attachments).toEqual([
      { filename: 'licence.json', type: 'application/json', disposition: 'attachment', content },
    ]);
  });

  test.each([
    [{ status: 400 }, 'refused', 'SendGrid 400'],
    [{ status: 413 }, 'refused', 'SendGrid 413'],
    [{ status: 401 }, 'failed', 'SendGrid 401'],
    [{ status: 429 }, 'failed', 'SendGrid 429'],
    [{ status: 503 }, 'failed', 'SendGrid 503'],
    ['reset', 'failed', 'UND_ERR_SOCKET'],
  ] as const)('%j: %s', async (fault, outcome, reason) => {
    sandbox.faults.push(fault);
    expect(await sendgrid.deliver(LETTER, NEVER)).toEqual({ outcome, reason });
  });

  test('that keeps silent is left when the process stops', async () => {
    const stop = new AbortController();
    sandbox.faults.push('hang');
    const delivery = sendgrid.deliver(LETTER, stop.signal);
    await expect.poll(() => sandbox.faults.length).toBe(0);
    stop.abort();
    expect(await delivery).toEqual({ outcome: 'failed', reason: 'AbortError' });
  });

  test('says whether the key may send', async () => {
    expect(await sendgrid.check()).toContain('the key may send');
    const wrong = createSendGrid({ ...sandbox, apiKey: 'SG.wrong' });
    await expect(wrong.check()).rejects.toThrow('not accepted');
  });
});

describe('the outbox folder', () => {
  test('holds one file for a mail, however often it is sent, for its user alone', async () => {
    const folder = join(temporaryFolder(), 'outbox');
    const outbox = createOutbox(folder);
    for (let times = 0; times < 2; times += 1)
      expect(await outbox.deliver(LETTER, NEVER)).toEqual({ outcome: 'sent' });
    expect(readdirSync(folder)).toEqual([`${LETTER.id}.eml`]);
    const path = join(folder, `${LETTER.id}.eml`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await PostalMime.parse(readFileSync(path))).subject).toBe('Hello');
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test('forgets a mail whole, what a process that died left of it as well', async () => {
    const folder = temporaryFolder();
    const outbox = createOutbox(folder);
    await outbox.deliver(LETTER, NEVER);
    writeFileSync(join(folder, `${LETTER.id}.eml.new`), 'half of one');
    writeFileSync(join(folder, 'another.eml'), '');
    await outbox.forget?.([LETTER.id]);
    expect(readdirSync(folder)).toEqual(['another.eml']);
  });
});
