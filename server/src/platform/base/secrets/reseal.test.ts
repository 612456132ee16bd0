import { commitPoint, type Database, statement } from '#platform/db';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '@plinth/testkit/services';
import {
  checkKeys,
  countSealed,
  createSecrets,
  newMasterKey,
  reseal,
  sealedColumn,
  type Secrets,
} from './index.ts';

const WRITE = commitPoint('test.sealed', 'secrets of a test');
const ids = createIds({ clock: systemClock, random: systemRandom });
const oldKey = newMasterKey(systemRandom, 'old');
const newKey = newMasterKey(systemRandom, 'new');
const before = createSecrets({ keys: [oldKey] });
const between = createSecrets({ keys: [newKey, oldKey] });
const after = createSecrets({ keys: [newKey] });
const TEXT = sealedColumn({ table: 'test.sealed', column: 'text', key: ['owner', 'number'] });
/** More than two batches. */
const MANY = 401;

let batches = 0;
let diesAfter = Number.POSITIVE_INFINITY;
const { db } = await testDatabase({
  crashHook(point, phase) {
    if (point !== 'secrets.resealed' || phase !== 'after') return;
    batches += 1;
    if (batches > diesAfter) throw new Error('killed');
  },
});
await db.script(`
  create schema test;
  grant usage on schema test to plinth_system;
  create table test.sealed (owner uuid, number integer, text text, primary key (owner, number));
  call app.protect_system('test.sealed');
  grant select, insert, update, delete on test.sealed to plinth_system;`);
beforeEach(async () => {
  diesAfter = Number.POSITIVE_INFINITY;
  await db.script('delete from test.sealed; delete from secrets.master_keys;');
});

async function fill(secrets: Secrets, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, number) => ({ owner: ids.next(), number }));
  await db.system(
    'secrets.keys',
    WRITE,
    rows.map(({ owner, number }) => put(secrets, { owner, number, text: `secret ${number}` })),
  );
}

function put(secrets: Secrets, { owner, number, text }: { owner: string; number: number; text: string }) {
  const sealed = secrets.seal(text, TEXT.context(owner, String(number)));
  return statement(
    'insert into test.sealed values ($1, $2, $3) on conflict (owner, number) do update set text = excluded.text',
    [owner, number, sealed],
  );
}

async function openAll(secrets: Secrets): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ owner: string; number: number; text: string }>(
      'select * from test.sealed where text is not null order by number',
    ),
  );
  return rows.map(({ owner, number, text }) => secrets.open(text, TEXT.context(owner, String(number))));
}

const all = Array.from({ length: MANY }, (_, number) => `secret ${number}`);

describe('resealing', () => {
  test('leaves every secret as it was, and the old key can go', async () => {
    await checkKeys(db, before);
    await fill(before, MANY);
    await db.script(`insert into test.sealed values ('${ids.next()}', -1, null)`);
    await checkKeys(db, between);
    await expect(checkKeys(db, after)).rejects.toThrow(
      'sealed under the master key "old", which is not set here',
    );
    expect(await reseal(db, between)).toEqual({ changed: MANY, idle: ['old'], left: [], unreadable: [] });
    await checkKeys(db, after);
    expect(await openAll(after)).toEqual(all);
    expect(await countSealed(db)).toEqual([{ place: 'test.sealed.text', key_id: 'new', count: MANY }]);
    expect(await reseal(db, after)).toEqual({ changed: 0, idle: [], left: [], unreadable: [] });
  });

  test('that is killed half-way leaves all readable, keeps the old key, and goes on where it was', async () => {
    await checkKeys(db, before);
    await fill(before, MANY);
    await checkKeys(db, between);
    diesAfter = batches + 1;
    await expect(reseal(db, between)).rejects.toThrow('killed');
    expect(await openAll(between)).toEqual(all);
    await expect(checkKeys(db, after)).rejects.toThrow('"old"');
    diesAfter = Number.POSITIVE_INFINITY;
    const { changed, idle } = await reseal(db, between);
    expect(changed).toBeLessThan(MANY);
    expect(idle).toEqual(['old']);
    expect(await openAll(after)).toEqual(all);
  });

  test('by two at once ends as by one', async () => {
    await checkKeys(db, before);
    await fill(before, MANY);
    await checkKeys(db, between);
    const [one, two] = await Promise.all([reseal(db, between), reseal(db, between)]);
    expect(one.changed + two.changed).toBe(MANY);
    expect(await openAll(after)).toEqual(all);
  });

  test('does not undo what is written meanwhile, and an old key that still seals is kept and told of', async () => {
    await checkKeys(db, before);
    const owner = ids.next();
    const write = (text: string) => db.asMigrator(put(before, { owner, number: 1, text }));
    await write('first');
    await checkKeys(db, between);
    // A process with the old settings writes between the reading and the writing.
    const racing: Secrets = {
      ...between,
      open(sealed, context) {
        raced ??= write('second');
        return between.open(sealed, context);
      },
    };
    let raced: Promise<unknown> | undefined;
    const waits = {
      ...db,
      system: (async (...given: Parameters<Database['system']>) => {
        await raced;
        return db.system(...given);
      }) as Database['system'],
    };
    expect(await reseal(waits, racing)).toEqual({
      changed: 0,
      idle: [],
      left: [{ place: 'test.sealed.text', key_id: 'old', count: 1 }],
      unreadable: [],
    });
    expect(await openAll(between)).toEqual(['second']);
  });

  test('goes on past what was never sealed, or was changed, and names each', async () => {
    await checkKeys(db, before);
    await fill(before, 3);
    await checkKeys(db, between);
    const owner = ids.next();
    await db.script(`
      insert into test.sealed values ('${owner}', 7, 'plain text');
      update test.sealed set text = text || 'AAAA', owner = '${owner}' where number = 1;`);
    expect(await reseal(db, between)).toEqual({
      changed: 2,
      idle: [],
      left: [
        { place: 'test.sealed.text', key_id: 'old', count: 1 },
        { place: 'test.sealed.text', key_id: null, count: 1 },
      ],
      unreadable: [`test.sealed.text/${owner}/1`, `test.sealed.text/${owner}/7`],
    });
    await db.script(`delete from test.sealed where owner = '${owner}'`);
    expect(await openAll(after)).toEqual(['secret 0', 'secret 2']);
    expect(await reseal(db, between)).toEqual({ changed: 0, idle: ['old'], left: [], unreadable: [] });
  });
});

describe('a process with master keys of its own', () => {
  test('is refused by a database whose secrets are sealed under others, whichever way', async () => {
    await checkKeys(db, before);
    await checkKeys(db, before);
    await expect(checkKeys(db, after)).rejects.toMatchObject({ code: 'master_key_missing' });
    const same = createSecrets({ keys: [newMasterKey(systemRandom, 'old')] });
    await expect(checkKeys(db, same)).rejects.toThrow(
      '"old" is not the one that sealed the secrets of this database',
    );
  });

  test('is refused for a key that was forgotten, when a process went on to seal under it', async () => {
    await checkKeys(db, before);
    await checkKeys(db, between);
    expect(await reseal(db, between)).toMatchObject({ idle: ['old'] });
    await checkKeys(db, after);
    await db.asMigrator(put(before, { owner: ids.next(), number: 1, text: 'late' }));
    await expect(checkKeys(db, after)).rejects.toThrow(
      'sealed under the master key "old", which is not set here',
    );
    await checkKeys(db, between);
  });

  test('that starts with another at once: one begins, and the other is refused', async () => {
    const started = await Promise.allSettled([checkKeys(db, before), checkKeys(db, after)]);
    expect(started.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
