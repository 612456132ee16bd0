import { expect, test } from 'vitest';
import { readConfig } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const via = (environment: Record<string, string>) => readConfig(environment).mail.via;
const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  PUBLIC_URL: 'https://api.example.com',
  MAIL_FROM: 'Plinth <plinth@example.com>',
};

test('with nothing set, mails are files in the data folder', () => {
  const { mail, baseUrl } = readConfig({ DATA_DIR: '/srv/plinth', PORT: '4000' });
  expect(mail).toEqual({
    from: { name: undefined, address: 'plinth@localhost' },
    via: { transport: 'outbox', folder: '/srv/plinth/outbox' },
  });
  expect(baseUrl).toBe('http://127.0.0.1:4000');
});

test('a mail server is named by a URL: its port, its log-in, and whether it must encrypt', () => {
  expect(via({ SMTP_URL: 'smtp://ada:p%40ss@smtp.example.com' })).toEqual({
    transport: 'smtp',
    host: 'smtp.example.com',
    port: 587,
    secure: false,
    requireTls: true,
    auth: { user: 'ada', pass: 'p@ss' },
  });
  expect(via({ SMTP_URL: 'smtps://smtp.example.com' })).toMatchObject({
    port: 465,
    secure: true,
    auth: undefined,
  });
  expect(via({ SMTP_URL: 'smtp://[::1]:2525' })).toMatchObject({
    host: '::1',
    port: 2525,
    requireTls: false,
  });
  expect(via({ SMTP_URL: 'smtp://localhost', SMTP_TLS: 'required' })).toMatchObject({ requireTls: true });
  expect(via({ SMTP_URL: 'smtp://example.com', SMTP_TLS: 'optional' })).toMatchObject({ requireTls: false });
});

test('a key of SendGrid is enough, and MAIL_TRANSPORT goes before what else is set', () => {
  const sendgrid = { SENDGRID_API_KEY: 'SG.key' };
  expect(via(sendgrid)).toEqual({ transport: 'sendgrid', url: 'https://api.sendgrid.com', apiKey: 'SG.key' });
  expect(via({ ...sendgrid, MAIL_TRANSPORT: 'outbox' })).toMatchObject({ transport: 'outbox' });
});

test.each([
  [{ MAIL_TRANSPORT: 'smtp' }, 'SMTP_URL is missing'],
  [{ MAIL_TRANSPORT: 'sendgrid' }, 'SENDGRID_API_KEY is missing'],
  [{ MAIL_TRANSPORT: 'pigeon' }, 'MAIL_TRANSPORT must be'],
  [{ SMTP_URL: 'smtp://a.example', SENDGRID_API_KEY: 'marker' }, 'say by MAIL_TRANSPORT'],
  [{ SMTP_URL: 'https://marker.example' }, 'SMTP_URL must be'],
  [{ SMTP_URL: 'smtp://ada:100%marker@a.example' }, 'percent-encoded'],
  [{ MAIL_FROM: 'marker' }, 'MAIL_FROM must be'],
  [{ MAIL_FROM: 'a@example.com, marker@example.com' }, 'MAIL_FROM must be'],
  [{ MAIL_FROM: 'Marker <a@example.com>\r\nBcc: marker@example.com' }, 'MAIL_FROM must be'],
])('%j stops the start, with a line that quotes no value', (environment, says) => {
  const problems = problemsOf(environment);
  expect(problems).toEqual([expect.stringContaining(says)]);
  expect(problems.join()).not.toContain('marker');
});

test('in production mails are really sent, or the outbox is asked for by name; links lead to the public address', () => {
  expect(problemsOf(PRODUCTION)).toEqual([expect.stringContaining('MAIL_TRANSPORT=outbox')]);
  expect(problemsOf({ ...PRODUCTION, MAIL_TRANSPORT: 'outbox' })).toEqual([]);
  const smtp = { ...PRODUCTION, SMTP_URL: 'smtp://smtp.example.com' };
  expect(readConfig(smtp).baseUrl).toBe('https://api.example.com');
  const { PUBLIC_URL: _, MAIL_FROM: __, ...rest } = smtp;
  expect(problemsOf(rest)).toEqual([
    expect.stringContaining('PUBLIC_URL is missing'),
    expect.stringContaining('MAIL_FROM is missing'),
  ]);
});
