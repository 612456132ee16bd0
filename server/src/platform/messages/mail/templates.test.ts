import PostalMime from 'postal-mime';
import { plainBrand } from '#platform/http';
import { describe, expect, test } from 'vitest';
import { templateCalled } from './catalogue.ts';
import { asMessage } from './outbox.ts';
import { render } from './render.ts';
import { isAddress } from './transport.ts';

const [verifying, inviting] = [templateCalled('verify_email'), templateCalled('invitation')];
const mail = (more: object = {}) => ({
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07',
  messageId: '<1@example.com>',
  from: { name: 'Plinth', address: 'plinth@example.com' },
  to: 'ada@example.com',
  date: new Date(1_800_000_000_000),
  attachments: [],
  ...render(verifying, verifying.example, plainBrand('Plinth')),
  ...more,
});

const invitation = (organization: string) =>
  render(inviting, { ...inviting.example, organization }, plainBrand('Plinth'));

describe('what people wrote', () => {
  test('is text in HTML, whatever it looks like', () => {
    const { html } = invitation(`<img src=x onerror="alert(1)"> & 'co'`);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;co&#39;');
    expect(html).not.toContain('<img');
  });

  test('is no place of a template', () => {
    expect(invitation('{{link}} $& {{content}}').text).toContain('{{link}} $& {{content}}');
  });

  test('begins no line of its own, in no part, and no header', async () => {
    const { subject, text, html } = invitation('Acme\r\nBcc: eve@example.com\u2028\u202ex');
    expect(subject).toBe('Ada Lovelace invites you to Acme Bcc: eve@example.com x');
    for (const part of [text, html]) expect(part).not.toMatch(/^Bcc/m);
    const raw = Buffer.from(await asMessage(mail({ subject }))).toString();
    expect(raw).not.toMatch(/^bcc:/im);
    expect((await PostalMime.parse(raw)).bcc).toBeUndefined();
  });
});

test('a fact that a template names and nobody gives is an error, and not a hole in a mail', () => {
  expect(() => render(verifying, { hours: 24 }, plainBrand('x'))).toThrow('the fact link');
});

test('a mail is read as it was written, in both parts, and says that nobody wrote it', async () => {
  const text =
    'Grüße, 你好 — a line that is longer than seventy-eight signs, so that it is broken on its way somewhere.';
  const message = await asMessage(mail({ subject: 'Grüße 你好', text, html: `<p>${text}</p>` }));
  const read = await PostalMime.parse(message);
  expect(read).toMatchObject({ subject: 'Grüße 你好', messageId: '<1@example.com>' });
  expect(read.html?.trim()).toBe(`<p>${text}</p>`);
  expect(read.text?.trim()).toBe(text);
  expect(read.from).toMatchObject({ name: 'Plinth', address: 'plinth@example.com' });
  expect(read.headers).toContainEqual(
    expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
  );
});

test.each([
  'ada@example.com\r\nBcc: eve@example.com',
  'ada@example.com, eve@example.com',
  'Ada <ada@example.com>',
  'ada@example.com>',
  '"a b"@example.com',
  'ada',
  '@example.com',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(260)}`,
])('%j is no address that a mail goes to', (text) => {
  expect(isAddress(text)).toBe(false);
});

test.each(['ada@example.com', "o'neil+tag@sub.example.co", 'ада@пример.рф'])('%s is one', (text) => {
  expect(isAddress(text)).toBe(true);
});
