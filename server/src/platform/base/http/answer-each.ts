import { z } from 'zod';

/** The reason for which one item of a batch is refused. */
export interface ItemError {
  readonly code: string;
  readonly message: string;
}

export const itemError = (code: string, message: string) => ({ error: { code, message } });

/**
 * Checks each item of a batch by itself, works on those that are good, and answers in the order given. `key` is what no two items of a
 * batch may share; `work` answers in the order of its items.
 */
export async function answerEach<Item, Result>(
  items: readonly unknown[],
  { schema, key }: { readonly schema: z.ZodType<Item>; readonly key: (item: Item) => readonly string[] },
  work: (good: readonly Item[]) => Promise<readonly Result[]>,
): Promise<(Result | { readonly error: ItemError })[]> {
  const seen = new Set<string>();
  const good: Item[] = [];
  const checked = items.map((item) => {
    const parsed = schema.safeParse(item);
    if (!parsed.success) {
      const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
      return itemError(
        'validation_failed',
        [path.join('.'), message].filter((text) => text !== '').join(': '),
      );
    }
    const name = JSON.stringify(key(parsed.data));
    if (seen.has(name)) return itemError('validation_failed', 'It stands in this batch already.');
    seen.add(name);
    return good.push(parsed.data) - 1;
  });
  const results = good.length === 0 ? [] : await work(good);
  return checked.map((one) => {
    if (typeof one !== 'number') return one;
    const result = results[one];
    if (result === undefined) throw new Error('the database did not answer for an item of a batch');
    return result;
  });
}
