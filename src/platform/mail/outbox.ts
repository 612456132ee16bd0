import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '#platform/config';
import type { OutgoingMail, Transport } from './transport.ts';

/** Writes each mail into a folder, as a file that any mail program opens. One that is sent twice is one file. */
export function createOutbox(folder: string): Transport {
  return {
    name: 'outbox',
    async deliver(mail) {
      const path = join(folder, `${mail.id}.eml`);
      makeFolder(folder);
      // Mails hold links that let in: for this user alone, and renamed, so that nobody reads half of one.
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

/** A mail as nodemailer takes it. It reads no files and fetches nothing, whatever a text looks like. */
export function composeMail({ from, to, subject, text, html, messageId, date, attachments }: OutgoingMail) {
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId,
    date,
    attachments: attachments.map(({ name, type, content }) => ({
      filename: name,
      contentType: type,
      content: Buffer.from(content),
    })),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
