import type { Audit } from '#platform/audit';
import { personalAccount } from '#platform/accounts';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { profile } from '#platform/identity';
import type { JobHandler, QueuedJob } from '#platform/queue';
import type { Ids, UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import { archiveOf } from './archive.ts';
import { contentsOf, type ContentsParts } from './contents.ts';
import {
  beginAttempt,
  type ExportKey,
  failExport,
  insertPart,
  oneExport,
  readyExport,
} from './export-store.ts';
import type { Subject } from './plan.ts';

const BEGUN = commitPoint('erasure.export-begun', 'an archive without the parts of an attempt before');
const PART = commitPoint('erasure.export-part', 'a part of an archive');
const READY = commitPoint('erasure.export-ready', 'an archive that can be downloaded, and the mail about it');
const FAILED = commitPoint('erasure.export-failed', 'an archive that could not be made');

export const EXPORT_KIND = 'erasure.export';
const ATTEMPTS = 5;

export interface ExportingParts extends ContentsParts {
  readonly ids: Ids;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
}

/** Makes archives: a job that reads table after table and stores the archive in parts. */
export function exportHandler(parts: ExportingParts): JobHandler {
  const { db } = parts;
  return {
    kind: EXPORT_KIND,
    attempts: ATTEMPTS,
    run: (job) => makeArchive(parts, job),
    giveUp: async (job) => {
      await db.system('erasure.export', FAILED, [failExport(keyOf(job))]);
    },
  };
}

const keyOf = ({ payload }: QueuedJob): ExportKey => ({
  userId: (payload['user_id'] ?? '') as UserId,
  id: payload['export_id'] ?? '',
});

async function makeArchive(parts: ExportingParts, job: QueuedJob): Promise<void> {
  const { db } = parts;
  const key = keyOf(job);
  const subjects = await subjectsOf(db, key);
  if (subjects === undefined) return;
  const attempt = parts.ids.next();
  await db.system('erasure.export', BEGUN, beginAttempt(key, attempt));
  let place = 0;
  let bytes = 0;
  for await (const part of archiveOf(contentsOf(parts, subjects))) {
    job.signal.throwIfAborted();
    const stored = insertPart(key, { attempt, place, bytes: part });
    const [rows] = await db.system('erasure.export', PART, [stored]);
    // Another attempt has taken over, or the person is gone.
    if (rows.length === 0) return;
    place += 1;
    bytes += part.length;
  }
  const { requestId } = job;
  await db.system('erasure.export', READY, (tx) => finish(parts, tx, { key, attempt, bytes, requestId }));
  parts.mail.wake();
}

/** The subjects of an archive; undefined: it is not waited for any more. */
async function subjectsOf(db: Database, key: ExportKey): Promise<readonly Subject[] | undefined> {
  const [[row]] = await db.system('erasure.export', [oneExport(key)]);
  if (row?.status !== 'waiting') return undefined;
  const { organization_id: of, subject_kind: kind } = row;
  if (of !== null && kind !== 'user') return [{ kind: 'account', id: of }];
  const userId = of === null ? key.userId : (of as string as UserId);
  const [[user], accounts] = await db.system('erasure.export', [profile(userId), personalAccount(userId)]);
  if (user === undefined) return undefined;
  return [
    { kind: 'user', id: userId, email: user.email_verified ? user.email : null },
    ...accounts.map(({ account_id: id }) => ({ kind: 'account', id }) as const),
  ];
}

interface FinishedExport {
  readonly key: ExportKey;
  readonly attempt: string;
  readonly bytes: number;
  readonly requestId: string;
}

async function finish({ mail, audit }: ExportingParts, tx: Transaction, made: FinishedExport): Promise<void> {
  const { key, requestId } = made;
  const { userId, id } = key;
  const [[ready], , [user], [own]] = await tx.runAll([
    ...readyExport(key, made),
    profile(userId),
    personalAccount(userId),
  ]);
  if (ready === undefined || user === undefined) return;
  // An operator looks by themselves; who it is of is in the event of their asking.
  if (ready.subject_kind !== null) return;
  const until = `${ready.expires_at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const letter = { to: user.email, template: 'export_ready', facts: { until }, userId, requestId } as const;
  await tx.runAll(mail.sending(letter));
  const target = { kind: 'export', id };
  const accountId = ready.organization_id ?? own?.account_id;
  await audit.recordIn(tx, { action: 'export.ready', actor: { kind: 'system' }, accountId, target });
}
