import {
  actorOf,
  AppError,
  commitPoint,
  type DataKey,
  type ProductContext,
  type Transaction,
} from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import { type ChangeRequest, type MemberKey, scopeOf } from '../levels.ts';
import { fileId, normalizedName } from '../files/file-names.ts';
import {
  type EdgeRow,
  graphAround,
  type GraphFilter,
  graphPath,
  type GraphRow,
  mergeFiles,
  type NodeRow,
  unmergeFiles,
} from './store.ts';

const MERGE = commitPoint('coditect.graph-merge', 'that two names are of one file');
const UNMERGE = commitPoint('coditect.graph-unmerge', 'that two names are of one file no more');

/** A node by its id, or a file by its name. */
export type NodeRef = { readonly id: string } | { readonly file: string };

export interface OpenNode extends Pick<NodeRow, 'id' | 'kind' | 'depth'> {
  readonly name: string | null;
}

export interface Graph {
  readonly nodes: readonly OpenNode[];
  readonly edges: readonly EdgeRow[];
  readonly isCut: boolean;
}

export interface Merge {
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly authorId: string | null;
  readonly createdAt: Date;
}

type MergeAction = 'coditect.memory.files_merged' | 'coditect.memory.files_unmerged';

interface MergeChange extends Pick<MemberKey, 'accountId'> {
  readonly id: string;
  readonly by: ChangeRequest;
}

const missing = () => new AppError('graph_node_not_found');

/** The graph that joins sessions, decisions, patterns and files. */
export function createGraph({
  db,
  ids,
  dataKeys,
  audit,
}: Pick<ProductContext, 'db' | 'ids' | 'dataKeys' | 'audit'>) {
  const record = (tx: Transaction, action: MergeAction, { accountId, id, by }: MergeChange) =>
    audit.recordIn(tx, {
      action,
      actor: actorOf(by.caller),
      accountId,
      target: { kind: 'memory_merge', id },
      origin: by.origin,
    });

  return {
    /** The neighbours of a node. Throws `graph_node_not_found`. */
    async around(
      member: MemberKey,
      { node, limit, ...filter }: GraphFilter & { readonly node: NodeRef; readonly limit: number },
    ): Promise<Graph> {
      const key = await dataKeys.of(member.accountId);
      const [[row]] = await db.member(scopeOf(member), [graphAround(idOf(key, node), filter, limit)]);
      return openGraph(key, member, row);
    },

    /** A shortest path, without nodes if there is none. Throws `graph_node_not_found`. */
    async path(
      member: MemberKey,
      { from, to, ...filter }: GraphFilter & { readonly from: NodeRef; readonly to: NodeRef },
    ): Promise<Graph> {
      const key = await dataKeys.of(member.accountId);
      const [[row]] = await db.member(scopeOf(member), [graphPath(idOf(key, from), idOf(key, to), filter)]);
      return openGraph(key, member, row);
    },

    /** Says that two names are of one file; said again, also the other way round, it is the same merge. */
    async merge(
      member: MemberKey,
      {
        source,
        target,
        by,
      }: { readonly source: string; readonly target: string; readonly by: ChangeRequest },
    ): Promise<{ readonly row: Merge; readonly isNew: boolean }> {
      const key = await dataKeys.of(member.accountId);
      const [sourceId, targetId] = [fileId(key, source), fileId(key, target)];
      if (sourceId === targetId) throw new AppError('merge_with_itself');
      return db.member(scopeOf(member), MERGE, async (tx) => {
        const [row] = await tx.run(mergeFiles(ids.next(), sourceId, targetId));
        if (row === undefined) throw missing();
        if (row.id === null || row.created_at === null) throw new AppError('merges_exhausted');
        const { id, author_id: authorId, created_at: createdAt, is_new: isNew } = row;
        if (isNew) await record(tx, 'coditect.memory.files_merged', { ...member, id, by });
        return { row: { id, sourceId, targetId, authorId, createdAt }, isNew };
      });
    },

    async unmerge(member: MemberKey, { id, by }: Pick<MergeChange, 'id' | 'by'>): Promise<void> {
      await db.member(scopeOf(member), UNMERGE, async (tx) => {
        const [row] = await tx.run(unmergeFiles(id));
        if (row?.outcome === 'not_yours') throw new AppError('author_only');
        if (row?.outcome !== 'gone') throw new AppError('merge_not_found');
        await record(tx, 'coditect.memory.files_unmerged', { ...member, id, by });
      });
    },
  };
}

const idOf = (key: DataKey, node: NodeRef): string => ('id' in node ? node.id : fileId(key, node.file));

function openGraph(key: DataKey, member: MemberKey, row: GraphRow | undefined): Graph {
  if (row === undefined) throw missing();
  const nodes = row.nodes.map((node) => ({
    id: node.id,
    kind: node.kind,
    depth: node.depth,
    name: nameOf(key, member, node),
  }));
  return { nodes, edges: row.edges, isCut: row.is_cut };
}

const NAMES = {
  session: sealedText.sessionTitle,
  decision: sealedText.decisionTitle,
  pattern: sealedText.patternTitle,
  mention: sealedText.mentionedName,
  link: sealedText.linkPath,
};

function nameOf(
  key: DataKey,
  { accountId }: MemberKey,
  { name, named_by: by, name_is_of: of }: NodeRow,
): string | null {
  if (name === null || by === null || of === null || of === 'file') return null;
  const opened = NAMES[of].open(key, { accountId, id: by }, Buffer.from(name, 'base64'));
  // A link keeps it as it was written.
  return of === 'link' ? normalizedName(opened) : opened;
}
