import type { ScopeDocument } from './model.ts';

export type Fact = readonly [name: string, text: string];

/** Facts of a scope in the head of a file, in this order in every format; fields without a name are left out. */
export function factsOf(document: ScopeDocument): Fact[] {
  const { words, number } = document.language;
  const facts = [
    [words.preparedFor, document.client],
    [words.preparedBy, document.workspace],
    [words.project, document.project],
    [words.date, document.date],
    [words.version, number(document.version)],
    [words.status, document.status],
  ] as const;
  return facts.flatMap(([name, text]): Fact[] => (text === null ? [] : [[name, text]]));
}
