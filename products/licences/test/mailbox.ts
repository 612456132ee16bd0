import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import type { JobId } from '#platform/kernel';
import PostalMime from 'postal-mime';
import type { Customer } from '@plinth/testkit/services/app';
import type { CoditectFixture } from './fixture.ts';

type App = Pick<CoditectFixture, 'app' | 'db'>;

/** Has jobs of an account run to their end. */
async function workOff({ app, db }: App, accountId: Customer['accountId'], kind: string): Promise<void> {
  const rows = await db.asMigrator(
    statement<{ id: JobId }>(
      `select id from jobs.jobs where account_id = $1 and kind = $2 and state = 'ready' order by id`,
      [accountId, kind],
    ),
  );
  for (const { id } of rows) await app.modules.jobs.deliver(accountId, id);
}

/** Has the mails about an account's licence written, and not sent. */
export const writeLetters = (app: App, { accountId }: Customer) =>
  workOff(app, accountId, 'coditect.letters');

/** All mails that a customer got by now as their account's manager, with their files, the oldest first. */
export async function mailsTo(from: App, who: Customer) {
  await writeLetters(from, who);
  await workOff(from, who.accountId, 'mail.send');
  const { mail } = from.app.modules.options.config;
  if (mail.via.transport !== 'outbox') throw new Error('there is no outbox');
  const { folder } = mail.via;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .sort();
  const read = await Promise.all(files.map((name) => PostalMime.parse(readFileSync(join(folder, name)))));
  return read.filter(({ to }) => to?.[0]?.address === who.email);
}
