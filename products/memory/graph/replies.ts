import { namedObject } from 'plinth/product';
import { z } from 'zod';
import type { Graph, Merge } from './service.ts';
import { EDGE_TYPES, NODE_KINDS } from './store.ts';

export const graphReply = namedObject('MemoryGraph', {
  nodes: z.array(
    namedObject('GraphNode', {
      id: z.uuid().describe('Of a file: made from its normalised name.'),
      kind: z.enum(NODE_KINDS),
      name: z
        .string()
        .nullable()
        .describe('A title, or the normalised name of a file. Null of what has no title.'),
      depth: z.int().nullable().describe('How many edges away from the start. Null in a path.'),
    }),
  ),
  edges: z.array(
    namedObject('GraphEdge', {
      type: z.enum(EDGE_TYPES),
      source_id: z.uuid(),
      target_id: z.uuid(),
      message_id: z.uuid().nullable().describe('Where it was drawn from: one message of possibly several.'),
      span: z
        .tuple([z.int(), z.int()])
        .nullable()
        .describe('Of `mentions`: where the name stands in the text, in UTF-16 units.'),
      merge_id: z.uuid().nullable().describe('Of `same_as`.'),
      author_id: z.uuid().nullable().describe('Of `same_as`: who merged the names.'),
      created_at: z.iso.datetime().nullable().describe('Of `same_as`.'),
    }),
  ),
  is_cut: z
    .boolean()
    .describe('More may be there than was looked at: other nodes, or a path where none was found.'),
});

export const mergeReply = namedObject('FileMerge', {
  id: z.uuid(),
  source_id: z.uuid(),
  target_id: z.uuid(),
  author_id: z.uuid().nullable(),
  created_at: z.iso.datetime(),
});

export const shownGraph = ({ nodes, edges, isCut }: Graph): z.input<typeof graphReply> => ({
  nodes: nodes.map(({ id, kind, name, depth }) => ({ id, kind, name, depth })),
  edges: edges.map((edge) => ({
    type: edge.type,
    source_id: edge.source_id,
    target_id: edge.target_id,
    message_id: edge.message_id,
    span: edge.first === null || edge.last === null ? null : [edge.first, edge.last],
    merge_id: edge.merge_id,
    author_id: edge.author_id,
    created_at: edge.created_at === null ? null : new Date(edge.created_at).toISOString(),
  })),
  is_cut: isCut,
});

export const shownMerge = (merge: Merge): z.input<typeof mergeReply> => ({
  id: merge.id,
  source_id: merge.sourceId,
  target_id: merge.targetId,
  author_id: merge.authorId,
  created_at: merge.createdAt.toISOString(),
});
