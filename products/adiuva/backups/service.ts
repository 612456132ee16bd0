import {
  AppError,
  commitPoint,
  type IncomingCall,
  type ProductContext,
  type SentBlob,
  type Transaction,
} from 'plinth/product';
import { type MemberKey, numberIn, takeNumber } from '../members/store.ts';
import { FILE, refuseMismatch } from '../octets.ts';
import {
  type BackupFacts,
  type BackupKey,
  deleteBackup,
  deleteBackups,
  insertBackup,
  listBackups,
  readBackup,
  sameBackup,
  surplusFiles,
} from './store.ts';

const STORE = commitPoint(
  'adiuva.backup-store',
  'a backup with its bytes and their storage, the oldest ones forgotten',
);
const DELETE = commitPoint('adiuva.backup-delete', 'a deleted backup, its storage given back');

async function filesBeyond(tx: Pick<Transaction, 'run'>, member: MemberKey, kept: number) {
  return (await tx.run(surplusFiles(member, kept))).map(({ blob_id }) => blob_id);
}

export function createBackups({
  db,
  ids,
  blobs,
  plan,
}: Pick<ProductContext, 'db' | 'ids' | 'blobs' | 'plan'>) {
  /** How many of a member's backups the plan keeps: one at least, where it has backups at all. */
  async function keptBy({ accountId }: MemberKey): Promise<number> {
    await plan.assertGrants(accountId, 'backup');
    const { grants } = await plan.now(accountId);
    return Math.max(1, Number(grants['backups_kept'] ?? 0));
  }

  return {
    /**
     * Stores a backup, or nothing. Those that are not among the newest any more are forgotten by the same commit, and it needs room
     * only for what it has more than they. What was sent before with the same words is there already: its id is answered.
     */
    async store(member: MemberKey, facts: BackupFacts, body: IncomingCall): Promise<{ readonly id: string }> {
      const { accountId, userId } = member;
      const kept = await keptBy(member);
      const [[same], surplus] = await db.tenant(accountId, [
        sameBackup(member, facts),
        surplusFiles(member, kept - 1),
      ]);
      if (same !== undefined) return same;
      const id = ids.next();
      const file = { ...FILE, filename: id, purpose: 'backup', createdBy: userId, gauge: 'backup' };
      const replaces = surplus.map(({ blob_id }) => blob_id);
      const { blob, replacing, drop } = await refuseMismatch(
        blobs.receiving({ ...file, accountId, body, sha256: facts.checksum, replaces }),
      );
      const stored = { ...facts, blobId: blob.id, bytes: blob.bytes };
      try {
        return await db.tenant(accountId, STORE, async (tx) => {
          const seq = numberIn((await tx.run(takeNumber(member)))[0]);
          const [before] = await tx.run(sameBackup(member, facts));
          if (before !== undefined) throw new Repeated(before.id);
          await tx.run(insertBackup({ ...member, id }, { ...stored, seq }));
          const files = await filesBeyond(tx, member, kept);
          await tx.run(deleteBackups(member, files));
          await tx.runAll(replacing(files));
          return { id };
        });
      } catch (error) {
        await drop();
        if (error instanceof Repeated) return { id: error.id };
        throw blobs.refusal(error, blob.bytes);
      }
    },

    async history(member: MemberKey) {
      const [rows] = await db.tenant(member.accountId, [listBackups(member)]);
      return rows;
    },

    async remove(key: BackupKey): Promise<void> {
      await db.tenant(key.accountId, DELETE, async (tx) => {
        const [[row]] = [await tx.run(deleteBackup(key))];
        if (row === undefined) throw new AppError('backup_not_found');
        await tx.runAll(blobs.forgetting(key.accountId, row.blob_id));
      });
    },

    /** Answers a call with the bytes of a backup, or of the newest. */
    async send(
      member: MemberKey,
      id: string | undefined,
      { wire, origin }: Pick<SentBlob, 'wire' | 'origin'>,
    ): Promise<void> {
      const [[row]] = await db.tenant(member.accountId, [readBackup(member, id)]);
      if (row === undefined) throw new AppError('backup_not_found');
      const headers = {
        'x-backup-id': row.id,
        'x-backup-version': String(row.version),
        'x-backup-timestamp': String(row.made_at),
        'x-backup-checksum': row.checksum,
        'x-backup-chunk-count': String(row.chunk_count),
      };
      const sent = { wire, origin, etag: `"${row.id}"`, modifiedAt: row.created_at, headers };
      await blobs.send(member.accountId, row.blob_id, sent);
    },
  };
}

/** Another call has stored the same backup meanwhile. */
class Repeated extends Error {
  readonly id: string;
  constructor(id: string) {
    super('the same backup is there already');
    this.id = id;
  }
}

export type Backups = ReturnType<typeof createBackups>;
