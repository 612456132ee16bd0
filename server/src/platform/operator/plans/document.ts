import { createRequire } from 'node:module';
import type { Node } from 'yaml';
import { yamlProblemOf } from './yaml-problems.ts';

type Yaml = typeof import('yaml');
let loaded: Yaml | undefined;
/** Loaded by the first plans file: most servers have none. */
const yaml = (): Yaml => (loaded ??= createRequire(import.meta.url)('yaml') as Yaml);

/** Keys and indexes from the top of a document to one of its values. */
export type Path = readonly (string | number)[];

/** A mistake of a plans file: what is wrong, in a sentence, and where. Lines and columns begin with 1. */
export interface PlanProblem {
  readonly line: number;
  readonly column: number;
  readonly says: string;
  /** Keys from the top to the value; none: the whole document. */
  readonly at: Path;
}

/** A document as plain values, with the place of each. */
export interface ParsedDocument {
  readonly value: unknown;
  /** The place of a value's key; of the nearest value above where there is none. */
  readonly placeOf: (path: Path) => Pick<PlanProblem, 'line' | 'column'>;
  readonly problems: readonly PlanProblem[];
}

/** Characters: the file of a hundred products has half of them. */
const LONGEST = 262_144;

/** Parses YAML 1.2, of which JSON is a part. */
export function parsePlans(text: string): ParsedDocument {
  const { isAlias, LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const nothing = { value: undefined, placeOf: () => at(0) };
  const failed = (says: string, offset = 0) => ({ ...nothing, problems: [{ ...at(offset), at: [], says }] });
  if (text.length > LONGEST) return failed(`The file is longer than ${LONGEST} characters.`);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  // No database stores it; each second character of a file in UTF-16 is one.
  const nul = text.indexOf('\0');
  if (nul !== -1) return failed('This character is none of a text: save the file as UTF-8.', nul);
  const problem = yamlProblemOf(yaml(), document);
  if (problem !== undefined) return failed(problem.says, problem.offset);

  function placeOf(path: Path) {
    let node: unknown = document.contents;
    let place = 0;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(document);
      const found = childOf(node, key);
      if (found === undefined) break;
      [place, node] = [found.offset, found.node];
    }
    return at(place);
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), placeOf, problems: [] };
  } catch {
    return failed('Its aliases (*) stand for too many values.');
  }
}

function childOf(node: unknown, key: string | number): { node: unknown; offset: number } | undefined {
  const { isMap, isScalar, isSeq } = yaml();
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    return pair === undefined ? undefined : { node: pair.value, offset: offsetOf(pair.key) };
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(key)];
  return item === undefined ? undefined : { node: item, offset: offsetOf(item) };
}

const offsetOf = (node: unknown): number => (yaml().isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0);
