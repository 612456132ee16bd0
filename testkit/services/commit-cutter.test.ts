import { expect, test } from 'vitest';
import { commitPoint, openDatabase, statement, systemCall } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { startCommitCutter } from './commit-cutter.ts';
import { engine, testDatabase } from './index.ts';

const WRITE = commitPoint('test.cutter', 'a row of the test of the cutter');

const holder = (id: string) =>
  statement('select limits.start_holder($1, $2, make_interval(secs => 30))', [id, 'test']);
const ID = (last: number) => `00000000-0000-7000-8000-00000000010${last}`;

async function openCutter() {
  const { db, url } = await testDatabase();
  const cutter = await startCommitCutter(url);
  const through = await openDatabase({ engine: 'postgres', url: cutter.url });
  atEndOfFile(async () => {
    await through.close();
    await cutter.close();
  });
  const isKnown = async (id: string) =>
    (await db.system('limits.holders', [statement('select id from limits.holders where id = $1', [id])]))[0]
      .length === 1;
  return { cutter, through, known: isKnown };
}

test.runIf(engine === 'postgres')(
  'a cutter loses the answer of a commit that the database has made, of the statements that were named',
  async () => {
    const { cutter, through, known } = await openCutter();
    const cut = cutter.cutNextCommit(/start_holder/);
    await through.system('limits.holders', WRITE, [statement('select 1')]);
    await expect(through.system('limits.holders', WRITE, [holder(ID(1))])).rejects.toThrow();
    await cut;
    expect(await known(ID(1))).toBe(true);
    expect(cutter.cuts).toBe(1);
    // By a function too, and with statements that the connection has prepared before.
    await through.system('limits.holders', WRITE, [holder(ID(2))]);
    void cutter.cutNextCommit(/start_holder/);
    await expect(through.system('limits.holders', WRITE, (tx) => tx.run(holder(ID(3))))).rejects.toThrow();
    expect(await known(ID(3))).toBe(true);
  },
);

test.runIf(engine === 'postgres')(
  'a commit that was held back reaches the database when it is let go',
  async () => {
    const { cutter, through, known } = await openCutter();
    const held = cutter.holdNextCommit();
    await expect(through.system('limits.holders', WRITE, [holder(ID(4))])).rejects.toThrow();
    const release = await held;
    expect(await known(ID(4))).toBe(false);
    expect(await release()).toBe('COMMIT');
    expect(await known(ID(4))).toBe(true);
  },
);

test.runIf(engine === 'postgres')(
  'a call that commits by itself is lost, or held back with its locks, as a transaction is',
  async () => {
    const { cutter, through, known } = await openCutter();
    const call = (last: number) => through.system('limits.holders', WRITE, [systemCall(holder(ID(last)))]);
    void cutter.cutNextCommit(/start_holder/);
    await expect(call(1)).rejects.toThrow();
    expect(await known(ID(1))).toBe(true);
    const held = cutter.holdNextCommit();
    await expect(call(2)).rejects.toThrow();
    const release = await held;
    expect(await known(ID(2))).toBe(false);
    expect(await release()).toBe('COMMIT');
    expect(await known(ID(2))).toBe(true);
    const lost = cutter.loseNextCommit(/start_holder/);
    await expect(call(3)).rejects.toThrow();
    await lost;
    await call(4);
    expect([await known(ID(3)), await known(ID(4))]).toEqual([false, true]);
  },
);

test.runIf(engine === 'postgres')(
  'with a probability of one each writing commit is lost, and no reading one',
  async () => {
    const { cutter, through, known } = await openCutter();
    cutter.probability = 1;
    await through.system('limits.holders', [statement('select 1')]);
    await expect(through.system('limits.holders', WRITE, [holder(ID(5))])).rejects.toThrow();
    expect(await known(ID(5))).toBe(true);
    cutter.probability = 0;
    await through.system('limits.holders', WRITE, [holder(ID(6))]);
    cutter.refuse();
    await expect(through.system('limits.holders', [statement('select 1')])).rejects.toThrow();
    cutter.resume();
    await through.system('limits.holders', [statement('select 1')]);
  },
);
