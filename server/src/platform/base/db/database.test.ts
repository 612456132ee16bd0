import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { engine, testDatabase } from '@plinth/testkit/services';
import { assertOutsideTransaction, commitPoint, type Database, statement, systemCall } from './index.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const WRITE = commitPoint('test.write', 'rows of this test');
const account = ids.next<AccountId>();
const other = ids.next<AccountId>();
const user = ids.next<UserId>();

let db: Database;
beforeAll(async () => {
  ({ db } = await testDatabase());
  await db.script(`
    create schema notes;
    grant usage on schema notes to plinth_tenant, plinth_system;
    create table notes.notes (account_id uuid not null, id uuid not null, text text not null, amount bigint, primary key (account_id, id));
    call app.protect_tenant('notes.notes');
    grant select, insert, update, delete on notes.notes to plinth_tenant, plinth_system;
    create table notes.diaries (user_id uuid not null, id uuid primary key, text text not null);
    call app.protect_user('notes.diaries');
    grant select, insert on notes.diaries to plinth_tenant;
    create function notes.whoami(scope text, out who text, out said text) language sql as $$ select current_user::text, scope $$;
    revoke execute on function notes.whoami(text) from public;
    call app.run_as_system('notes.whoami(text)');
    create function notes.patience() returns text language sql as $$ select current_setting('idle_in_transaction_session_timeout') $$;
    revoke execute on function notes.patience() from public;
    call app.run_as_system('notes.patience()');`);
});

function insertNote(owner: AccountId, text: string, id: string = ids.next()) {
  return statement('insert into notes.notes (account_id, id, text, amount) values ($1, $2, $3, 1)', [
    owner,
    id,
    text,
  ]);
}
const texts = statement<{ text: string }>('select text from notes.notes order by text');

describe('scopes', () => {
  it('a tenant sees its own rows and no others, in a batch and in a transaction', async () => {
    await db.tenant(account, WRITE, [insertNote(account, 'mine')]);
    await db.tenant(other, WRITE, [insertNote(other, 'theirs')]);
    const [rows] = await db.tenant(account, [texts]);
    expect(rows).toEqual([{ text: 'mine' }]);
    expect(await db.tenant(other, (tx) => tx.run(texts))).toEqual([{ text: 'theirs' }]);
    const [all] = await db.system('limits.sweep', [texts]);
    expect(all).toEqual([{ text: 'mine' }, { text: 'theirs' }]);
  });

  it('a row can neither be written into nor moved to another account', async () => {
    await db.tenant(account, WRITE, [insertNote(account, 'to be moved')]);
    await expect(db.tenant(account, WRITE, [insertNote(other, 'planted')])).rejects.toThrow(
      'row-level security',
    );
    await expect(
      db.tenant(account, WRITE, [statement('update notes.notes set account_id = $1', [other])]),
    ).rejects.toThrow('row-level security');
  });

  it('rows of a user are read by that user alone, not in the scope of an account', async () => {
    await db.user(user, WRITE, [
      statement('insert into notes.diaries values ($1, $2, $3)', [user, ids.next(), 'dear diary']),
    ]);
    const read = statement<{ text: string }>('select text from notes.diaries');
    expect((await db.user(user, [read]))[0]).toHaveLength(1);
    expect((await db.user(ids.next<UserId>(), [read]))[0]).toHaveLength(0);
    await expect(db.tenant(account, [read])).rejects.toMatchObject({ code: 'PL002' });
  });

  it('a query without a scope is an error and not an empty list', async () => {
    await expect(db.user(user, [texts])).rejects.toMatchObject({ code: 'PL001' });
    await expect(
      db.script('begin; set local role plinth_tenant; select * from notes.notes; commit'),
    ).rejects.toThrow('no account is set');
  });

  it('a scope does not outlive its transaction', async () => {
    await db.tenant(account, [texts]);
    const [row] = await db.asMigrator(
      statement<{ role: string; account: string | null }>(
        "select current_user::text as role, current_setting('app.account', true) as account",
      ),
    );
    expect(row?.role).not.toBe('plinth_tenant');
    expect(row?.account ?? '').toBe('');
  });

  it('a call of a function that runs as the system needs no scope, is prepared once, and is refused to a tenant', async () => {
    const call = systemCall(
      statement<{ who: string; said: string }>('select who, said from notes.whoami($1::text)', ['note']),
    );
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await db.system('limits.sweep', WRITE, [call]));
    expect(answers).toEqual(Array.from({ length: 3 }, () => [[{ who: 'plinth_system', said: 'note' }]]));
    // With others it is a part of their transaction.
    const [[first], , rows] = await db.system('limits.sweep', WRITE, [
      call,
      insertNote(account, 'called'),
      texts,
    ]);
    expect(first).toEqual({ who: 'plinth_system', said: 'note' });
    expect(rows).toContainEqual({ text: 'called' });
    // In a tenant's transaction it is sent in the tenant's scope, which may not.
    await expect(db.tenant(account, WRITE, [call])).rejects.toMatchObject({ code: '42501' });
  });

  it.runIf(engine === 'postgres')(
    'such a call alone is one statement, with no transaction around it',
    async () => {
      const call = systemCall(statement<{ patience: string }>('select notes.patience() as patience', []));
      const [[alone]] = await db.system('limits.sweep', WRITE, [call]);
      const [[withOthers]] = await db.system('limits.sweep', WRITE, [call, texts]);
      // The settings of a transaction at its beginning.
      expect([alone, withOthers]).toEqual([{ patience: '0' }, { patience: '30s' }]);
    },
  );

  it('a scope takes the id of an account and nothing else', async () => {
    await expect(db.tenant("' or true --" as AccountId, [texts])).rejects.toThrow('needs the id');
  });
});

