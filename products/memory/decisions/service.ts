import {
  AppError,
  commitPoint,
  type Page,
  type ProductContext,
  refusedChange,
  timeList,
} from 'plinth/product';
import {
  assertLevel,
  assertLevelGiven,
  asTeamGone,
  type Audience,
  type ChangeRequest,
  isHigher,
  type Level,
  type MemberKey,
  recordLevel,
  scopeOf,
} from '../levels.ts';
import { sealedText } from '../items/sealed-text.ts';
import { assertSharing } from '../sharing.ts';
import type { LinkedDecision } from '../sessions/export.ts';
import { levelProblem } from '../items/store.ts';
import { createDecisionLinks, openLink, type OpenLink, whyNotOwn } from './links.ts';
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

export interface DecisionInput extends Audience {
  readonly clientId: string;
  readonly status: 'proposed' | 'accepted';
  readonly decidedAt: Date | null;
  readonly texts: DecisionTexts;
}

/** A decision with the links whose targets its reader may read. */
export interface LinkedTexts extends WholeDecision {
  readonly links: readonly OpenLink[];
}

interface ListQuery {
  readonly status?: DecisionStatus | undefined;
  readonly level?: Level | undefined;
  readonly author_id?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const missing = () => new AppError('decision_not_found');

/** Decisions of members, and their reasons. */
export function createDecisions(
  context: Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit'>,
) {
  const { db, ids, limits, plan, dataKeys, audit } = context;

  /** Creates a decision; the same again is the same decision. */
  async function create(
    member: MemberKey,
    input: DecisionInput,
  ): Promise<{ row: LinkedTexts; isNew: boolean }> {
    assertLevel(input);
    assertSizes(input.texts);
    if (input.level !== 'private') await assertSharing(context, member);
    const key = await dataKeys.of(member.accountId);
    const decision = { ...member, id: ids.next() };
    const sealed = sealTexts(key, { ...member, id: ids.next() }, input.texts);
    const bytes = bytesOf(input.texts);
    try {
      const { id, isNew } = await db.member(scopeOf(member), CREATE, async (tx) => {
        const [given] = await tx.run(levelProblem(input.level, input.teamId));
        assertLevelGiven(given?.problem ?? null, missing);
        const [made] = await tx.run(insertDecision(decision, { ...input, bytes }));
        if (made !== undefined)
          await tx.runAll([
            insertDecisionVersion(decision, 1, sealed),
            limits.gauging('coditect', 'memory_bytes', bytes),
          ]);
        const [known] =
          made === undefined ? await tx.run(decisionByClientId(member, input.clientId)) : [made];
        if (known === undefined) throw new AppError('conflict');
        return { id: known.id, isNew: made !== undefined };
      });
      return { row: await read({ ...member, id }), isNew };
    } catch (error) {
      throw plan.gaugeRefusal(asTeamGone(error));
    }
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
  async function list(
    member: MemberKey,
    { status, level, author_id: authorId, cursor, limit }: ListQuery,
  ): Promise<Page<OpenDecision>> {
    const decisions = timeList('decisions', { status, level, authorId });
    const after = decisions.after(cursor);
    const key = await dataKeys.of(member.accountId);
    const [rows] = await db.member(scopeOf(member), [
      listDecisions(member, { status, level, authorId, after, limit: limit + 1 }),
    ]);
    const { data, next_cursor } = decisions.page(rows, limit);
    return { data: data.map((row) => openDecision(key, member, row)), next_cursor };
  }

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
    {
      version,
      level,
      teamId = null,
      status,
    }: {
      /** Version of the texts that they have read; undefined: any. */
      readonly version?: number | undefined;
      readonly level?: Level | undefined;
      readonly teamId?: string | null | undefined;
      readonly status?: 'proposed' | 'accepted' | undefined;
    },
  ): Promise<OpenDecision> {
    if (level !== undefined) assertLevel({ level, teamId });
    const before = await read(decision);
    if (level !== undefined && isHigher(level, before.level)) await assertSharing(context, decision);
    const key = await dataKeys.of(decision.accountId);
    return db.member(scopeOf(decision), CHANGE, async (tx) => {
      if (version !== undefined) {
        const [present] = await tx.run(lockDecision(decision));
        if (present?.version !== version) throw refusedChange(present, missing);
      }
      if (status !== undefined) {
        const [set] = await tx.run(setStatus(decision, status));
        if (set === undefined) throw await whyNotOwn(tx, decision);
      }
      if (level !== undefined) {
        const [set] = await tx.run(setDecisionLevel(decision.id, level, teamId));
        const target = { ...decision, kind: 'memory_decision' } as const;
        if (set?.outcome === 'sources') throw new AppError('sources_more_private');
        await recordLevel(tx, audit, { outcome: set?.outcome, level, target, by: decision, missing });
      }
      const [row] = await tx.run(readDecision(decision));
      // An admin who lowers it may read it no more: they are answered what it is now.
      return row === undefined
        ? { ...before, level: level ?? before.level, team_id: teamId }
        : openDecision(key, decision, row);
    });
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
    ...createDecisionLinks(context),

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

    async remove(decision: DecisionKey): Promise<void> {
      await db.member(scopeOf(decision), DELETE, async (tx) => {
        const [gone] = await tx.run(deleteDecision(decision));
        if (gone === undefined) throw await whyNotOwn(tx, decision);
      });
    },
  };
}
