import { AppError, commitPoint, type ProductContext } from 'plinth/product';
import {
  createItems,
  insertOnce,
  type ItemKind,
  type LevelChange,
  type PageRequest,
} from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { type AskedAudience, type ChangeRequest, type Level, type MemberKey, scopeOf } from '../levels.ts';
import type { LinkedDecision } from '../sessions/export.ts';
import { createDecisionLinks, linkToSessionIn, openLink, type OpenLink } from './links.ts';
import { decisionsOfSession, readLinks } from './link-store.ts';
import {
  countVersion,
  decisionByClientId,
  type DecisionKey,
  type DecisionStatus,
  deleteDecision,
  insertDecision,
  insertDecisionVersion,
  listDecisions,
  lockDecision,
  lockOwnDecision,
  readDecision,
  setDecisionLevel,
  setStatus,
  supersede,
  type WholeDecisionRow,
} from './store.ts';
import {
  assertSizes,
  bytesOf,
  type DecisionTexts,
  haveSameTexts,
  openDecision,
  type OpenDecision,
  openWholeDecision,
  sealTexts,
  type WholeDecision,
} from './texts.ts';

const CREATE = commitPoint(
  'coditect.decision-create',
  'a decision with its first version, whose storage is counted',
);
const WRITE = commitPoint('coditect.decision-write', 'a further version of a decision, and its storage');
const CHANGE = commitPoint('coditect.decision-change', 'another level or status of a decision');
const SUPERSEDE = commitPoint('coditect.decision-supersede', 'a decision that another one has superseded');
const DELETE = commitPoint(
  'coditect.decision-delete',
  'a decision that is gone with its versions and links, its storage given back',
);

export interface DecisionInput extends AskedAudience {
  readonly clientId: string;
  readonly status: 'proposed' | 'accepted';
  readonly decidedAt: Date | null;
  readonly texts: DecisionTexts;
  /** A session that it was drawn from. */
  readonly sessionId?: string | null;
}

/** A decision with the links whose targets its reader may read. */
export interface LinkedTexts extends WholeDecision {
  readonly links: readonly OpenLink[];
}

interface ListRequest extends PageRequest {
  readonly status?: DecisionStatus | undefined;
  readonly level?: Level | undefined;
  readonly author_id?: string | undefined;
  readonly session_id?: string | undefined;
}

/** A change of a decision. */
interface DecisionChange extends LevelChange {
  /** Version of the texts that they have read; undefined: any. */
  readonly version?: number | undefined;
  readonly status?: 'proposed' | 'accepted' | undefined;
}

const KIND: ItemKind<WholeDecisionRow, WholeDecision> = {
  name: 'memory_decision',
  notFound: 'decision_not_found',
  commits: { change: CHANGE, remove: DELETE },
  read: readDecision,
  open: openWholeDecision,
  setLevel: setDecisionLevel,
  remove: deleteDecision,
};

const LIST = { name: 'decisions', rows: listDecisions, open: openDecision };
const missing = () => new AppError('decision_not_found');

