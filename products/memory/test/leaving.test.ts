import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, ids } from '@plinth/testkit/factories';
import { allDataRules } from '../../../server/src/app/lists.ts';
import { contentsOf } from '../../../server/src/platform/work/erasure/contents.ts';
import { eraseStatement, type Subject } from '../../../server/src/platform/work/erasure/plan.ts';
import { filesIn } from './session-files/lying.ts';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { NO_FILES, openMemory, type Rememberer } from './fixture.ts';

const death = plannedDeath();
const memory = await openMemory({ crashHook: death.crashHook });
const { db } = memory;
const { dataKeys, blobs } = memory.app.modules;
// Looks run here alone: days that go by make the worker's own look due, and each passes over what the other one holds.
const never = statement(
  `update jobs.schedules set next_at = 'infinity' where name = 'coditect.departed' returning name`,
);
await vi.waitFor(async () => expect(await db.asMigrator(never)).toHaveLength(1), 120_000);
const openFile = (product: string, accountId: AccountId, blobId: string) =>
  blobs.of(product).open(accountId, blobId);

/** All that an archive says, as one text. */
async function exported(subject: Subject): Promise<string> {
  const parts = { ...NO_FILES, db, dataKeys, openFile, rules: allDataRules() };
  let all = '';
  for await (const { pieces } of contentsOf(parts, [subject]))
    for await (const piece of pieces) all += String(piece);
  return all;
}
const lying = () => filesIn(memory);
const ofPerson = ({ userId: id }: Rememberer) => exported({ kind: 'user', id, email: null });
const ofAccount = ({ accountId: id }: Rememberer) => exported({ kind: 'account', id });

const setMember = ({ accountId, userId }: Rememberer, is: boolean) =>
  db.asMigrator(
    statement(
      is
        ? `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member')`
        : 'delete from accounts.members where account_id = $1 and user_id = $2',
      [accountId, userId],
    ),
  );

