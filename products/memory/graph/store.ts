import { statement } from 'plinth/product';

export const NODE_KINDS = ['session', 'decision', 'pattern', 'file'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];
export const EDGE_TYPES = [
  'mentions',
  'drawn_from',
  'relates_to',
  'implements',
  'supersedes',
  'same_as',
] as const;
export type EdgeType = (typeof EDGE_TYPES)[number];

/** A node with its sealed name in base64, and what that is bound to. */
export interface NodeRow {
  readonly id: string;
  readonly kind: NodeKind;
  /** How many edges away from the start; null of a path. */
  readonly depth: number | null;
  readonly name: string | null;
  readonly named_by: string | null;
  readonly name_is_of: NodeKind | 'mention' | 'link' | null;
}

export interface EdgeRow {
  readonly type: EdgeType;
  readonly source_id: string;
  readonly target_id: string;
  readonly message_id: string | null;
  readonly first: number | null;
  readonly last: number | null;
  readonly merge_id: string | null;
  readonly author_id: string | null;
  readonly created_at: string | null;
}

export interface GraphRow {
  readonly nodes: readonly NodeRow[];
  readonly edges: readonly EdgeRow[];
  readonly is_cut: boolean;
}

export interface GraphFilter {
  readonly types: readonly EdgeType[];
  readonly kinds: readonly NodeKind[];
  readonly depth: number;
}

/** No row: the member may not see the node. */
export const graphAround = (node: string, { types, kinds, depth }: GraphFilter, limit: number) =>
  statement<GraphRow>('select nodes, edges, is_cut from coditect.graph_around($1, $2, $3, $4, $5)', [
    node,
    types,
    kinds,
    depth,
    limit,
  ]);

/** So many nodes of a path are looked at from either end. */
const MOST_VISITED = 1_000;

/** No row: the member may not see one of the nodes. */
export const graphPath = (from: string, to: string, { types, kinds, depth }: GraphFilter) =>
  statement<GraphRow>('select nodes, edges, is_cut from coditect.graph_path($1, $2, $3, $4, $5, $6)', [
    from,
    to,
    types,
    kinds,
    depth,
    MOST_VISITED,
  ]);

export interface MergeRow {
  readonly id: string | null;
  readonly author_id: string | null;
  readonly created_at: Date | null;
  readonly is_new: boolean;
  readonly is_exhausted: boolean;
}

export const mergeFiles = (id: string, source: string, target: string) =>
  statement<MergeRow>(
    'select id, author_id, created_at, is_new, is_exhausted from coditect.merge_files($1, $2, $3)',
    [id, source, target],
  );

/** `gone`, or why not. */
export const unmergeFiles = (id: string) =>
  statement<{ outcome: string }>('select coditect.unmerge_files($1) as outcome', [id]);
