import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProgram } from '@plinth/testkit/house/arrows';
import { projectPaths, ROOT } from '@plinth/testkit/house/source';
import type { Table } from '@plinth/testkit/walkers/tables';
import { excuses } from './exceptions.ts';

/** Whose rows a table holds. */
export type Owner = 'account' | 'user' | 'system';

export const KEY_OF: Readonly<Record<Exclude<Owner, 'system'>, string>> = {
  account: 'account_id',
  user: 'user_id',
};

/**
 * A table with an account_id is its account's, unless its policies ask for the user: then not even the account's owner reads
 * it. One with only a user_id is its user's; the rest is the system's.
 */
export function ownerOf({ columns, policies }: Pick<Table, 'columns' | 'policies'>): Owner {
  const names = columns.map(({ name }) => name);
  const asks = policies.flatMap(({ using, check }) => [using ?? '', check ?? '']).join();
  const isUsers =
    names.includes(KEY_OF.user) && asks.includes('app.user_id()') && !asks.includes('app.account()');
  if (names.includes(KEY_OF.account) && !isUsers) return 'account';
  return names.includes(KEY_OF.user) ? 'user' : 'system';
}

/** Whether members write it, and choose by its level who reads a row (`app.protect_member`). */
export function isOfMembers({ policies }: Pick<Table, 'policies'>): boolean {
  return policies.some(({ name }) => name === 'member_reads');
}

/** What is wrong with one table, in sentences. */
export function objectionsTo(table: Table): string[] {
  const owner = ownerOf(table);
  const found = [
    ...checkSecurity(table),
    ...checkGrants(table),
    ...checkPolicies(table),
    ...checkTimestamps(table),
    ...(owner === 'system' ? system(table) : checkOwner(table, KEY_OF[owner])),
  ];
  return found.filter((says) => !excuses(table.name, says));
}

function checkSecurity({ kind, secured: isOn, forced }: Table): string[] {
  if (kind !== 'r' && kind !== 'p') return ['is no table'];
  return [...(isOn ? [] : ['row security is off']), ...(forced ? [] : ['row security is not forced'])];
}

const TENANT_MAY = new Set(['select', 'insert', 'update', 'delete']);

function checkGrants({ grants }: Table): string[] {
  return grants.flatMap(({ role, privilege }) => {
    if (role !== 'plinth_tenant' && role !== 'plinth_system') return [`${privilege} is granted to ${role}`];
    return TENANT_MAY.has(privilege) ? [] : [`${privilege} is granted to ${role}`];
  });
}

/** Each policy names the scope it is for, so that leaving something out lets no caller in. */
function checkPolicies({ policies, grants, columns }: Table): string[] {
  const found = policies.flatMap(({ name, roles, using, check }) => {
    if (roles.join() === 'plinth_system') return [];
    if (roles.join() !== 'plinth_tenant') return [`the policy ${name} is for ${roles.join()}`];
    const isScoped = [using, check].every((one) => one === null || SCOPE.test(one));
    return isScoped ? [] : [`the policy ${name} asks for no scope`];
  });
  const isReached = grants.some(({ role }) => role === 'plinth_tenant');
  const owner = ownerOf({ columns, policies });
  const hasOwn = policies.some(({ roles }) => roles.join() === 'plinth_tenant');
  return isReached && owner !== 'system' && !hasOwn ? [...found, 'it has no policy for tenants'] : found;
}

/** What asks for the scope of the transaction: a policy, or a function that runs as the system. */
export const SCOPE =
  /\b(app\.(account|user_id)\(\)|accounts\.(reachable|member_account)\(|audit\.may_append\(|jobs\.held\(|current_setting\('app\.(account|user)')/;

function checkTimestamps({ name, columns }: Table): string[] {
  const names = columns.map((column) => column.name);
  return [
    ...(names.includes('created_at') ? [] : ['it has no created_at']),
    ...(!updatedTables().has(name) || names.includes('updated_at')
      ? []
      : ['it is changed and has no updated_at']),
  ];
}

const UPDATE = /(?:\bupdate\s+|updateTable\(['"])([a-z_]+\.[a-z_]+)\b/gi;
let known: ReadonlySet<string> | undefined;

/** The tables that some statement of the program updates; what is for tests of products moves the clock. */
function updatedTables(): ReadonlySet<string> {
  known ??= new Set(
    projectPaths()
      .filter(isProgram)
      .flatMap((path) => [...readFileSync(join(ROOT, path), 'utf8').matchAll(UPDATE)])
      .map(([, table = '']) => table),
  );
  return known;
}

/** Keys bypass policies, so that each must keep to its owner by itself. */
function checkOwner({ columns, indexes, foreignKeys }: Table, key: string): string[] {
  const column = columns.find(({ name }) => name === key);
  const leads = indexes.some((index) => index.columns[0] === key);
  return [
    ...(column?.nullable === true ? [`${key} may be null`] : []),
    ...(leads ? [] : [`no index starts with ${key}`]),
    ...indexes
      .filter(({ unique, columns: parts }) => unique && !parts.includes(key))
      .map(({ name }) => `the unique ${name} is across owners`),
    ...foreignKeys
      .filter(({ columns: parts, to }) => !parts.includes(key) && !isPerson(parts, to))
      .map(({ name }) => `the foreign key ${name} is across owners`),
  ];
}

/** A user's row has no account: accounts name their people. */
function isPerson(columns: readonly string[], to: string): boolean {
  return to === 'identity.users' && columns.join() === 'user_id';
}

function system({ grants }: Table): string[] {
  return [
    'it is the system’s',
    ...grants
      .filter(({ role }) => role === 'plinth_tenant')
      .map(({ privilege }) => `tenants may ${privilege} what is the system’s`),
  ];
}
