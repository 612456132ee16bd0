import { personalAccount } from '#platform/accounts';
import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Page, page, type Role } from '#platform/http';
import type { Queue } from '#platform/queue';
import { type AccountId, AppError, type Ids, type UserId } from '#platform/kernel';
import {
  type ExportKey,
  type ExportRow,
  insertExport,
  listExports,
  oneExport,
  onePart,
  pruneExports,
  waitingExport,
} from './export-store.ts';
import { EXPORT_KIND } from './export-handler.ts';

const ASKED = commitPoint('erasure.export-asked', 'an export, and the job that makes it');
const DOWNLOADED = commitPoint('erasure.export-downloaded', 'the record that an archive was downloaded');
const PRUNED = commitPoint('erasure.exports-pruned', 'archives whose days are over, deleted');

/** An export as who asked for it sees it. */
export interface ExportView {
  readonly id: string;
  /** The organization that it is of; null: of oneself. */
  readonly organization_id: string | null;
  readonly status: ExportRow['status'];
  readonly bytes: number | null;
  /** Until when it can be downloaded; null while it is made. */
  readonly expires_at: string | null;
  readonly created_at: string;
}

/** A person, or an owner of an organization, at the keyboard. */
export interface Visitor {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

/** Archives of all that is kept of somebody (docs/erasure.md). */
export interface Exports {
  /**
   * Has an archive made. If one is under way, the answer is that one. With an
   * organization: of that, for its owners.
   */
  ask(visitor: Visitor & { readonly once: Once }, organization?: string): Promise<Answer<ExportView>>;
  list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<ExportView>>;
  get(caller: Caller, id: string): Promise<ExportView>;
  /**
   * The archive, a part at a time; the parts throw when it is deleted before the last one. Throws `not_found` also to whoever owns the
   * organization no more.
   */
  download(visitor: Visitor, id: string): Promise<AsyncGenerator<Uint8Array>>;
  /** Deletes archives that are over. Answers how many. */
  prune(): Promise<number>;
}

export interface ExportsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly jobs: Pick<Queue, 'enqueueing' | 'wake'>;
  readonly roleOf: (userId: UserId, accountId: AccountId) => Promise<Role | undefined>;
  readonly kindOf: (userId: UserId, accountId: AccountId) => Promise<'personal' | 'organization' | undefined>;
}

export function createExports(parts: ExportsParts): Exports {
  const { db } = parts;
  return {
    ask: (visitor, organization) => ask(parts, visitor, organization as AccountId | undefined),
    async list({ userId }, { after, limit }) {
      const [rows] = await db.user(userId, [listExports(userId, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: viewOf, position: ({ id }) => [id] });
    },
    async get({ userId }, id) {
      const [[row]] = await db.user(userId, [oneExport({ userId, id })]);
      if (row === undefined) throw new AppError('not_found');
      return viewOf(row);
    },
    download: (visitor, id) => download(parts, visitor, id),
    async prune() {
      const [rows] = await db.system('erasure.export', PRUNED, [pruneExports]);
      return rows.length;
    },
  };
}

async function ask(
  parts: ExportsParts,
  { caller, origin, once }: Visitor & { readonly once: Once },
  organization: AccountId | undefined,
): Promise<Answer<ExportView>> {
  const { ids, audit, jobs } = parts;
  const { userId } = caller;
  if (organization !== undefined) await assertOwns(parts, userId, organization);
  const id = ids.next();
  const begin = async (tx: Transaction) => {
    const [[made], [own]] = await tx.runAll([
      insertExport({ userId, id }, organization),
      personalAccount(userId),
    ]);
    if (made === undefined) return (await tx.run(waitingExport(userId, organization)))[0];
    const accountId = organization ?? own?.account_id ?? caller.accountId;
    const payload = { user_id: userId, export_id: id };
    const job = { kind: EXPORT_KIND, lane: 'batch', payload, requestId: origin.requestId } as const;
    await tx.runAll(jobs.enqueueing(accountId, job));
    const target = { kind: 'export', id };
    await audit.recordIn(tx, { action: 'export.asked', actor: actorOf(caller), accountId, target, origin });
    return made;
  };
  const requestExport = async (tx: Transaction) => {
    const row = await begin(tx);
    // It became ready in this very moment: a second call makes another one.
    if (row === undefined)
      throw new AppError('conflict', { message: 'An export was just made. Look for it, or ask again.' });
    return answer(202, viewOf(row));
  };
  const given = await once(ASKED, requestExport, { use: 'erasure.export' });
  jobs.wake();
  return given;
}

/** To others there is no such organization, or none that they may export. */
async function assertOwns({ roleOf, kindOf }: ExportsParts, userId: UserId, id: AccountId): Promise<void> {
  const role = await roleOf(userId, id);
  if (role === undefined || (await kindOf(userId, id)) !== 'organization') throw new AppError('not_found');
  if (role !== 'owner') throw new AppError('forbidden');
}

async function download(
  parts: ExportsParts,
  { caller, origin }: Visitor,
  id: string,
): Promise<AsyncGenerator<Uint8Array>> {
  const { db, audit, roleOf } = parts;
  const { userId } = caller;
  const [[row]] = await db.user(userId, [oneExport({ userId, id })]);
  if (row?.status !== 'ready') throw new AppError('not_found');
  const { organization_id: organization } = row;
  if (organization !== null && (await roleOf(userId, organization)) !== 'owner')
    throw new AppError('not_found');
  await db.user(userId, DOWNLOADED, (tx) =>
    audit.recordIn(tx, {
      action: 'export.downloaded',
      actor: actorOf(caller),
      accountId: organization ?? undefined,
      target: { kind: 'export', id },
      origin,
    }),
  );
  return partsOf(db, { userId, id }, row.bytes);
}

/**
 * Each part is a transaction of its own: a slow reader holds nothing, and the archive can be gone before they are through, by a
 * newer one, its days or an erasure. Then it throws, so that half of one never ends like a whole one.
 */
async function* partsOf(db: Database, key: ExportKey, bytes: number | null): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for (let part = 0; ; part += 1) {
    const [[row]] = await db.user(key.userId, [onePart(key, part)]);
    if (row === undefined) break;
    sent += row.bytes.length;
    yield row.bytes;
  }
  if (sent !== bytes) throw new Error(`an archive of ${bytes} bytes was gone after ${sent}`);
}

function viewOf(row: ExportRow): ExportView {
  return {
    id: row.id,
    organization_id: row.organization_id,
    status: row.status,
    bytes: row.bytes,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}
