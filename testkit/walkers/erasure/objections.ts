import type { DataRule } from '#platform/db';
import type { Table } from '../tables.ts';

const rulesFileOf = (table: string): string => {
  const [schema = ''] = table.split('.');
  return `data-rules.ts of the module ${schema}`;
};

/** The faults of a table's data rule, in sentences. */
export function objectionsTo(
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
