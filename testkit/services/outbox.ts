import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '#platform/config';
import { type Database, statement } from '#platform/db';
import PostalMime from 'postal-mime';
import { expect } from 'vitest';

/** A mail as its reader sees it. */
export interface SentMail {
  /** Name of the sender. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  /** Images that are part of it. */
  readonly images: readonly string[];
}

const ON_THEIR_WAY = statement<{ mails: number }>(
  `select count(*)::int as mails from mail.messages where status in ('asked', 'waiting') and due_at <= app.now()`,
);

/** The mails in an app's outbox folder, the oldest first. Waits for those that are due, so a worker must be running. */
export async function outboxOf(db: Database, { mail }: Config): Promise<SentMail[]> {
  if (mail.via.transport !== 'outbox') throw new Error('this app writes no outbox folder');
  const { folder } = mail.via;
  await expect
    .poll(async () => (await db.asMigrator(ON_THEIR_WAY))[0]?.mails, { timeout: 120_000, interval: 20 })
    .toBe(0);
  const files = await readdir(folder).catch(() => []);
  const known = readMails.get(db) ?? new Map<string, Promise<SentMail>>();
  readMails.set(db, known);
  const readOnce = (path: string) => {
    const reading = known.get(path) ?? readFile(path).then(read);
    known.set(path, reading);
    return reading;
  };
  // Named by ids that sort by time.
  const names = files.filter((name) => name.endsWith('.eml')).sort();
  return Promise.all(names.map((name) => readOnce(join(folder, name))));
}

/** Mails by their files, which never change: tests ask for all of them again and again, and reading one takes a millisecond. */
const readMails = new WeakMap<Database, Map<string, Promise<SentMail>>>();

async function read(message: Uint8Array): Promise<SentMail> {
  const {
    from,
    to,
    subject = '',
    text = '',
    html = '',
    messageId = '',
    attachments,
  } = await PostalMime.parse(message);
  const [receiver] = to ?? [];
  const images = attachments.flatMap(({ filename, contentId }) =>
    contentId === undefined ? [] : [filename ?? ''],
  );
  return { from: from?.name ?? '', to: receiver?.address ?? '', subject, text, html, messageId, images };
}
