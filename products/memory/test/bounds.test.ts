import type { Database, Member, Statement, Transaction } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { expect, test } from 'vitest';
import { allDataRules } from '../../../server/src/app/lists.ts';
import { contentsOf } from '../../../server/src/platform/work/erasure/contents.ts';
import { createMemoryContext } from '../context/service.ts';
import { createMemorySessions } from '../sessions/service.ts';
import { NO_FILES, openMemory } from './fixture.ts';

const memory = await openMemory();
const { dataKeys } = memory.app.modules;

type SystemUse = Parameters<Database['system']>[0];
type Row = Readonly<Record<string, unknown>>;
type Work = (tx: Transaction) => Promise<unknown>;

/** The database, which keeps what its statements answer. */
function watchDatabase() {
  const answers: Row[][] = [];
  const note = <Rows>(rows: Rows): Rows => {
    answers.push(rows as Row[]);
    return rows;
  };
  const member = async (scope: Member, asked: readonly Statement[] | Work) => {
    if (typeof asked !== 'function') return (await memory.db.member(scope, asked)).map(note);
    return memory.db.member(scope, (tx) =>
      asked({ ...tx, run: async (statement) => note(await tx.run(statement)) }),
    );
  };
  const system = async (use: SystemUse, asked: readonly Statement[]) =>
    (await memory.db.system(use, asked)).map(note);
  return { db: { ...memory.db, member, system } as Database, answers };
}

const long = (start: string): string => start.padEnd(90_000, ' and so on');

test('a question reads 1 MB of what it found, and no long text because it stands beside', async () => {
  const ada = await memory.rememberer();
  const say = async (name: string, textOf: (n: number) => string) =>
    ada.say(
      await ada.session(name),
      ...Array.from({ length: 40 }, (_, n) => ({ client_id: `${n}`, text: textOf(n) })),
    );
  await say('found', (n) => long(`quokka ${n}`));
  await say('beside', (n) => (n % 2 === 0 ? `walrus ${n}` : long(`heron ${n}`)));
  const bytesOf = async (query: string) => {
    const { db, answers } = watchDatabase();
    const turns = await createMemoryContext({ db, clock: systemClock, dataKeys }).relevant(ada, {
      query,
      budget: 100_000,
    });
    expect(turns.length).toBeGreaterThan(1);
    const texts = answers.flat().flatMap(({ text }) => (text instanceof Uint8Array ? [text] : []));
    return texts.reduce((sum, { length }) => sum + length, 0);
  };
  expect(await bytesOf('quokka')).toBeLessThan(1_100_000);
  expect(await bytesOf('walrus')).toBeLessThan(10_000);
});

test('who goes through all of a session reads at most 101 messages at a time', async () => {
  const ada = await memory.rememberer();
  const id = await ada.session('s');
  for (const role of ['user', 'assistant', 'tool']) {
    const said = Array.from({ length: 90 }, (_, n) => ({
      client_id: `${role}${n}`,
      role,
      text: `${role} ${n}`,
    }));
    expect((await ada.say(id, ...said)).status).toBe(200);
  }
  const { db, answers } = watchDatabase();
  type Parts = Parameters<typeof createMemorySessions>[0];
  const sessions = createMemorySessions({ db, dataKeys } as Partial<Parts> as Parts);
  const { accountId, userId } = ada;
  const read = new Set<string | null>();
  for await (const { text } of sessions.everyMessage({ accountId, userId, id })) read.add(text);
  expect(read.size).toBe(270);
  expect(Math.max(...answers.map(({ length }) => length))).toBe(101);
});

test('an archive reads eight sealed rows at a time, and nothing that it withholds', async () => {
  const ada = await memory.rememberer();
  const said = Array.from({ length: 20 }, (_, n) => ({ client_id: `${n}`, text: `The ibis number ${n}.` }));
  await ada.say(await ada.session('s'), ...said);
  const { db, answers } = watchDatabase();
  const rules = allDataRules().filter(({ table }) => table === 'coditect.memory_messages');
  const parts = { db, dataKeys, rules, ...NO_FILES };
  let archive = '';
  for await (const { pieces } of contentsOf(parts, [{ kind: 'user', id: ada.userId, email: null }]))
    for await (const piece of pieces) archive += piece;
  for (const { text } of said) expect(archive).toContain(text);
  const read = answers.map((rows) => rows.flatMap(({ row }) => (row === undefined ? [] : [row as Row])));
  expect(read.map(({ length }) => length).filter((length) => length > 0)).toEqual([8, 8, 4]);
  for (const row of read.flat()) expect(Object.keys(row)).not.toContain('words');
});
