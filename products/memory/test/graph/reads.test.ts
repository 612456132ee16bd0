import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { graphPath } from '../../graph/store.ts';
import { scopeOf } from '../../levels.ts';
import { openMemory } from '../fixture.ts';
import { around, idsOf } from './fixture.ts';

const memory = await openMemory();

const FILES = 100;
const DECISIONS = 400;

interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: Readonly<Record<string, number>> }];
}

test('a path is looked for without reading all decisions of the account for each file', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  const said = Array.from({ length: FILES }, (_, n) => ({ client_id: `${n}`, text: `See src/m${n}.ts` }));
  await ada.say(session, ...said);
  const far = await ada.session('far');
  await ada.say(far, { client_id: '1', text: 'src/far.ts' });
  for (let n = 0; n < DECISIONS; n++) await ada.decide(`d${n}`);
  const [from = ''] = idsOf(await around(ada, { file: 'src/m1.ts' }));
  const [to = ''] = idsOf(await around(ada, { file: 'src/far.ts' }));
  const types = ['mentions', 'drawn_from', 'relates_to', 'implements', 'supersedes', 'same_as'] as const;
  const kinds = ['session', 'decision', 'pattern', 'file'] as const;
  const { text, values } = graphPath(from, to, { types, kinds, depth: 6 });
  const explained = statement<Explained>(`explain (analyze, buffers, format json) ${text}`, [...values]);
  const [[row]] = await memory.db.member(scopeOf(ada), [explained]);
  const { Plan: plan } = row?.['QUERY PLAN'][0] ?? { Plan: {} };
  const pages = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  expect(plan['Actual Rows']).toBe(1);
  // A look into each of a node's indexes takes some two pages, and a node has seven.
  expect(pages).toBeLessThan(20 * FILES);
});