describe('transactions', () => {
  it('a transaction without a commit point cannot write', async () => {
    await expect(db.tenant(account, [insertNote(account, 'unnamed')])).rejects.toMatchObject({
      code: '25006',
    });
    await expect(db.tenant(account, (tx) => tx.run(insertNote(account, 'unnamed')))).rejects.toMatchObject({
      code: '25006',
    });
  });

  it('a failing statement undoes its whole batch, and the connection serves on', async () => {
    const id = ids.next();
    await expect(
      db.tenant(account, WRITE, [insertNote(account, 'first', id), insertNote(account, 'again', id), texts]),
    ).rejects.toMatchObject({ code: '23505' });
    const [rows] = await db.tenant(account, [
      statement<{ n: number }>('select count(*) as n from notes.notes where id = $1', [id]),
    ]);
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('a throwing function undoes its transaction', async () => {
    const id = ids.next();
    const work = db.tenant(account, WRITE, async (tx) => {
      await tx.run(insertNote(account, 'doomed', id));
      throw new Error('changed its mind');
    });
    await expect(work).rejects.toThrow('changed its mind');
    const [rows] = await db.tenant(account, [statement('select 1 from notes.notes where id = $1', [id])]);
    expect(rows).toHaveLength(0);
  });

  it.runIf(engine === 'postgres')(
    'one that says nothing for half a minute is undone, for its machine may be gone and its locks would stay',
    async () => {
      const setting = statement<{ of: string }>(
        `select current_setting('idle_in_transaction_session_timeout') as of`,
      );
      expect(await db.tenant(account, (tx) => tx.run(setting))).toEqual([{ of: '30s' }]);
    },
  );

  it('a second transaction inside a first is refused at once instead of waiting for ever', async () => {
    const work = db.tenant(account, () => db.tenant(account, [texts]));
    await expect(work).rejects.toThrow('inside a database transaction');
    expect(() => assertOutsideTransaction('a model was called')).not.toThrow();
    await expect(
      db.tenant(account, async () => assertOutsideTransaction('a model was called')),
    ).rejects.toThrow('a model was called inside');
  });

  it('many callers at once each get their own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        db.tenant(account, [statement<{ n: number }>('select $1::bigint as n', [n])]),
      ),
    );
    expect(answers.map(([[row]]) => row?.n)).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  it('both engines give bigint as an exact number, times as dates and JSON as values', async () => {
    const [[row]] = await db.tenant(account, [
      statement<Record<string, unknown>>(
        "select 9007199254740991::bigint as big, timestamptz '2026-01-02T03:04:05.678Z' as at, jsonb_build_object('a', 1) as json",
      ),
    ]);
    expect(row).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      at: new Date('2026-01-02T03:04:05.678Z'),
      json: { a: 1 },
    });
  });
});

describe('crash points', () => {
  it('each write passes its point before and after the commit, and a failed one never after', async () => {
    const passed: string[] = [];
    const watched = await testDatabase({ crashHook: (point, phase) => passed.push(`${point} ${phase}`) });
    const bad = statement('select 1 / 0');
    await watched.db.system('limits.sweep', WRITE, [statement('select 1')]);
    await expect(watched.db.system('limits.sweep', WRITE, [bad])).rejects.toThrow('zero');
    await watched.db.system('limits.sweep', WRITE, (tx) => tx.run(statement('select 1')));
    await watched.db.system('limits.sweep', [statement('select 1')]);
    expect(passed).toEqual([
      'test.write before',
      'test.write after',
      'test.write before',
      'test.write before',
      'test.write after',
    ]);
  });
});

describe('the database’s time', () => {
  it('is moved by the test clock alone, and no role of the application can move it', async () => {
    const now = statement<{ ahead: number }>(
      'select extract(epoch from app.now() - clock_timestamp())::float8 as ahead',
    );
    await db.script("update app.clock set ahead = '2 hours'");
    const [[moved]] = await db.tenant(account, [now]);
    expect(moved?.ahead).toBeCloseTo(7_200, 0);
    await expect(
      db.system('limits.sweep', WRITE, [statement("update app.clock set ahead = '1 hour'")]),
    ).rejects.toThrow('permission denied');
    await db.script("update app.clock set ahead = '0'");
  });
});

it('a statement hears of its commit once its rows are there, and of no transaction that was undone', async () => {
  const owner = ids.next<AccountId>();
  const heard: string[] = [];
  const told = (text: string) => ({ ...insertNote(owner, text), onCommit: () => void heard.push(text) });
  await db.tenant(owner, WRITE, [told('in a batch')]);
  await db.tenant(owner, WRITE, async (tx) => {
    await tx.runAll([told('in a transaction')]);
    expect(heard).toEqual(['in a batch']);
  });
  await expect(db.tenant(owner, WRITE, [told('undone'), insertNote(other, 'planted')])).rejects.toThrow();
  const undone = db.tenant(owner, WRITE, async (tx) => {
    await tx.run(told('undone'));
    throw new Error('no');
  });
  await expect(undone).rejects.toThrow('no');
  expect(heard).toEqual(['in a batch', 'in a transaction']);
});
