import { expect, test } from 'vitest';
import { openMemory } from '../fixture.ts';
import { extract, patternsOf } from './fixture.ts';

let dies: { readonly at: number; readonly phase: 'before' | 'after' } | undefined;
let commits = 0;
const memory = await openMemory({
  crashHook(point, phase) {
    if (point !== 'coditect.patterns-stored' || dies?.phase !== phase) return;
    commits += 1;
    if (commits === dies.at) throw new Error('the process is killed');
  },
});

/** 30 rules are stored by two commits. */
const RULES = Array.from(
  { length: 30 },
  (_, n) =>
    `Always ${['a', 'b', 'c', 'd'].map((word) => `${word}x${String.fromCharCode(97 + (n % 26))}${n}`).join(' ')}.`,
);

test('a job that is killed at any of its commits is done again, and stores each pattern once', async () => {
  const ada = await memory.rememberer();
  for (const [n, rules] of [RULES.slice(0, 15), RULES.slice(15)].entries())
    for (const name of ['one', 'two']) {
      const said = rules.map((text, place) => ({ client_id: `${place}`, text }));
      await ada.say(await ada.session(`${name}-${n}`), ...said);
    }
  const deleteAll = async () => {
    for (const { id } of await patternsOf(ada)) await ada.call(`DELETE /v1/patterns/${id}`);
  };
  for (const phase of ['before', 'after'] as const)
    for (const at of [1, 2]) {
      [dies, commits] = [{ at, phase }, 0];
      await extract(ada);
      expect(commits).toBe(at + 2);
      const found = await patternsOf(ada);
      expect(found.map(({ title }) => title).toSorted()).toEqual(RULES.toSorted());
      expect(found.every(({ occurrences }) => occurrences === 2)).toBe(true);
      if (at === 2) await deleteAll();
    }
});
