import { isRecord } from '#platform/kernel';

/** Names of fields that frame words, and hold none. */
const FRAMES: ReadonlySet<string> = new Set([
  'role',
  'index',
  'id',
  'type',
  'finish_reason',
  'name',
  'reasoning',
]);

/** The meaning of a provider's or caller's word; each object knows a `constructor`. */
export const wordIn = <T>(table: Readonly<Record<string, T>>, word: unknown): T | undefined =>
  typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;

/** Pieces of one thing say the same number. */
export function numberOf(of: unknown, otherwise: number): number {
  const index = isRecord(of) ? of['index'] : undefined;
  return typeof index === 'number' ? index : otherwise;
}

/** Joins the texts in a value to those that came before at the same path. */
export function addText(words: Map<string, string>, path: string, value: unknown): void {
  if (typeof value === 'string') words.set(path, (words.get(path) ?? '') + value);
  else if (Array.isArray(value)) {
    for (const [nth, item] of value.entries()) addText(words, `${path} ${numberOf(item, nth)}`, item);
  } else if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value))
      if (!FRAMES.has(name)) addText(words, `${path} ${name}`, inner);
  }
}
