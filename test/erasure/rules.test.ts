import { describe, expect, test } from 'vitest';
import { allDataRules } from '../../server/src/app/lists.ts';
import { objectionsTo } from '@plinth/testkit/walkers/erasure/objections';
import { readTables } from '@plinth/testkit/walkers/tables';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const rules = allDataRules();
const tables = await readTables(db);

const column = (name: string) => ({ name, nullable: false, generated: false });

describe('what erasure and export do', () => {
  test.each(tables.map((table) => [table.name, table] as const))('is said of %s', (_name, table) => {
    expect(objectionsTo(table, rules)).toEqual([]);
  });

  test('is said of no table that is not there', () => {
    const names = tables.map(({ name }) => name);
    expect(rules.map(({ table }) => table).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('is missed of a new table, and named by the file that lacks it', () => {
    const table = { name: 'reel.fakes', columns: [column('account_id'), column('user_id')] };
    expect(objectionsTo(table, rules).join()).toContain('data-rules.ts of the module reel');
    const half = [{ table: 'reel.fakes', user: { does: 'erase' } }] as const;
    expect(objectionsTo(table, half).join()).toContain('account’s rows');
    expect(objectionsTo(table, [{ table: 'reel.fakes' }]).join()).toContain('somebody’s or nobody’s');
    const wrong = [{ table: 'reel.fakes', account: { does: 'erase' }, withheld: ['none'] }] as const;
    expect(objectionsTo(table, wrong)).toEqual(['reel.fakes has no column none']);
  });
});
