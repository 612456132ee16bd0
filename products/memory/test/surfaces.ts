import { expect } from 'vitest';
import { AppError } from '#platform/kernel';
import type { NodeRef, OpenNode } from '../graph/service.ts';
import { EDGE_TYPES, NODE_KINDS } from '../graph/store.ts';
import { fieldsOf } from './mcp/clients.ts';
import type { openMemory, Rememberer } from './fixture.ts';
import { distancesFrom, graphOf, isReader, type Item, type Kind, type Model, nodeOf } from './model.ts';

type Memory = Awaited<ReturnType<typeof openMemory>>;

/** A reader, by their place in the organization. */
interface Viewer {
  readonly model: Model;
  readonly place: number;
}

const ALL = { kinds: NODE_KINDS, types: EDGE_TYPES };
const FARTHEST = { around: 4, path: 6 };

/** An answer, or nothing where what was asked for is not there for the reader. */
async function ifShown<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError && error.code.endsWith('_not_found')) return undefined;
    throw error;
  }
}

const sorted = (ids: Iterable<string>): string[] => [...ids].toSorted();
const idsOf = (rows: readonly { readonly id: string }[]): string[] => sorted(rows.map(({ id }) => id));

/** Those of some things that an answer is given for, each with what it says. */
async function readEach<Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): Promise<Record<string, Value>> {
  const all: Record<string, Value> = {};
  for (const item of items) {
    const value = await ifShown(read(item));
    if (value !== undefined) all[item.word + item.id] = value;
  }
  return all;
}

const everyWordOf = ({ items }: Model): string =>
  sorted(new Set(items.filter(({ kind }) => kind === 'session').map(({ word }) => word))).join(' ');

const nodesOf = (model: Model): [string, NodeRef][] => [
  ['file src/shared.ts', { file: 'src/shared.ts' }],
  ...model.items.flatMap(({ kind, id, word }): [string, NodeRef][] => {
    if (kind === 'document') return [];
    const file = { session: `src/${word}.ts`, decision: `docs/${word}.md`, pattern: undefined }[kind];
    const named: [string, NodeRef][] = file === undefined ? [] : [[`file ${file}`, { file }]];
    return [[nodeOf({ kind, id }), { id }], ...named];
  }),
];

const nodeName = ({ kind, id, name }: Pick<OpenNode, 'kind' | 'id' | 'name'>): string =>
  `${kind} ${kind === 'file' ? String(name) : id}`;

/** Pairs of nodes between which a path is looked for: each and one somewhere behind it. */
function pairsOf(model: Model) {
  const nodes = nodesOf(model);
  return nodes.map((from, n) => [from, nodes[(n * 7 + 3) % nodes.length] ?? from] as const);
}

/** The view of a reader whom the server takes for a member, by every way of reading. */
export async function viewOf(memory: Memory, by: Rememberer, { model, place }: Viewer) {
  const { memory: sessions, context, decisions, documents, patterns, graph } = memory.coditect;
  const of = (kind: Kind) => model.items.filter((item) => item.kind === kind);
  const key = ({ id }: Item) => ({ accountId: by.accountId, userId: by.userId, id });
  const query = everyWordOf(model);
  const searched = query === '' ? [] : await context.relevant(by, { query, budget: 10_000 });
  const around: Record<string, Record<string, number | null>> = {};
  for (const [name, node] of nodesOf(model)) {
    const found = await ifShown(graph.around(by, { ...ALL, node, depth: FARTHEST.around, limit: 200 }));
    if (found === undefined) continue;
    around[name] = Object.fromEntries(found.nodes.map((one) => [nodeName(one), one.depth]));
  }
  const paths: Record<string, number> = {};
  for (const [[from, start], [to, end]] of pairsOf(model)) {
    const found = await ifShown(graph.path(by, { ...ALL, from: start, to: end, depth: FARTHEST.path }));
    if (found === undefined) continue;
    paths[`${from} to ${to}`] = found.nodes.length - 1;
    assertPath(graphOf(model, place), found.nodes.map(nodeName));
  }
  return {
    sessions: idsOf((await sessions.list(by, { limit: 100 })).data),
    read: await readEach(of('session'), async (item) => (await sessions.read(key(item))).id),
    messages: await readEach(
      of('session'),
      async (item) => (await sessions.messages(key(item), { limit: 10 })).data.length,
    ),
    exports: await readEach(of('session'), async (item) =>
      idsOf((await sessions.export(key(item))).decisions),
    ),
    found: sorted(new Set(searched.map(({ source }) => source.sessionId))),
    decisions: idsOf((await decisions.list(by, { limit: 100 })).data),
    links: await readEach(of('decision'), async (item) =>
      (await decisions.read(key(item))).links.flatMap(({ session_id: id }) => (id === null ? [] : [id])),
    ),
    documents: idsOf((await documents.load(by, { budget: 100_000 })).documents),
    versions: await readEach(
      of('document'),
      async (item) => (await documents.versions(key(item), { limit: 10 })).data.length,
    ),
    texts: await readEach(of('document'), async (item) => (await documents.read(key(item))).text),
    patterns: idsOf((await patterns.list(by, { limit: 100 })).data),
    sources: await readEach(of('pattern'), async (item) =>
      sorted(new Set((await patterns.readWithSources(key(item))).sources.map((one) => one.session_id))),
    ),
    around,
    paths,
  };
}

