import { expect, test } from 'vitest';
import type { CrashHook } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import type { Rememberer } from '../fixture.ts';
import { openFiles } from './fixture.ts';

/** Where the process dies: it commits nothing any more until it is started again. */
let death: { readonly at: string; isHere: boolean } | undefined;
const crashHook: CrashHook = (point, phase) => {
  if (death === undefined) return;
  death.isHere ||= `${phase} ${point}` === death.at;
  if (death.isHere) throw new Error('the process is dead');
};
const files = await openFiles({ crashHook, work: false });

/** Stores two files that have the same bytes, and another one that is deleted. */
async function live(ada: Rememberer): Promise<string> {
  const session = await ada.session('s');
  for (const [id, bytes] of [
    ['1', 'the ibis'],
    ['2', 'the ibis'],
    ['3', 'the otter'],
  ] as const)
    await files.send(ada, session, bytes, { id });
  const gone = (await files.listed(ada, session)).find(({ client_id }) => client_id === '3');
  if (gone !== undefined) await ada.call(`DELETE /v1/sessions/${session}/files/${String(gone['id'])}`);
  return session;
}

test.each(
  ['blobs.reserved', 'coditect.memory-file', 'coditect.memory-file-delete'].flatMap((point) => [
    `before ${point}`,
    `after ${point}`,
  ]),
)('a process that dies %s leaves only what a repeated call comes to', async (at) => {
  const ada = await files.rememberer();
  const dying = { at, isHere: false };
  death = dying;
  await live(ada).catch(() => undefined);
  death = undefined;
  expect(dying.isHere).toBe(true);
  const session = await live(ada);
  await advance(files.db, '6 minutes');
  await files.sweep();
  const listed = await files.listed(ada, session);
  expect(listed.map(({ client_id }) => client_id)).toEqual(['2', '1']);
  for (const { id } of listed) expect((await files.read(ada, session, String(id))).text).toBe('the ibis');
  expect(files.lying()).toHaveLength(1);
  expect(await files.used(ada)).toEqual({ memory_bytes: 8 + 29 + 2 * 400, memory_sessions: 1 });
  await ada.call(`DELETE /v1/sessions/${session}`);
  await files.sweep();
  expect(files.lying()).toEqual([]);
});
