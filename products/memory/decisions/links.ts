import { AppError, commitPoint, type DataKey, type ProductContext, type Transaction } from 'plinth/product';
import { fileHash, normalizedName } from '../files/file-names.ts';
import { isMissingReference } from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { type MemberKey, scopeOf } from '../levels.ts';
import {
  deleteLink,
  insertLink,
  isTargetReadable,
  type LinkRow,
  type LinkTarget,
  type LinkType,
  readLinks,
} from './link-store.ts';
import { type DecisionKey, lockOwnDecision } from './store.ts';

const LINK = commitPoint('coditect.decision-link', 'a link of a decision');
const UNLINK = commitPoint('coditect.decision-unlink', 'a link of a decision that is gone');

/** A link whose path is opened. */
export type OpenLink = Omit<LinkRow, 'path'> & { readonly path: string | null };

export function openLink(key: DataKey, { accountId }: MemberKey, { path, ...row }: LinkRow): OpenLink {
  return { ...row, path: sealedText.linkPath.open(key, { accountId, id: row.id }, path) };
}

/** Links a decision that the transaction has made with the session that it was drawn from. Throws where its author may not read that. */
export async function linkToSessionIn(
  tx: Transaction,
  decision: DecisionKey,
  { id, sessionId }: { readonly id: string; readonly sessionId: string },
): Promise<void> {
  const target = { sessionId, messageId: null, decisionId: null, path: null };
  const [found] = await tx.run(isTargetReadable(decision, target));
  if (found?.readable !== true) throw new AppError('link_target_not_found');
  try {
    await tx.run(insertLink(decision, { id, type: 'drawn_from', target, path: null, pathHash: null }));
  } catch (error) {
    throw targetError(error);
  }
}

/** A target that was deleted meanwhile is not found. */
const targetError = (error: unknown): unknown =>
  isMissingReference(error) ? new AppError('link_target_not_found', { cause: error }) : error;

/** Links from decisions to what they are about, and come from. */
export function createDecisionLinks(
  { db, ids, dataKeys }: Pick<ProductContext, 'db' | 'ids' | 'dataKeys'>,
  whyNotOwn: (tx: Transaction, decision: DecisionKey) => Promise<AppError>,
) {
  return {
    /** Links one's own decision with what one may read; the same again is the same link. */
    async link(
      decision: DecisionKey,
      { type, target }: { readonly type: LinkType; readonly target: LinkTarget },
    ): Promise<{ row: OpenLink; isNew: boolean }> {
      const key = await dataKeys.of(decision.accountId);
      const id = ids.next();
      const { path } = target;
      const sealed = {
        path: sealedText.linkPath.seal(key, { ...decision, id }, path),
        pathHash: path === null ? null : fileHash(key, path),
      };
      try {
        return await db.member(scopeOf(decision), LINK, async (tx) => {
          const [own] = await tx.run(lockOwnDecision(decision));
          if (own === undefined) throw await whyNotOwn(tx, decision);
          const isThere = async () =>
            path !== null || (await tx.run(isTargetReadable(decision, target)))[0]?.readable === true;
          if (!(await isThere())) throw new AppError('link_target_not_found');
          if (target.decisionId === decision.id) throw new AppError('link_to_itself');
          const [made] = await tx.run(insertLink(decision, { id, type, target, ...sealed }));
          const links = (await tx.run(readLinks(decision))).map((row) => openLink(key, decision, row));
          const row = links.find(
            (one) => one.id === made?.id || (one.type === type && pointsTo(one, target)),
          );
          if (row !== undefined) return { row, isNew: made !== undefined };
          // A link that is not there was one too many, or leads to an item that its author may read no more.
          throw new AppError((await isThere()) ? 'links_exhausted' : 'link_target_not_found');
        });
      } catch (error) {
        throw targetError(error);
      }
    },

    async unlink(decision: DecisionKey, link: string): Promise<void> {
      await db.member(scopeOf(decision), UNLINK, async (tx) => {
        const [gone] = await tx.run(deleteLink(decision, link));
        if (gone !== undefined) return;
        const [own] = await tx.run(lockOwnDecision(decision));
        throw own === undefined ? await whyNotOwn(tx, decision) : new AppError('link_not_found');
      });
    },
  };
}

/** A link to a message names its session too. */
function pointsTo(link: OpenLink, { sessionId, messageId, decisionId, path }: LinkTarget): boolean {
  const isToSession = link.message_id === null && link.session_id === sessionId;
  const isToFile = link.path !== null && path !== null && normalizedName(link.path) === normalizedName(path);
  return (
    link.message_id === messageId &&
    (messageId !== null || isToSession) &&
    link.to_decision_id === decisionId &&
    (isToFile || link.path === path)
  );
}
