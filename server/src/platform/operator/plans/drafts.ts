import { type Audit, actorOf } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { PlansChange } from './service.ts';
import { deleteDraft, type DraftRow, lockPlans, readDraft, storeDraft } from './store.ts';

const CHANGE = commitPoint('plans.draft', 'the draft of plans, and its line of the audit');

/** A draft to keep: its version is the one that was read; 0: that there was none. */
export interface DraftChange extends Omit<PlansChange, 'document'> {
  /** null: no draft from now on. */
  readonly document: string | null;
  /** The version of the plans that it began with. */
  readonly base: number;
}

export type PlansDrafts = ReturnType<typeof createDrafts>;

/** The document that operators work on: it may have mistakes, and is without effect until it is pushed. */
export function createDrafts({ db, audit }: { readonly db: Database; readonly audit: Audit }) {
  async function read(): Promise<DraftRow | undefined> {
    const [[row]] = await db.system('plans.read', [readDraft]);
    return row;
  }
  return {
    read,
    async change({ document, base, version, caller, origin }: DraftChange): Promise<DraftRow | undefined> {
      await db.system('plans.change', CHANGE, async (tx) => {
        await tx.run(lockPlans);
        const [before] = await tx.run(readDraft);
        if (version !== undefined && version !== (before?.version ?? 0))
          throw new AppError('precondition_failed');
        await tx.run(document === null ? deleteDraft() : storeDraft(document, base, caller.userId));
        await audit.recordIn(tx, {
          action: document === null ? 'plans.draft_deleted' : 'plans.drafted',
          actor: actorOf(caller),
          target: { kind: 'plans', id: 'draft' },
          changes: { base },
          origin,
        });
      });
      return read();
    },
  };
}
