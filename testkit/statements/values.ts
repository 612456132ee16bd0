import type { Node } from 'typescript/unstable/ast';

/** What an expression comes to, as far as that follows from the program's text alone. */
export type Value =
  | { readonly kind: 'plain'; readonly value: string | number | boolean | null | undefined }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Value> }
  | { readonly kind: 'function'; readonly node: Node; readonly scope: Scope }
  /** What only a run knows, and why. */
  | { readonly kind: 'open'; readonly because: string };

/** The values of names that a call gave, by their declarations. */
export interface Scope {
  readonly names: Map<Node, Value>;
  readonly outer: Scope | undefined;
}

export const plainValue = (value: string | number | boolean | null | undefined): Value => ({
  kind: 'plain',
  value,
});
export const open = (because: string): Value => ({ kind: 'open', because });

/** The value of a declaration in a scope or one around it. */
export function boundIn(scope: Scope | undefined, declaration: Node): Value | undefined {
  if (scope === undefined) return undefined;
  return scope.names.get(declaration) ?? boundIn(scope.outer, declaration);
}

/** What joins into a text; undefined where a run alone knows it. */
export function textOf(value: Value): string | undefined {
  if (value.kind === 'plain') return String(value.value);
  if (value.kind !== 'list') return undefined;
  const items = value.items.map(textOf);
  return items.every((item) => item !== undefined) ? items.join(',') : undefined;
}

/** Whether a condition holds; undefined where a run alone knows it. */
export function truthOf(value: Value): boolean | undefined {
  if (value.kind === 'open') return undefined;
  return value.kind === 'plain' ? Boolean(value.value) : true;
}

/** More ways than this through one statement are too many to look at: it is shown by examples. */
const MOST_WAYS = 4_096;

/** The choices of one way through a text: each condition that only a run decides goes one way, wherever it is asked. */
export class Choices {
  readonly #taken: { readonly key: string; readonly of: number; at: number }[] = [];
  #next = 0;
  #made = new Map<string, number>();
  /** What parameters are given on this way. */
  given = new Map<Node, Value>();

  /** Which of several a thing is on this way; the same for the same key. */
  choose(key: string, of: number): number {
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const taken = this.#taken[this.#next] ?? { key, of, at: 0 };
    if (this.#next === this.#taken.length) this.#taken.push(taken);
    this.#next += 1;
    this.#made.set(key, taken.at);
    return taken.at;
  }

  /** Goes on to the next way; false when all were gone. */
  advance(): boolean {
    this.#next = 0;
    this.#made = new Map();
    this.given = new Map();
    for (;;) {
      const last = this.#taken.at(-1);
      if (last === undefined) return false;
      last.at += 1;
      if (last.at < last.of) return true;
      this.#taken.pop();
    }
  }
}

/** What comes out on every way, most of them one; undefined where there are too many. */
export function everyWay<T>(work: (choices: Choices) => T): T[] | undefined {
  const choices = new Choices();
  const all: T[] = [];
  do {
    if (all.length === MOST_WAYS) return undefined;
    all.push(work(choices));
  } while (choices.advance());
  return all;
}
