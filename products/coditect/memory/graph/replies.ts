import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { exampleMessage, exampleSession } from '../sessions/replies.ts';
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

const FILE = '7d1f0f53-2c51-8a52-9f1c-6a0d4b7a4f10';

export const exampleGraph = {
  nodes: [
    { id: FILE, kind: 'file', name: 'src/import/users.ts', depth: 0 },
    { id: exampleSession.id, kind: 'session', name: 'Why the import is slow', depth: 1 },
  ],
  edges: [
    {
      type: 'mentions',
      source_id: exampleSession.id,
      target_id: FILE,
      message_id: exampleMessage.id,
      span: [3, 22],
      merge_id: null,
      author_id: null,
      created_at: null,
    },
  ],
  is_cut: false,
} satisfies z.input<typeof graphReply>;

export const examplePath = {
  ...exampleGraph,
  nodes: exampleGraph.nodes.map((node) => ({ ...node, depth: null })),
} satisfies z.input<typeof graphReply>;

export const exampleMerge = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e61',
  source_id: FILE,
  target_id: '1b0c7a94-0d7b-8c3e-a1de-92b9d2c37e55',
  author_id: exampleSession.author_id,
  created_at: '2026-11-20T08:10:00.000Z',
} satisfies z.input<typeof mergeReply>;
