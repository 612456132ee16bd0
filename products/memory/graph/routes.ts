import { answer, AppError, namedObject, okReply, productRoutes, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { itemOf, memberOf, reads, writes } from '../access.ts';
import { graphReply, mergeReply, shownGraph, shownMerge } from './replies.ts';
import type { NodeRef } from './service.ts';
import { EDGE_TYPES, NODE_KINDS } from './store.ts';

const route = productRoutes<Memory>();

const DEEPEST = 4;
const LONGEST_PATH = 6;
const MOST_NODES = 200;

const file = z.string().trim().min(1).max(1_000);

/** Several of a list, by commas. */
const someOf = (names: readonly string[]) =>
  z
    .string()
    .regex(new RegExp(`^(?:${names.join('|')})(?:,(?:${names.join('|')}))*$`))
    .optional();
const filters = {
  kinds: someOf(NODE_KINDS).describe(
    `By commas, of ${NODE_KINDS.join(', ')}: which nodes to look at. All, if it is left out.`,
  ),
  types: someOf(EDGE_TYPES).describe(
    `By commas, of ${EDGE_TYPES.join(', ')}: which edges to follow. All, if it is left out.`,
  ),
};

const named = <Name extends string>(said: string | undefined, names: readonly Name[]): Name[] => {
  const chosen = new Set(said?.split(','));
  return names.filter((name) => said === undefined || chosen.has(name));
};
const filterOf = (query: {
  readonly kinds?: string | undefined;
  readonly types?: string | undefined;
  readonly depth: number;
}) => ({
  kinds: named(query.kinds, NODE_KINDS),
  types: named(query.types, EDGE_TYPES),
  depth: query.depth,
});

/** By its id or, of a file, by its name: one of both. */
function refOf(id: string | undefined, name: string | undefined, field: string): NodeRef {
  if (id !== undefined && name === undefined) return { id };
  if (name !== undefined && id === undefined) return { file: name };
  throw new AppError('validation_failed', {
    details: { issues: [{ path: field, message: 'Say either the id of a node or the name of a file.' }] },
  });
}

export const queryGraph = route(
  'GET /v1/graph/query',
  {
    ...reads,
    summary: 'See what lies around a session, a decision, a pattern or a file',
    description:
      'Nodes and edges that you may see, up to `depth` edges away, the nearest first. Edges are followed in both directions. A name of a file is normalised before it is looked up.',
    query: z.strictObject({
      id: z.uuid().optional(),
      file: file.optional().describe('Instead of an id.'),
      ...filters,
      depth: wholeNumber(1, DEEPEST).default(1),
      limit: wholeNumber(1, MOST_NODES).default(50).describe('Of nodes, the first one too.'),
    }),
    reply: { 200: graphReply },
    errors: ['graph_node_not_found'],
  },
  async (call, { graph }) => {
    const { id, file: name, limit, ...query } = call.query;
    return shownGraph(
      await graph.around(memberOf(call), { ...filterOf(query), node: refOf(id, name, 'id'), limit }),
    );
  },
);

export const findGraphPath = route(
  'GET /v1/graph/paths',
  {
    ...reads,
    summary: 'Find a shortest path between two nodes',
    description:
      'Over nodes and edges that you may see, and no others. Without a path `nodes` is empty; if `is_cut` is true then, there may be one past the 1,000 nodes on either side that were looked at.',
    query: z.strictObject({
      from_id: z.uuid().optional(),
      from_file: file.optional().describe('Instead of from_id.'),
      to_id: z.uuid().optional(),
      to_file: file.optional().describe('Instead of to_id.'),
      ...filters,
      depth: wholeNumber(1, LONGEST_PATH).default(LONGEST_PATH).describe('Edges that it has at most.'),
    }),
    reply: { 200: graphReply },
    errors: ['graph_node_not_found'],
  },
  async (call, { graph }) => {
    const { from_id, from_file, to_id, to_file, ...query } = call.query;
    const from = refOf(from_id, from_file, 'from_id');
    const to = refOf(to_id, to_file, 'to_id');
    return shownGraph(await graph.path(memberOf(call), { ...filterOf(query), from, to }));
  },
);

export const mergeFiles = route(
  'POST /v1/graph/merges',
  {
    ...writes,
    summary: 'Say that two names are of one file',
    description:
      'An edge `same_as` between them, for all who may see both names. It takes no Idempotency-Key: the same again answers the merge that is there.',
    idempotency: 'none',
    body: namedObject('MergeFiles', { source: file, target: file }),
    reply: { 201: mergeReply, 200: mergeReply },
    errors: ['graph_node_not_found', 'merge_with_itself', 'merges_exhausted'],
  },
  async (call, { graph }) => {
    const { row, isNew } = await graph.merge(memberOf(call), { ...call.body, by: call });
    return answer(isNew ? 201 : 200, shownMerge(row));
  },
);

export const unmergeFiles = route(
  'DELETE /v1/graph/merges/:id',
  {
    ...writes,
    summary: 'Take a merge of two names back',
    description: 'Its author may, and admins and owners of the organization who may see both names.',
    reply: { 200: okReply },
    errors: ['merge_not_found', 'author_only'],
  },
  async (call, { graph }) => {
    const { id, ...member } = itemOf(call);
    await graph.unmerge(member, { id, by: call });
    return { ok: true };
  },
);
