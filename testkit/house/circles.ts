import { type Finding, isProgram, type RuleOfAll } from './arrows.ts';
import { type Import, type SourceFile, targetOf } from './source.ts';

/** What each file, or each folder, imports. */
type Graph = Map<string, Set<string>>;

/** So many files may know each other by their types: something that is made, and what makes it. */
const MOST_BY_TYPE = 2;

/**
 * No circles of imports: of values, because the order in which its files are loaded is an accident, and none of them is understood or
 * moved without the others. Two files may know each other's types, more may not.
 */
export const circles: RuleOfAll = (files) => {
  const byValue = circlesIn(graphOf(files, ({ isType }) => !isType));
  const said = new Set(byValue.map(String));
  const byType = circlesIn(graphOf(files, () => true)).filter(
    (circle) => circle.length > MOST_BY_TYPE && !said.has(String(circle)),
  );
  return [
    ...byValue.map((circle) => findingOf(files, circle, 'import each other in a circle')),
    ...byType.map((circle) => findingOf(files, circle, 'import each other in a circle, by their types')),
  ];
};

/** Said at the first file's import of another one. */
function findingOf(files: readonly SourceFile[], circle: readonly string[], says: string): Finding {
  const [path = ''] = circle;
  const imports = files.find((file) => file.path === path)?.imports ?? [];
  const within = imports.find(({ specifier }) => circle.includes(targetOf(path, specifier) ?? ''));
  return { path, line: within?.line ?? 1, says: `${circle.join(', ')} ${says}` };
}

function graphOf(files: readonly SourceFile[], counts: (one: Import) => boolean): Graph {
  return new Map(
    files.map(({ path, imports }) => {
      const targets = imports.filter(counts).map(({ specifier }) => targetOf(path, specifier));
      return [path, new Set(targets.filter((target) => target !== undefined))];
    }),
  );
}

/**
 * Folders of `server/src/` that lie beside each other, as those of a module do, import values one way. The files beside them don't
 * count: what lies there puts the folders together, or is for all of them. Nor do tests.
 */
export const folderCircles: RuleOfAll = (files) => {
  const program = files.filter(({ path }) => isProgram(path));
  return [...foldersBeside(program)].flatMap(([path, graph]) =>
    circlesIn(graph).map((circle) => ({
      path,
      line: 1,
      says: `has folders that import each other in a circle: ${circle.join(', ')}`,
    })),
  );
};

/** By folder: which of the folders in it imports which other one. */
function foldersBeside(files: readonly SourceFile[]): Map<string, Graph> {
  const found = new Map<string, Graph>();
  for (const [path, targets] of graphOf(files, ({ isType }) => !isType)) {
    for (const target of targets) {
      const [from, to] = [path.split('/'), target.split('/')];
      const shared = from.findIndex((name, place) => name !== to[place]);
      const [name, other] = [from[shared], to[shared]];
      const isBetweenFolders = shared < from.length - 1 && shared < to.length - 1;
      if (!isBetweenFolders || name === undefined || other === undefined) continue;
      const folder = from.slice(0, shared).join('/');
      const graph: Graph = found.get(folder) ?? new Map();
      found.set(folder, graph.set(name, (graph.get(name) ?? new Set()).add(other)));
    }
  }
  return found;
}

/** The sets of all that reach each other (by Kosaraju: what is reached backwards, the file that was left last first). */
function circlesIn(graph: Graph): string[][] {
  const backwards: Graph = new Map();
  for (const [from, targets] of graph)
    for (const to of targets) backwards.set(to, (backwards.get(to) ?? new Set()).add(from));
  const left = walkOrder(graph, [...graph.keys()]).flat();
  return walkOrder(backwards, left.toReversed())
    .filter((set) => set.length > 1 || set.some((one) => graph.get(one)?.has(one)))
    .map((set) => set.sort());
}

/** From each start what is reached and was not before, in the order in which a walk leaves it for good. */
function walkOrder(graph: Graph, starts: readonly string[]): string[][] {
  const seen = new Set<string>();
  const walk = (from: string): string[] => {
    if (seen.has(from)) return [];
    seen.add(from);
    return [...[...(graph.get(from) ?? [])].flatMap(walk), from];
  };
  return starts.map(walk);
}
