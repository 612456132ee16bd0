import { describe, expect, test } from 'vitest';
import type { DataRule } from '#platform/db';
import { allDataRules } from '../../server/src/app/lists.ts';
import { readTables, type Table } from '../walkers/tables/catalog.ts';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const rules = allDataRules();
const tables = await readTables(db);

const rulesFileOf = (table: string): string => {
  const [schema = ''] = table.split('.');
  return `data-rules.ts of the module ${schema}`;
};

/** The faults of a table's data rule, in sentences. */
function objectionsTo(
  { name, columns }: Pick<Table, 'name' | 'columns'>,
  said: readonly DataRule[],
): string[] {
  const found = said.filter(({ table }) => table === name);
  const [rule] = found;
  if (rule === undefined) {
    return [
      `nothing says what erasure and export do with ${name}: add it to ${rulesFileOf(name)} (docs/erasure.md)`,
    ];
  }
  const has = (column: string) => columns.some((one) => one.name === column);
  const isOwned = rule.account !== undefined || rule.user !== undefined;
  const named = [
    ...(Array.isArray(rule.withheld) ? rule.withheld : []),
    ...(rule.doer === undefined ? [] : [rule.doer.id, ...rule.doer.columns]),
    ...[rule.account, rule.user].flatMap((fate) => (fate?.does === 'unlink' ? Object.keys(fate.sets) : [])),
  ];
  return [
    ...(found.length > 1 ? [`${name} is named twice`] : []),
    ...(isOwned === (rule.nobodys !== undefined) ? [`${name} is somebody’s or nobody’s, and not both`] : []),
    ...(has('account_id') && rule.account === undefined && rule.nobodys === undefined
      ? [`${name} has an account_id, and nothing says what becomes of an account’s rows`]
      : []),
    ...(has('user_id') && !has('account_id') && rule.user === undefined
      ? [`${name} has a user_id, and nothing says what becomes of a person’s rows`]
      : []),
    ...named.filter((column) => !has(column)).map((column) => `${name} has no column ${column}`),
  ];
}

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
