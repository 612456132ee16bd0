import { expect, test } from 'vitest';
import { allDataRules } from '../../../../server/src/app/lists.ts';
import { contentsOf } from '../../../../server/src/platform/work/erasure/contents.ts';
import { eraseStatement, type Subject } from '../../../../server/src/platform/work/erasure/plan.ts';
import { NO_FILES, openMemory, type Rememberer } from '../fixture.ts';
import { around, idsOf, path } from './fixture.ts';

const memory = await openMemory();
test('a path goes around items that its reader may not see, and a lowered item is out of it with that commit', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const say = async (client: string, text: string) => {
    const id = await ada.session(client, { level: 'organization' });
    await ada.say(id, { client_id: '1', text });
    return id;
  };
  const direct = await say('direct', 'a.ts b.ts');
  const [first, second] = [await say('first', 'a.ts c.ts'), await say('second', 'c.ts b.ts')];
  const ends = { from_file: 'a.ts', to_file: 'b.ts' };
  const sessionsOf = async (by: Rememberer) => idsOf(await path(by, ends)).filter((_, n) => n % 2 === 1);
  expect(await sessionsOf(bob)).toEqual([direct]);
  await ada.call(`PATCH /v1/sessions/${direct}`, { level: 'private' });
  expect(await sessionsOf(bob)).toEqual([first, second]);
  expect(await sessionsOf(ada)).toEqual([direct]);
  await ada.call(`PATCH /v1/sessions/${second}`, { level: 'private' });
  expect((await path(bob, ends)).status).toBe(404);
  expect((await around(bob, { file: 'c.ts' })).nodes.map(({ name }) => name)).toEqual(['c.ts', null]);
});

test('mentions and merges are in the exports of who may read them, and go with their person or account', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const own = await bob.session('own');
  const shared = await bob.session('shared', { level: 'organization' });
  await bob.say(own, { client_id: '1', text: 'own.ts' });
  await bob.say(shared, { client_id: '1', text: 'one.ts and two.ts' });
  await bob.call('POST /v1/graph/merges', { source: 'one.ts', target: 'two.ts' });
  const rules = allDataRules().filter(({ table }) => table.startsWith('coditect.file_'));
  const exported = async (subject: Subject) => {
    let all = '';
    const parts = {
      db: memory.db,
      dataKeys: memory.app.modules.dataKeys,
      rules,
      ...NO_FILES,
    };
    for await (const { pieces } of contentsOf(parts, [subject]))
      for await (const piece of pieces) all += piece;
    return ['own.ts', 'one.ts', bob.userId].map((word) => all.includes(word));
  };
  const person: Subject = { kind: 'user', id: bob.userId, email: null };
  const account: Subject = { kind: 'account', id: ada.accountId };
  expect(await exported(person)).toEqual([true, false, true]);
  expect(await exported(account)).toEqual([false, true, true]);
  await memory.db.asMigrator(eraseStatement(rules, person));
  expect(await memory.count(ada, 'coditect.file_merges', 'author_id is null')).toBe(1);
  expect(await memory.count(ada, 'coditect.file_mentions')).toBe(2);
  await memory.db.asMigrator(eraseStatement(allDataRules(), account));
  for (const table of ['file_mentions', 'file_merges'])
    expect(await memory.count(ada, `coditect.${table}`)).toBe(0);
});
