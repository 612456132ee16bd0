import { expect, test } from 'vitest';
import { openMemory } from '../fixture.ts';
import { around } from './fixture.ts';

let dies: { readonly point: string; readonly phase: 'before' | 'after' } | undefined;
const memory = await openMemory({
  crashHook(point, phase) {
    if (point !== dies?.point || phase !== dies.phase) return;
    dies = undefined;
    throw new Error('the process is killed');
  },
});

test.each(['before', 'after'] as const)(
  'killed %s a commit, the call is made again: each mention, merge and taking back is there once',
  async (phase) => {
    const ada = await memory.rememberer();
    const session = await ada.session('s');
    const twice = async (point: string, call: () => Promise<{ readonly status: number }>) => {
      dies = { point, phase };
      expect((await call()).status).toBe(500);
      expect(dies).toBeUndefined();
      return (await call()).status;
    };
    const say = () => ada.say(session, { client_id: '1', text: 'a.ts and b.ts' });
    expect(await twice('coditect.memory-append', say)).toBe(200);
    expect(await memory.count(ada, 'coditect.file_mentions')).toBe(2);
    const merge = () => ada.call('POST /v1/graph/merges', { source: 'a.ts', target: 'b.ts' });
    expect(await twice('coditect.graph-merge', merge)).toBe(phase === 'before' ? 201 : 200);
    const { edges } = await around(ada, { file: 'a.ts', types: 'same_as' });
    expect(edges).toHaveLength(1);
    const unmerge = () => ada.call(`DELETE /v1/graph/merges/${edges[0]?.merge_id ?? ''}`);
    expect(await twice('coditect.graph-unmerge', unmerge)).toBe(phase === 'before' ? 200 : 404);
    expect(await memory.count(ada, 'coditect.file_merges')).toBe(0);
  },
);
