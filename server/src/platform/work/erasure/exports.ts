import { personalAccount } from '#platform/accounts';
import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { type CommitPoint, commitPoint, type Database, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Page, page, type Role } from '#platform/http';
import type { Queue } from '#platform/queue';
import { type AccountId, AppError, type Ids, type UserId } from '#platform/kernel';
import {
  type ExportRow,
  type ExportSubject,
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

/** Archives of all that is kept of a person or an organization (docs/erasure.md). */
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
   * The archive, a part at a time; the parts throw when it is deleted before the last one. Throws `not_found` also to a former owner of the
   * organization.
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
      if (row === undefined || row.subject_kind !== null) throw new AppError('not_found');
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
  visitor: Visitor & { readonly once: Once },
  organization: AccountId | undefined,
): Promise<Answer<ExportView>> {
  const { userId } = visitor.caller;
  if (organization !== undefined) await assertOwns(parts, userId, organization);
  const of = organization === undefined ? undefined : { id: organization };
  return askOnce(parts, { ...visitor, of }, { point: ASKED, show: viewOf });
}

/** Begins an export once under the key of a request, and answers how it stands, as `show` has it. */
export async function askOnce<View>(
  parts: ExportsParts,
  request: ExportRequest & { readonly once: Once },
  { point, show }: { readonly point: CommitPoint; readonly show: (row: ExportRow) => View },
): Promise<Answer<View>> {
  const begin = async (tx: Transaction) => answer(202, show(await beginExport(parts, tx, request)));
  const given = await request.once(point, begin, { use: 'erasure.export' });
  parts.jobs.wake();
  return given;
}

type ExportRequest = Visitor & { readonly of: ExportSubject | undefined };

/** An export with the job that makes it; or the one that is under way. */
async function beginExport(
  { ids, audit, jobs }: ExportsParts,
  tx: Transaction,
  { caller, origin, of }: ExportRequest,
): Promise<ExportRow> {
  const { userId } = caller;
  const id = ids.next();
  const [[made], [own]] = await tx.runAll([insertExport({ userId, id }, of), personalAccount(userId)]);
  if (made === undefined) {
    const [waiting] = await tx.run(waitingExport(userId, of));
    if (waiting !== undefined) return waiting;
    // It became ready in this very moment: a second call makes another one.
    throw new AppError('conflict', { message: 'An export was just made. Look for it, or ask again.' });
  }
  const payload = { user_id: userId, export_id: id };
  const job = { kind: EXPORT_KIND, lane: 'batch', payload, requestId: origin.requestId } as const;
  const home = own?.account_id ?? caller.accountId;
  await tx.runAll(jobs.enqueueing(of?.kind === undefined ? (made.organization_id ?? home) : home, job));
  await audit.recordIn(tx, {
    ...eventOf('export.asked', made, home),
    actor: actorOf(caller),
    origin,
  });
  return made;
}

/** An account's is in its audit, with the export as the target; one that an operator has of a person, in that person's. */
export function eventOf(action: string, row: ExportRow, home?: AccountId) {
  const { id, organization_id: of, subject_kind: kind } = row;
  if (kind === 'user') return { action, target: { kind, id: of ?? id }, changes: { export_id: id } };
  return { action, accountId: of ?? home, target: { kind: 'export', id } };
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
  if (row?.status !== 'ready' || row.subject_kind !== null) throw new AppError('not_found');
  const { organization_id: organization } = row;
  if (organization !== null && (await roleOf(userId, organization)) !== 'owner')
    throw new AppError('not_found');
  await db.user(userId, DOWNLOADED, (tx) =>
    audit.recordIn(tx, { ...eventOf('export.downloaded', row), actor: actorOf(caller), origin }),
  );
  return partsOf((part) => db.user(userId, [onePart({ userId, id }, part)]), row.bytes);
}

/**
 * Each part is a transaction of its own: a slow reader holds nothing, and the archive can be gone before they are through, by a
 * newer one, its days or an erasure. Then it throws, so that half of one never ends like a whole one.
 */
export async function* partsOf(
  read: (part: number) => Promise<[{ bytes: Uint8Array }[]]>,
  bytes: number | null,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for (let part = 0; ; part += 1) {
    const [[row]] = await read(part);
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