/** A word of letters alone. */
const marker = (): string =>
  `marker${ids
    .next()
    .replaceAll('-', '')
    .replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;

/** A session whose title, text and speaker have a marker each, a decision whose texts and file have, a document, and a file with its name. */
async function createMarked(by: Rememberer, clientId: string, more: object = {}) {
  const [title, text, speaker] = [marker(), marker(), marker()];
  const id = await by.session(clientId, { title, ...more });
  await by.say(id, { client_id: '1', text: `the ${text} is here`, speaker });
  const texts = { title: marker(), context: marker(), rationale: marker(), consequences: marker() };
  const path = marker();
  const decision = await by.decide(clientId, { ...texts, ...more });
  await by.call(`POST /v1/decisions/${decision}/links`, { type: 'implements', path });
  const document = marker();
  await by.document(clientId, `We have ${document}.`, more);
  const [name, bytes] = [marker(), marker()];
  const file = { clientId: 'f', name, type: 'text/plain', body: Buffer.from(bytes) };
  await memory.coditect.sessionFiles.store({ accountId: by.accountId, userId: by.userId, id }, file);
  return { id, marks: [title, text, speaker, ...Object.values(texts), path, document, name, bytes], text };
}

const erase = (subject: Subject) => db.asMigrator(eraseStatement(allDataRules(), subject));

test('what is said stands nowhere in the database, and the exports of who may read it have it', async () => {
  const ada = await memory.rememberer();
  const own = await createMarked(ada, 'own');
  const shared = await createMarked(ada, 'shared', { level: 'organization' });
  expect(await ada.find(own.text)).toHaveLength(1);
  for (const mark of [...own.marks, ...shared.marks]) {
    expect(await tablesWith(db, mark)).toEqual([]);
    for (const path of lying()) expect(readFileSync(path).includes(mark)).toBe(false);
  }
  expect(lying()).toHaveLength(2);
  const [mine, theirs] = [await ofPerson(ada), await ofAccount(ada)];
  for (const mark of own.marks) expect([mine.includes(mark), theirs.includes(mark)]).toEqual([true, false]);
  for (const mark of shared.marks)
    expect([mine.includes(mark), theirs.includes(mark)]).toEqual([false, true]);
});

test('an organization’s archive has what any of its teams sees, and what a member keeps private is in that member’s alone', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const teams = `/v1/organizations/${ada.accountId}/teams`;
  const { body: team } = await ada.call(`POST ${teams}`, { name: 'Platform' });
  await ada.call(`PUT ${teams}/${String(team['id'])}/members/${bob.userId}`);
  const shared = await createMarked(bob, 'shared', { level: 'team', team_id: team['id'] });
  const own = await createMarked(bob, 'own');
  expect(await ada.sees()).toEqual([]);
  const archives = [await ofAccount(ada), await ofPerson(ada), await ofPerson(bob)];
  const holders = (mark: string) => archives.map((archive) => archive.includes(mark));
  for (const mark of shared.marks) expect(holders(mark)).toEqual([true, false, false]);
  for (const mark of own.marks) expect(holders(mark)).toEqual([false, false, true]);
});

test('what a member kept private who left is nobody’s to read, theirs to export for 30 days, and then gone', async () => {
  const ada = await memory.rememberer();
  const [bob, cy] = [await memory.colleagueOf(ada), await memory.colleagueOf(ada)];
  const [private_, shared] = [
    await createMarked(bob, 'own'),
    await createMarked(bob, 'shared', { level: 'organization' }),
  ];
  const back = await createMarked(cy, 'own');
  const before = lying().length;
  await setMember(bob, false);
  await setMember(cy, false);
  await memory.coditect.forgetDeparted();
  expect(await ada.sees()).toEqual([shared.id]);
  expect(await ada.find(private_.text)).toEqual([]);
  expect((await ada.call(`PATCH /v1/sessions/${private_.id}`, { level: 'organization' })).status).toBe(404);
  await advance(db, '29 days');
  await setMember(cy, true);
  await memory.coditect.forgetDeparted();
  expect(await ofPerson(bob)).toContain(private_.text);
  await advance(db, '2 days');
  await memory.coditect.forgetDeparted();
  expect(await ofPerson(bob)).not.toContain(private_.text);
  const rows = await db.asMigrator(
    statement<{ id: string }>('select id from coditect.memory_sessions where account_id = $1 order by id', [
      ada.accountId,
    ]),
  );
  expect(rows.map(({ id }) => id)).toEqual([shared.id, back.id].toSorted());
  expect(await memory.used(ada)).toMatchObject({ memory_sessions: 2 });
  for (const table of ['decisions', 'documents', 'files'])
    expect(await memory.count(ada, `coditect.memory_${table}`)).toBe(2);
  await blobs.sweep();
  expect(lying()).toHaveLength(before - 1);
});

test.each(
  ['coditect.departed-noted', 'coditect.departed-forgotten'].flatMap((point) => [
    `before ${point}`,
    `after ${point}`,
  ]),
)('a look for the departed that dies %s is made good by the next one', async (where) => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  for (const name of ['one', 'other']) await createMarked(bob, name);
  await setMember(bob, false);
  const look = async () => {
    await memory.coditect.forgetDeparted().catch(() => undefined);
    await memory.coditect.forgetDeparted();
  };
  if (where.endsWith('noted')) death.plan(where);
  await look();
  await advance(db, '31 days');
  if (where.endsWith('forgotten')) death.plan(where);
  await look();
  for (const table of ['sessions', 'decisions', 'documents', 'files'])
    expect(await memory.count(ada, `coditect.memory_${table}`)).toBe(0);
  expect(await memory.used(ada)).toEqual({ memory_bytes: 0, memory_sessions: 0 });
});

test.each(['before', 'after'])(
  'the end of a team that dies %s giving its authors back what it saw is done by who ends it again',
  async (when) => {
    const ada = await memory.rememberer();
    const path = `/v1/organizations/${ada.accountId}/teams`;
    const id = String((await ada.call(`POST ${path}`, { name: 'Research' })).body['id']);
    await ada.call(`PUT ${path}/${id}/members/${ada.userId}`);
    const session = await ada.session('shown', { level: 'team', team_id: id });
    death.plan(`${when} accounts.team-released`);
    await ada.call(`DELETE ${path}/${id}`);
    expect((await ada.call(`GET ${path}/${id}`)).status).toBe(200);
    expect((await ada.call(`DELETE ${path}/${id}`)).status).toBe(200);
    expect((await ada.call(`GET /v1/sessions/${session}`)).body).toMatchObject({ level: 'private' });
    expect((await ada.call(`GET ${path}/${id}`)).status).toBe(404);
  },
);

test('an erased person leaves what they shared, and an erased account leaves nothing, its key neither', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  await createMarked(bob, 'own');
  const shared = await createMarked(bob, 'shared', { level: 'organization' });
  await erase({ kind: 'user', id: bob.userId, email: null });
  expect(await ada.sees()).toEqual([shared.id]);
  expect(await ada.texts(shared.id)).toEqual([`the ${shared.text} is here`]);
  expect(await memory.used(ada)).toMatchObject({ memory_sessions: 1 });
  for (const table of ['decisions', 'documents', 'files'])
    expect(await memory.count(ada, `coditect.memory_${table}`)).toBe(1);
  await blobs.sweep();
  expect(await memory.count(ada, 'blobs.blobs', "status = 'stored'")).toBe(1);
  const before = lying().length;
  await blobs.forgetBytesOf(ada.accountId);
  expect(lying()).toHaveLength(before - 1);
  await erase({ kind: 'account', id: ada.accountId });
  const tables = [
    'sessions',
    'messages',
    'decisions',
    'decision_versions',
    'links',
    'documents',
    'document_versions',
    'files',
  ];
  for (const table of [
    ...tables.map((name) => `coditect.memory_${name}`),
    'blobs.blobs',
    'secrets.data_keys',
  ])
    expect(await memory.count(ada, table)).toBe(0);
});
