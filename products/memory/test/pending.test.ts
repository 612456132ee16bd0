import { expect, test } from 'vitest';
import type { CrashHook } from '#platform/db';
import { statement } from '#platform/db';
import { ids } from '@plinth/testkit/factories';
import { findTurns } from '../context/store.ts';
import { wordsKey } from '../sessions/message-text.ts';
import { ANY, keysOf, wordTerm } from '../sessions/word-keys.ts';
import { openMemory, type Rememberer } from './fixture.ts';

let commits = 0;
const count: CrashHook = (point, phase) =>
  void (commits += point === 'coditect.memory-pending' && phase === 'after' ? 1 : 0);
// The minutely job would do some of it first.
const memory = await openMemory({ crashHook: count, work: false });
const { db, coditect } = memory;

/** A message at a time, and of a deleted session two. */
const LITTLE = { bytes: 1, messages: 2 };

/** In how many turns a search says that words stand; null: it did not look. The first word stands in each. */
async function frequenciesFor({ accountId, userId }: Rememberer, ...words: readonly string[]) {
  const key = wordsKey(await memory.app.modules.dataKeys.of(accountId));
  const keys = [ANY, ...words.map(wordTerm)].flatMap((term) => keysOf(key, term)).map(String);
  const [[row]] = await db.member({ account: accountId, user: userId }, [findTurns(keys, 10)]);
  return row?.frequencies;
}

/** A message of 2,000 words, one of which is the animal. */
const long = (animal: string, from: number) => ({
  client_id: animal,
  text: `${animal} ${String.fromCodePoint(...Array.from({ length: 2_000 }, (_, n) => 0x4e00 + from + n))}`,
});
const ANIMALS = ['adder', 'bison', 'camel', 'dingo', 'egret', 'ferret'];

async function foundBy(by: Rememberer): Promise<string[]> {
  const found = await Promise.all(ANIMALS.map(async (animal) => by.find(animal, 10_000)));
  return found
    .flatMap((turns) => turns.filter(({ why }) => why.some(({ kind }) => kind === 'words')))
    .map(({ client_id }) => client_id);
}

test('another level of a large session counts at once, and its words follow a few at a time', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const session = await ada.session('s');
  await ada.say(session, ...ANIMALS.map((animal, n) => long(animal, 2_500 * n)));
  const setLevel = async (level: string) =>
    expect((await ada.call(`PATCH /v1/sessions/${session}`, { level })).status).toBe(200);

  await setLevel('organization');
  expect(await bob.sees()).toEqual([session]);
  expect(await foundBy(bob)).toEqual(ANIMALS.slice(0, 3));
  await ada.say(session, { client_id: 'a', text: 'The gecko came later.' });
  expect(await bob.find('gecko')).toHaveLength(1);
  commits = 0;
  await coditect.doPending(LITTLE);
  expect(commits).toBeGreaterThanOrEqual(3);
  expect(await foundBy(bob)).toEqual(ANIMALS);

  await setLevel('private');
  expect([await bob.sees(), await foundBy(bob), await bob.find('gecko')]).toEqual([[], [], []]);
  expect(await frequenciesFor(bob, 'ferret')).toEqual([0, 0]);
  expect(await foundBy(ada)).toEqual(ANIMALS);
  await setLevel('organization');
  await setLevel('private');
  await coditect.doPending(LITTLE);
  expect(await frequenciesFor(bob, 'ferret')).toEqual([0, 0]);
  expect(await foundBy(ada)).toEqual(ANIMALS);
  const kept = await db.asMigrator(
    statement<{ audience: string }>(
      'select distinct audience from coditect.memory_messages where session_id = $1',
      [session],
    ),
  );
  expect(kept).toEqual([{ audience: ada.userId }]);
});

test('a large session is gone for everybody at once, and its messages follow a few at a time', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const session = await ada.session('s', { level: 'organization' });
  await ada.say(
    session,
    ...Array.from({ length: 5 }, (_, n) => ({ client_id: `${n}`, text: `quokka ${n}` })),
  );
  const file = { clientId: 'f', name: 'a.txt', type: 'text/plain', body: Buffer.from('the quokka') };
  await coditect.sessionFiles.store({ accountId: ada.accountId, userId: ada.userId, id: session }, file);
  await db.asMigrator(
    statement('update coditect.memory_sessions set messages = 1000000 where id = $1', [session]),
  );
  expect((await ada.call(`DELETE /v1/sessions/${session}`)).status).toBe(200);
  expect(await memory.count(ada, 'blobs.blobs', "status <> 'forgotten'")).toBe(0);
  for (const by of [ada, bob]) {
    expect([await by.sees(), await by.find('quokka')]).toEqual([[], []]);
    expect((await by.call(`GET /v1/sessions/${session}/files`)).status).toBe(404);
    expect((await by.call(`GET /v1/sessions/${session}/messages`)).status).toBe(404);
    expect((await by.say(session, { client_id: '9', text: 'no' })).status).toBe(404);
    expect((await by.call(`DELETE /v1/sessions/${session}`)).status).toBe(404);
    expect(await frequenciesFor(by, 'quokka')).toEqual([0, 0]);
  }
  const again = await ada.session('s');
  commits = 0;
  await coditect.doPending(LITTLE);
  expect(commits).toBeGreaterThanOrEqual(4);
  expect(await memory.count(ada, 'coditect.memory_messages')).toBe(0);
  expect(await ada.sees()).toEqual([again]);
  expect(await memory.used(ada)).toEqual({ memory_bytes: 0, memory_sessions: 1 });
});

test('a search asks for so many hashes, however many teams somebody is in', async () => {
  const ada = await memory.rememberer();
  const words = Array.from({ length: 40 }, (_, n) => `word${n}`);
  const lookedUp = async () => (await frequenciesFor(ada, ...words))?.filter((one) => one !== null).length;
  expect(await lookedUp()).toBe(41);
  const teams = Array.from({ length: 200 }, () => ids.next());
  await db.asMigrator(
    statement(
      'insert into accounts.teams (account_id, id, name) select $1, id, id from unnest($2::uuid[]) id',
      [ada.accountId, teams],
    ),
  );
  await db.asMigrator(
    statement(
      'insert into accounts.team_members (account_id, team_id, user_id) select $1, id, $3 from unnest($2::uuid[]) id',
      [ada.accountId, teams, ada.userId],
    ),
  );
  const most = await lookedUp();
  expect(most).toBeGreaterThanOrEqual(12);
  expect(most).toBeLessThanOrEqual(14);
});
