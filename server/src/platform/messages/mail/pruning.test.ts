import { readdirSync } from 'node:fs';
import { commitPoint, statement } from '#platform/db';
import { plainBrand } from '#platform/http';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import type { JobHandler, QueuedJob } from '#platform/queue';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { advance } from '@plinth/testkit/factories';
import { temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { createMail } from './mail.ts';
import { createOutbox } from './outbox.ts';

const STORED = commitPoint('test.mail-to-prune', 'a mail of a test');
const folder = temporaryFolder();
let dies = '';
const { db } = await testDatabase({
  crashHook(point, phase) {
    if (`${phase} ${point}` === dies) throw new Error('killed');
  },
});
let handler: JobHandler | undefined;
const mail = createMail({
  db,
  ids: createIds({ clock: systemClock, random: systemRandom }),
  random: systemRandom,
  secrets: createSecrets({ keys: [newMasterKey(systemRandom)] }),
  queue: {
    handle(registered) {
      handler = registered;
    },
    enqueueing: () => [],
    wake() {},
  },
  transport: createOutbox(folder),
  settings: { from: { address: 'plinth@example.com' } },
  brandOf: () => plainBrand('Plinth'),
  logoOf: async () => undefined,
  log: { info() {}, warn() {} },
});

const lines = () =>
  db.asMigrator(
    statement<{ id: string; account_id: AccountId; status: string }>(
      'select id, account_id, status from mail.messages',
    ),
  );

/** A mail that is a file of the outbox, and a line of the log that is old. */
async function oldMail(): Promise<void> {
  const message = { to: 'ada@example.com', template: 'password_changed', facts: { at: 'now' } } as const;
  await db.system('mail.sending', STORED, mail.sending(message));
  const [line] = await lines();
  if (line === undefined) throw new Error('no mail was stored');
  const job: Partial<QueuedJob> = {
    accountId: line.account_id,
    payload: { mail_id: line.id },
    requestId: line.id,
    signal: new AbortController().signal,
  };
  await handler?.run(job as QueuedJob);
  expect([readdirSync(folder), await lines()]).toEqual([
    [`${line.id}.eml`],
    [expect.objectContaining({ status: 'sent' })],
  ]);
  await advance(db, '91 days');
}

test('what a sent mail said is answered to nobody, unless the server is one of developers', async () => {
  await oldMail();
  const [line] = await lines();
  expect([mail.isShown, await mail.text(line?.id ?? '')]).toEqual([false, undefined]);
  await mail.prune();
  expect(await lines()).toEqual([]);
});

test.each([
  ['before', 1],
  ['after', 0],
] as const)(
  'pruning that is killed %s it deleted the lines leaves no file that no line tells of',
  async (phase, left) => {
    await oldMail();
    dies = `${phase} mail.prune`;
    await expect(mail.prune()).rejects.toThrow('killed');
    expect([readdirSync(folder), (await lines()).length]).toEqual([[], left]);
    dies = '';
    expect(await mail.prune()).toBe(left);
    expect(await lines()).toEqual([]);
  },
);
