/** An organization by plain rules: who is in it and in its teams, and for whom each thing is. */
export interface Model {
  readonly present: Set<number>;
  /** Their members; undefined: deleted. */
  readonly teams: (Set<number> | undefined)[];
  readonly items: Item[];
  /** Pairs of names that a user has said to be one file. */
  readonly merges: (readonly [string, string])[];
}

export type Kind = 'session' | 'decision' | 'document' | 'pattern';

const HEIGHTS = { private: 0, team: 1, organization: 2 } as const;
/** The owner and an admin. */
const ADMINS = [0, 1];

/** For whom something is. */
export interface Audience {
  readonly level: keyof typeof HEIGHTS;
  readonly team: number | null;
}

export interface Item {
  readonly kind: Kind;
  readonly id: string;
  readonly author: number;
  /** It stands in what was said there, and nowhere else; of a pattern its text. */
  readonly word: string;
  readonly topic: number;
  audience: Audience;
  /** The sessions that a pattern is drawn from; the one that a decision is linked with. */
  readonly sources: Set<Item>;
}

const PRIVATE: Audience = { level: 'private', team: null };

export const isIn = ({ teams }: Model, by: number, { team }: Audience): boolean =>
  team === null || teams[team]?.has(by) === true;

/** Its author, and those whom its level is for; of a pattern those who may read all that it is drawn from. */
export function isReader(model: Model, by: number, { kind, author, audience, sources }: Item): boolean {
  const may =
    model.present.has(by) && (author === by || (audience.level !== 'private' && isIn(model, by, audience)));
  return may && (kind !== 'pattern' || [...sources].every((source) => isReader(model, by, source)));
}

interface Change {
  readonly by: number;
  readonly to: Audience;
}

/** How giving something another level is answered. */
export function outcomeOfChange(model: Model, item: Item, { by, to }: Change): number {
  const { kind, author, audience, sources } = item;
  if (!isReader(model, by, item)) return 404;
  if (to.level === audience.level && to.team === audience.team) return 200;
  const lowers = HEIGHTS[to.level] < HEIGHTS[audience.level];
  if (author !== by && !(lowers && ADMINS.includes(by))) return 403;
  if (!isIn(model, by, to)) return 404;
  const holds = (source: Item) =>
    HEIGHTS[source.audience.level] >= HEIGHTS[to.level] &&
    (to.team === null || source.audience.team === null || source.audience.team === to.team);
  return kind === 'pattern' && ![...sources].every(holds) ? 409 : 200;
}

export function outcomeOfRemoval(model: Model, item: Item, by: number): number {
  if (!isReader(model, by, item)) return 404;
  return item.author === by ? 200 : 403;
}

/** It is the source of nothing any more, and a pattern of less than two sessions is none. */
export function removeItem({ items }: Model, item: Item): void {
  const lost = items.filter(({ kind, sources }) => sources.delete(item) && kind === 'pattern');
  for (const gone of [item, ...lost.filter(({ sources }) => sources.size < 2)])
    items.splice(items.indexOf(gone), 1);
}

/** A pattern is as private as the most private of its sources; of two teams it is its author's alone. */
export function lowerPatterns({ items }: Model): void {
  for (const item of items.filter(({ kind }) => kind === 'pattern')) {
    const all = [item.audience, ...[...item.sources].map(({ audience }) => audience)];
    const teams = new Set(all.flatMap(({ team }) => (team === null ? [] : [team])));
    const [team] = teams;
    if (all.some(({ level }) => level === 'private') || teams.size > 1) item.audience = PRIVATE;
    else if (team !== undefined) item.audience = { level: 'team', team };
  }
}

/** A member's view of the graph: nodes by their names, and which of them are joined. */
export function graphOf(model: Model, by: number): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  const join = (one: string, other: string) => {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      graph.set(from, (graph.get(from) ?? new Set()).add(to));
  };
  const shown = model.items.filter((item) => item.kind !== 'document' && isReader(model, by, item));
  for (const item of shown) {
    for (const source of item.sources) if (shown.includes(source)) join(nodeOf(item), nodeOf(source));
    if (item.kind === 'session')
      for (const name of [`src/${item.word}.ts`, 'src/shared.ts']) join(nodeOf(item), `file ${name}`);
    if (item.kind === 'decision') join(nodeOf(item), `file docs/${item.word}.md`);
  }
  for (const names of model.merges) {
    const [source, target] = names.map((name) => `file ${name}`);
    if (source !== undefined && target !== undefined && graph.has(source) && graph.has(target))
      join(source, target);
  }
  return graph;
}

export const nodeOf = ({ kind, id }: Pick<Item, 'kind' | 'id'>): string => `${kind} ${id}`;

/** For the nodes around one how many edges away they are. */
export function distancesFrom(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
): Map<string, number> {
  const distances = new Map([[start, 0]]);
  for (const [node, distance] of distances)
    for (const next of graph.get(node) ?? []) if (!distances.has(next)) distances.set(next, distance + 1);
  return distances;
}
