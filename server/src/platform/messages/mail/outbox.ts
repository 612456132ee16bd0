import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '#platform/config';
import { unescapeHtml } from '#platform/http';
import type { OutgoingMail, Rendered, Transport } from './transport.ts';

/** Writes each mail into a folder, as a file that any mail program opens. One that is sent twice is one file. */
export function createOutbox(folder: string): Transport {
  return {
    name: 'outbox',
    async deliver(mail) {
      const path = join(folder, `${mail.id}.eml`);
      makeFolder(folder);
      // Mails hold links that let in: for this user alone, and renamed, so that a reader never sees half of one.
      await writeFile(`${path}.new`, await asMessage(mail), { mode: 0o600 });
      await rename(`${path}.new`, path);
      return { outcome: 'sent' };
    },
    async forget(ids) {
      for (const id of ids) {
        const path = join(folder, `${id}.eml`);
        // Where a process died before it was renamed.
        await rm(`${path}.new`, { force: true });
        await rm(path, { force: true });
      }
    },
    async read(id) {
      const message = await readFile(join(folder, `${id}.eml`), 'latin1').catch(() => undefined);
      return message === undefined ? undefined : renderedIn(message);
    },
    async check() {
      makeFolder(folder);
      return `mails are written to ${folder}, and go no further`;
    },
  };
}

/** A mail as it would travel (RFC 5322). */
export async function asMessage(mail: OutgoingMail): Promise<Uint8Array> {
  const { createTransport } = await import('nodemailer');
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await composer.sendMail(composeMail(mail));
  if (!Buffer.isBuffer(message)) throw new Error('the mail was not composed in memory');
  return message;
}

/** Texts of a message that `asMessage` made: its two texts, and its subject, which is the title of the second one. */
function renderedIn(message: string): Rendered {
  const html = partOf(message, 'text/html');
  const [, title = ''] = /<title>([^<]*)<\/title>/.exec(html) ?? [];
  return { subject: unescapeHtml(title), text: partOf(message, 'text/plain'), html };
}

/** A part of a message (RFC 2045), which is read as bytes. */
function partOf(message: string, type: string): string {
  const [, head = '', body = ''] =
    new RegExp(`^(Content-Type: ${type}[^]*?)\\r\\n\\r\\n([^]*?)\\r\\n--`, 'm').exec(message) ?? [];
  const [, encoding = ''] = /^Content-Transfer-Encoding: (\S+)/im.exec(head) ?? [];
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([\dA-F]{2})/g, (_sign, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A mail as nodemailer takes it. It reads no files and fetches nothing, even if a text looks like a path or an address. */
export function composeMail({ from, to, subject, text, html, messageId, date, attachments }: OutgoingMail) {
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId,
    date,
    attachments: attachments.map(({ name, type, content, contentId }) => ({
      filename: name,
      contentType: type,
      content: Buffer.from(content),
      ...(contentId === undefined ? {} : { cid: contentId, contentDisposition: 'inline' as const }),
    })),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