/** Decisions of members, and their reasons. */
export function createDecisions(
  context: Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit' | 'privacy'>,
) {
  const { db, ids, limits, plan, dataKeys } = context;
  const items = createItems(context, KIND);

  /** Creates a decision; the same again is the same decision. */
  async function create(
    member: MemberKey,
    input: DecisionInput,
  ): Promise<{ row: LinkedTexts; isNew: boolean }> {
    assertSizes(input.texts);
    const bytes = bytesOf(input.texts);
    const { row, isNew } = await items.create(
      member,
      { ...input, commit: CREATE },
      async (tx, key, audience) => {
        const decision = { ...member, id: ids.next() };
        const insert = insertDecision(decision, { ...input, ...audience, bytes });
        const known = await insertOnce(tx, insert, decisionByClientId(member, input.clientId));
        if (known.isNew) {
          const sealed = sealTexts(key, { ...member, id: ids.next() }, input.texts);
          await tx.run(insertDecisionVersion(decision, 1, sealed));
          if (typeof input.sessionId === 'string')
            await linkToSessionIn(tx, decision, { id: ids.next(), sessionId: input.sessionId });
          await tx.run(limits.gauging('coditect', 'memory_bytes', bytes));
        }
        return known;
      },
    );
    return { row: await read({ ...member, id: row.id }), isNew };
  }

  async function read(decision: DecisionKey, version?: number): Promise<LinkedTexts> {
    const key = await dataKeys.of(decision.accountId);
    const [[row], links] = await db.member(scopeOf(decision), [
      readDecision(decision, version),
      readLinks(decision),
    ]);
    if (row === undefined) throw missing();
    return {
      ...openWholeDecision(key, decision, row),
      links: links.map((link) => openLink(key, decision, link)),
    };
  }

  /** Newest first. */
  const list = (
    member: MemberKey,
    { status, level, author_id: authorId, session_id: sessionId, ...page }: ListRequest,
  ) => items.list(member, LIST, { ...page, filters: { status, level, authorId, sessionId } });

  /** Its author writes another version; the same texts again make none. `version`: the one that they have read. */
  async function write(
    decision: DecisionKey,
    { texts, version }: { readonly texts: DecisionTexts; readonly version: number | undefined },
  ): Promise<LinkedTexts> {
    assertSizes(texts);
    const key = await dataKeys.of(decision.accountId);
    const sealed = sealTexts(key, { ...decision, id: ids.next() }, texts);
    const bytes = bytesOf(texts);
    try {
      await db.member(scopeOf(decision), WRITE, async (tx) => {
        const [own] = await tx.run(lockOwnDecision(decision));
        const [before] = await tx.run(readDecision(decision));
        if (own === undefined || before === undefined)
          throw before === undefined ? missing() : new AppError('author_only');
        if (version !== undefined && version !== own.version) throw new AppError('precondition_failed');
        if (haveSameTexts(openWholeDecision(key, decision, before), texts)) return;
        await tx.runAll([
          insertDecisionVersion(decision, own.version + 1, sealed),
          countVersion(decision, bytes),
          limits.gauging('coditect', 'memory_bytes', bytes),
        ]);
      });
      return await read(decision);
    } catch (error) {
      throw plan.gaugeRefusal(error);
    }
  }

  /** Its author changes both; an admin lowers its level. */
  async function change(
    decision: DecisionKey & ChangeRequest,
    { version, status, ...level }: DecisionChange,
  ): Promise<OpenDecision> {
    const { row } = await items.change(decision, level, async (tx) => {
      await items.assertVersion(tx, lockDecision(decision), version);
      if (status === undefined) return;
      const [set] = await tx.run(setStatus(decision, status));
      if (set === undefined) throw await items.whyNotOwn(tx, decision);
    });
    return row;
  }

  /** Its author, or an admin who may read it, has another decision take its place. */
  async function supersedeBy(decision: DecisionKey, by: string): Promise<OpenDecision> {
    const key = await dataKeys.of(decision.accountId);
    return db.member(scopeOf(decision), SUPERSEDE, async (tx) => {
      const [done] = await tx.run(supersede(decision.id, by));
      if (done?.outcome === 'not_yours') throw new AppError('author_only');
      if (done?.outcome === 'cycle') throw new AppError('supersession_cycle');
      const [row] = await tx.run(readDecision(decision));
      if (row === undefined || done?.outcome === 'missing') throw missing();
      return openDecision(key, decision, row);
    });
  }

  return {
    create,
    read,
    list,
    write,
    change,
    supersedeBy,
    remove: items.remove,
    ...createDecisionLinks(context, items.whyNotOwn),

    /** The decisions that are linked with a session or a message of it. */
    async ofSession(session: DecisionKey): Promise<LinkedDecision[]> {
      const key = await dataKeys.of(session.accountId);
      const [rows] = await db.member(scopeOf(session), [decisionsOfSession(session)]);
      return rows.map(({ id, status, title, version_id }) => ({
        id,
        status,
        title: sealedText.decisionTitle.open(key, { ...session, id: version_id }, title),
      }));
    },
  };
}
