import { statement } from '#platform/db';

/** Statements that are wrong on purpose: what a check of statements must tell of, and what it must let pass. */
const LYING = {
  missing: statement<{ name: string; age: number }>('select name from accounts.accounts'),
  unsaid: statement<{ name: string }>('select name, kind from accounts.accounts'),
  misread: statement<{ created_at: string }>('select created_at from accounts.accounts'),
  nulled: statement<{ revoked_at: Date }>('select revoked_at from entitlements.grants'),
  counted: statement<{ n: bigint }>('select count(*) as n from accounts.accounts'),
  summed: statement<{ n: number }>('select sum(quantity * 1.0) as n from entitlements.grants'),
  listed: statement<{ types: number[] }>('select types from webhooks.endpoints'),
  given: (at: number) => statement('select from accounts.accounts where created_at > $1', [at]),
  tooFew: (name: string) => statement('select from accounts.accounts where name = $1 and kind = $2', [name]),
  undefinedGiven: (name?: string) => statement('select from accounts.accounts where name = $1', [name]),
  one: (wanted?: string) =>
    statement<{ name: string }>(
      `select name from accounts.accounts ${wanted === undefined ? '' : 'where nayme = $1'}`,
      wanted === undefined ? [] : [wanted],
    ),
  open: (table: string) => statement(`select from ${table}`),
};

/** Statements about which there is nothing to say. */
const TRUE = {
  filled: statement<{ at: Date }>(
    'select revoked_at as at from entitlements.grants where revoked_at is not null',
  ),
  allowed: statement<{ revoked_at: Date | null }>('select revoked_at from entitlements.grants'),
  counted: statement<{ n: number }>('select count(*) as n from accounts.accounts'),
  unclaimed: statement('select * from accounts.accounts'),
};

export const EXPECTED: readonly string[] = [
  'missing: age: the row type has it, the statement does not',
  'unsaid: kind: the statement has it, the row type does not',
  'misread: created_at: timestamptz is not read as string',
  'nulled: revoked_at: its column may be null, Date may not',
  'counted: n: bigint is not read as bigint',
  'summed: n: numeric is not read as number',
  'listed: types: text[] is not read as number[]',
  'given: $1: timestamptz does not take number',
  'tooFew: it has 1 values for 2 parameters',
  'undefinedGiven: $1: text does not take string | undefined',
  'one: column "nayme" does not exist',
  'open: its text is known to a run alone',
];

/** All of them, by the names under which they are told of. */
export const NAMES: readonly string[] = [...Object.keys(LYING), ...Object.keys(TRUE)];
