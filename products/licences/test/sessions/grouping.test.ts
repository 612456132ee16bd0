import { describe, expect, test } from 'vitest';
import { DatabaseAway } from '#platform/db';
import { createGrouping, type Outcome } from '../../sessions/grouping.ts';

/** Items that were decided together, group by group; each waits until it is let go. */
function fixture(decide: (items: readonly string[]) => readonly Outcome<string>[] = echo) {
  const groups: string[][] = [];
  const waiting: (() => void)[] = [];
  const ask = createGrouping<string, string, string>(3, async (key, items) => {
    groups.push([key, ...items]);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
    return decide(items);
  });
  const go = async () => {
    while (waiting.length > 0) {
      waiting.shift()?.();
      await new Promise(setImmediate);
    }
  };
  return { ask, groups, go };
}

const echo = (items: readonly string[]) => items.map((item) => ({ answer: item.toUpperCase() }));
const settleAll = (promises: readonly Promise<string>[]) =>
  Promise.allSettled(promises).then((ends) =>
    ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error).message)),
  );
const undone = () => Object.assign(new Error('undone'), { code: '23505' });

describe('what is asked for one key', () => {
  test('goes at once where nobody is under way; then up to so many go together, in the order in which they came', async () => {
    const { ask, groups, go } = fixture();
    const answers = settleAll(['a', 'b', 'c', 'd', 'e', 'f'].map((item) => ask('k', item)));
    const others = settleAll(['x', 'y'].map((item) => ask('other', item)));
    await go();
    expect(await answers).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(await others).toEqual(['X', 'Y']);
    expect(groups.filter(([key]) => key === 'k')).toEqual([
      ['k', 'a'],
      ['k', 'b', 'c', 'd'],
      ['k', 'e', 'f'],
    ]);
    const later = settleAll([ask('k', 'g')]);
    await go();
    expect(await later).toEqual(['G']);
  });

  test('fails for its own item alone', async () => {
    const { ask, go } = fixture((items) =>
      items.map((item) => (item === 'c' ? { error: new Error('not c') } : { answer: item })),
    );
    const answers = settleAll(['a', 'b', 'c', 'd'].map((item) => ask('k', item)));
    await go();
    expect(await answers).toEqual(['a', 'b', 'not c', 'd']);
  });

  test('that the database has undone is tried in halves: one that can’t be done takes no other with it', async () => {
    const { ask, go } = fixture((items) => {
      if (items.includes('c')) throw undone();
      return echo(items);
    });
    const answers = settleAll(['a', 'b', 'c', 'd'].map((item) => ask('k', item)));
    await go();
    expect(await answers).toEqual(['A', 'B', 'undone', 'D']);
  });

  test.each([
    { what: 'a database that is away', error: () => new DatabaseAway('away', undefined) },
    { what: 'a commit of which nobody knows', error: () => new Error('lost') },
  ])('is not tried again after $what', async ({ error }) => {
    let tries = 0;
    const { ask, go } = fixture((items) => {
      if (items.length < 2) return echo(items);
      tries += 1;
      throw error();
    });
    const answers = settleAll(['a', 'b', 'c', 'd'].map((item) => ask('k', item)));
    await go();
    expect(await answers).toEqual(['A', error().message, error().message, error().message]);
    expect(tries).toBe(1);
    const next = settleAll([ask('k', 'e')]);
    await go();
    expect(await next).toEqual(['E']);
  });
});