/** Each step of a path is an edge that is there. */
function assertPath(graph: ReadonlyMap<string, ReadonlySet<string>>, nodes: readonly string[]): void {
  for (const [n, node] of nodes.entries())
    if (n > 0) expect([...(graph.get(nodes[n - 1] ?? '') ?? [])]).toContain(node);
}

/** The same by the rules alone. */
export function expectedView({ model, place }: Viewer): Awaited<ReturnType<typeof viewOf>> {
  const shown = model.items.filter((item) => isReader(model, place, item));
  const of = (kind: Kind) => shown.filter((item) => item.kind === kind);
  const each = <Value>(kind: Kind, value: (item: Item) => Value) =>
    Object.fromEntries(of(kind).map((item) => [item.word + item.id, value(item)]));
  const shownIds = (items: Iterable<Item>) => idsOf([...items].filter((item) => shown.includes(item)));
  const graph = graphOf(model, place);
  const around: Record<string, Record<string, number | null>> = {};
  for (const [name] of nodesOf(model)) {
    if (!graph.has(name)) continue;
    const near = [...distancesFrom(graph, name)].filter(([, distance]) => distance <= FARTHEST.around);
    around[name] = Object.fromEntries(near);
  }
  const paths: Record<string, number> = {};
  for (const [[from], [to]] of pairsOf(model)) {
    if (!graph.has(from) || !graph.has(to)) continue;
    const distance = distancesFrom(graph, from).get(to) ?? Number.POSITIVE_INFINITY;
    paths[`${from} to ${to}`] = distance <= FARTHEST.path ? distance : -1;
  }
  return {
    sessions: idsOf(of('session')),
    read: each('session', ({ id }) => id),
    messages: each('session', () => 2),
    exports: each('session', (session) =>
      idsOf(of('decision').filter(({ sources }) => sources.has(session))),
    ),
    found: idsOf(of('session')),
    decisions: idsOf(of('decision')),
    links: each('decision', ({ sources }) => shownIds(sources)),
    documents: idsOf(of('document')),
    versions: each('document', () => 1),
    texts: each('document', ({ word }) => `About the ${word}`),
    patterns: idsOf(of('pattern')),
    sources: each('pattern', ({ sources }) => shownIds(sources)),
    around,
    paths,
  };
}

/** The view of a reader with their key, by the MCP tools and of all accounts. */
export async function calledView({ call }: Rememberer, model: Model) {
  const use = async (name: string, input: object): Promise<string> => {
    const { body } = await call('POST /v1/mcp', {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: input },
    });
    const { result } = body as {
      readonly result?: { readonly content?: readonly { readonly text: string }[] };
    };
    return result?.content?.[0]?.text ?? '';
  };
  const query = everyWordOf(model);
  const recalled = query === '' ? '' : await use('recall', { query, budget_tokens: 10_000 });
  const decided = fieldsOf(await use('list_decisions', { limit: 100 }), false)['quotes'] ?? [];
  const released = (await call('GET /v1/patterns?scope=platform')).body['data'] ?? [];
  return {
    recalled: sorted(Array.from(recalled.matchAll(/\bs\d+ = ([\da-f-]{36})/g), ([, id = '']) => id)),
    decisions: idsOf(decided as readonly { readonly id: string }[]),
    released,
  };
}
