import type { ScopeDocument } from './model.ts';
import { WORDS } from './words.ts';

export type Fact = readonly [name: string, text: string];

/** What the head of a file says of its scope, in this order in every format; what nobody named is left out. */
export function factsOf(document: ScopeDocument): Fact[] {
  const facts = [
    [WORDS.preparedFor, document.client],
    [WORDS.preparedBy, document.workspace],
    [WORDS.project, document.project],
    [WORDS.date, document.date],
    [WORDS.version, String(document.version)],
    [WORDS.status, document.status],
  ] as const;
  return facts.flatMap(([name, text]): Fact[] => (text === null ? [] : [[name, text]]));
}
