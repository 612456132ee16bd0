import { isObject, type JsonObject, ownString } from '../content/json.ts';
import { parseJson } from '../content/material.ts';
import { foldWord, nameWords } from '../content/words.ts';
import { canonicalWord } from './lexicon.ts';
import { type Clause, tellingWords } from './sentence.ts';

/** Something that a tool's result showed. */
export interface KnownRecord {
  /** By the list that it stands in: `task` for one of `tasks`. */
  readonly kind: string;
  readonly id: string | number;
  readonly title: string;
  /** The title as it is compared. */
  readonly folded: string;
}

const DEEPEST = 6;
const MOST_RECORDS = 2_000;
/** Records that one clause names. */
const MOST_MEANT = 50;
const LONGEST_RESULT = 100_000;
const NAMED_WITH_ID = /(?:^|[:,] )([^,:()\n]{1,200}) \(([\w-]{1,100})\)/gu;

/** Objects with an id and a title in the results of tools, and `Title (id)` in a result of words; each once. */
export function recordsIn(
  results: readonly { readonly result: string; readonly kind: string }[],
): KnownRecord[] {
  const found = new Map<string, KnownRecord>();
  const add = (record: KnownRecord): void => {
    if (found.size < MOST_RECORDS) found.set(`${record.kind} ${record.id}`, record);
  };
  for (const { result, kind } of results) {
    const shown = result.slice(0, LONGEST_RESULT);
    const value = parseJson(shown);
    if (value !== undefined) collect(value, { kind, depth: 0, add });
    else
      for (const [, title = '', id = ''] of shown.matchAll(NAMED_WITH_ID))
        add({ kind, id, title, folded: foldWord(title) });
  }
  return [...found.values()];
}

/** `id` and `task_id`. */
export const isIdName = (name: string): boolean => nameWords(name).at(-1) === 'id';

export function titleOf(object: JsonObject): string | undefined {
  const names = ['title', 'name', 'subject', 'label', 'content'];
  return names.map((name) => ownString(object, name)).find((title) => title !== undefined && title !== '');
}

function collect(
  value: unknown,
  at: { readonly kind: string; readonly depth: number; readonly add: (record: KnownRecord) => void },
): void {
  if (at.depth > DEEPEST || typeof value !== 'object' || value === null) return;
  if (isObject(value)) {
    const { id } = value;
    const title = titleOf(value);
    if ((typeof id === 'string' || typeof id === 'number') && title !== undefined)
      at.add({ kind: at.kind, id, title, folded: foldWord(title) });
  }
  for (const [key, inner] of Object.entries(value)) {
    const kind = Array.isArray(value) ? at.kind : canonicalWord(nameWords(key).at(-1) ?? key);
    collect(inner, { ...at, kind, depth: at.depth + 1 });
  }
}

/**
 * The records that a clause means: by id, by a quoted or written title, by words that only they have, or all of them. Several where
 * it means several or where it is not clear which: `isClear` says so.
 */
export function meantRecords(
  clause: Clause,
  records: readonly KnownRecord[],
  kinds: ReadonlySet<string>,
): { readonly records: readonly KnownRecord[]; readonly isClear: boolean } {
  const text = foldWord(`${clause.text} ${clause.quotes.length === 0 ? (clause.afterColon ?? '') : ''}`);
  const quotes = new Set(clause.quotes.map(foldWord));
  const clear = (found: readonly KnownRecord[]) => ({ records: found, isClear: found.length > 0 });
  const exact = records.filter(({ id, folded }) => quotes.has(folded) || quotes.has(foldWord(String(id))));
  if (exact.length > 0) return clear(exact);
  const written = records
    .filter(({ id, folded }) => hasWords(text, folded) || isWritten(id, text))
    .slice(0, MOST_MEANT);
  // `Call Bob` is not `Call` too.
  const longest = written.filter(
    ({ folded }) => !written.some((other) => other.folded !== folded && hasWords(other.folded, folded)),
  );
  if (longest.length > 0) return clear(longest);
  if (quotes.size > 0) return clear([]);
  if (clause.said.has('all')) return clear(records.slice(0, MOST_MEANT));
  const words = tellingWords(clause, kinds);
  if (words.length === 0) return { records, isClear: records.length === 1 };
  const partial = records.filter(({ folded }) => words.every((word) => hasWords(folded, word)));
  return { records: partial, isClear: partial.length === 1 };
}

/** A number alone may be anything. */
const isWritten = (id: string | number, text: string): boolean =>
  /\p{L}/u.test(String(id)) && hasWords(text, foldWord(String(id)));

/** Whether words stand in a text, not as parts of other words. */
function hasWords(text: string, words: string): boolean {
  if (words === '') return false;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(`${text[at - 1] ?? ''}${text[at + words.length] ?? ''}`)) return true;
  }
  return false;
}
