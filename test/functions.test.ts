import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statement, versionOf } from '#platform/db';
import { projectMigrations, testDatabase } from '@plinth/testkit/services';
import { EXCEPTIONS, MOST_EXCEPTIONS } from './functions/exceptions.ts';
import { rightsIn, rightsTwice, type Script } from './functions/rights.ts';
import { objectionsTo, repeatedIn, type SqlFunction } from './functions/rules.ts';
import { ROOT } from '@plinth/testkit/house/source';

const { db } = await testDatabase();

/** As the database has them. */
const functions = await db.asMigrator(
  statement<SqlFunction>(`
    select n.nspname || '.' || p.proname as name, l.lanname as language, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
           to_jsonb(array(
             select a.name from unnest(p.proargnames, p.proargmodes) as a (name, mode)
              where coalesce(a.mode, 'i') in ('i', 'b', 'v') and a.name <> '')) as given
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
     where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public') and l.lanname in ('plpgsql', 'sql')
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
     order by 1, pg_get_function_identity_arguments(p.oid)`),
);
const objections = [...functions.flatMap(objectionsTo), ...repeatedIn(functions)];
const findException = (line: string) => EXCEPTIONS.find(({ says }) => line.startsWith(says));

const scripts = globSync(['server/src/**/*.sql', 'products/**/*.sql'], { cwd: ROOT })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.up.sql') || /\/functions\/\w+\.sql$/.test(path))
  .sort()
  .map((path): Script => ({ path, sql: readFileSync(join(ROOT, path), 'utf8') }));

describe('every function of the database', () => {
  test('is short, has names that say one thing each, uses all of them, and stands once', () => {
    expect(functions.length).toBeGreaterThan(150);
    expect(objections.filter((line) => findException(line) === undefined)).toEqual([]);
  });

  test('that is excepted still needs it, and there are no more than there were', () => {
    const needed = new Set(objections.map(findException));
    expect(EXCEPTIONS.filter((exception) => !needed.has(exception))).toEqual([]);
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
  });
});

const isOfRights = ({ path }: Script) => path.endsWith('/functions/rights.sql');

describe('every right', () => {
  test('is given in one place, and none is taken back', () => {
    const rights = scripts.filter(isOfRights);
    expect(rights.length).toBeGreaterThan(10);
    expect(rightsTwice(rights)).toEqual([]);
    expect(rights.flatMap(({ sql }) => rightsIn(sql)).filter((right) => right.startsWith('revoke'))).toEqual(
      [],
    );
  });

  test('stands beside its module’s functions, and in no step', () => {
    const others = scripts.filter((script) => !isOfRights(script));
    expect(others.flatMap(({ path, sql }) => rightsIn(sql).map((right) => `${path}: ${right}`))).toEqual([]);
  });

  test('is somebody’s: no function is everybody’s', async () => {
    const open = await db.asMigrator(
      statement<{ name: string }>(`
        select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
           and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)`),
    );
    expect(open).toEqual([]);
  });
});

describe('a module’s set of functions', () => {
  const sets = projectMigrations().flatMap((migration) => ('parts' in migration ? [migration] : []));
  const parts = sets.flatMap((set) => set.parts);
  const routines = parts.filter(({ kind }) => kind === 'routine').map(({ name }) => name);

  test('names its functions and triggers as the database does, so that it can drop them', async () => {
    const found = await db.asMigrator(
      statement<{ name: string; is_there: boolean }>(
        `select name, to_regprocedure(name) is not null as is_there from unnest($1::text[]) as name`,
        [routines],
      ),
    );
    expect(found.filter(({ is_there }) => !is_there)).toEqual([]);
    const triggers = await db.asMigrator(
      statement<{ name: string }>(
        `select format('%s on %s', tgname, tgrelid::regclass) as name from pg_trigger where not tgisinternal`,
      ),
    );
    const ours = parts.filter(({ kind }) => kind === 'trigger').map(({ name }) => name);
    expect(triggers.map(({ name }) => name).toSorted()).toEqual(ours.toSorted());
  });

  test('has all of its functions but those that a table can’t be without', async () => {
    const others = await db.asMigrator(
      statement<{ name: string; is_needed: boolean }>(
        `select p.oid::regprocedure::text as name,
                exists (select from pg_depend d where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid) as is_needed
           from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
            and p.oid <> all (select to_regprocedure(name)::oid from unnest($1::text[]) as name)`,
        [routines],
      ),
    );
    // Steps call these, and the policies of `app.protect_member` the others.
    const kept = others.filter(
      ({ name, is_needed }) => !is_needed && !/^(app\.protect_|accounts\.member_)/.test(name),
    );
    expect(kept).toEqual([]);
    expect(others.length).toBeLessThan(20);
  });

  test('has bodies that the database takes, in any order', async () => {
    const other = await testDatabase();
    for (const set of sets) await other.db.script(set.functions);
  });

  test.each(sets.map((set) => [set.id, set] as const))(
    '%s has a version for what it is: npm run generate',
    (_id, set) => {
      expect(set.recorded).toBe(true);
      expect(versionOf(set)).toContain(`"version": ${set.version},`);
      expect(versionOf({ ...set, recorded: false }), 'a change is newer').toContain(
        `"version": ${set.version + 1},`,
      );
    },
  );
});

const FUNCTION: SqlFunction = { name: 'a.b', language: 'plpgsql', body: 'begin return; end', given: [] };
const lines = (count: number) => Array.from({ length: count }, (_, at) => `perform ${at};`).join('\n');
const declareBody = (variables: string, body: string) => `declare ${variables} begin ${body} end`;

const BROKEN: readonly (readonly [Partial<SqlFunction>, says: string, fine: Partial<SqlFunction>])[] = [
  [{ body: lines(61) }, 'a function of 61 lines', { body: `${lines(60)}\n-- why\n\n` }],
  [{ name: 'a.camelCase' }, 'camelCase is not snake_case', { name: 'a.snake_case' }],
  [
    { body: declareBody('v integer;', 'return;') },
    'v is not used',
    { body: declareBody('v integer;', 'return v;') },
  ],
  [
    { body: `${declareBody('v integer;', 'x(v);')} ${declareBody('v text;', 'x(v);')}` },
    'v is declared twice',
    { body: declareBody('v integer; w text;', 'x(v, w);') },
  ],
  [
    { body: declareBody('p integer;', 'x(p);'), given: ['p'] },
    'p is declared over what is given',
    { body: declareBody('v integer;', 'x(p, v);'), given: ['p'] },
  ],
  [{ given: ['p_a'] }, 'p_a is not used', { given: ['p_a'], body: 'select p_a' }],
];

describe('each rule of functions can fail', () => {
  test.each(BROKEN)('%o: %s', (...[broken, says, fine]) => {
    expect(objectionsTo({ ...FUNCTION, ...broken }).join()).toContain(says);
    expect(objectionsTo({ ...FUNCTION, ...fine })).toEqual([]);
  });

  test('what stands twice', () => {
    const [one, other] = [
      { ...FUNCTION, body: lines(5) },
      { ...FUNCTION, name: 'a.c', body: `-- other\n${lines(5)}` },
    ];
    expect(repeatedIn([one, other])).toEqual(['a.c: has 5 lines of a.b']);
    expect(repeatedIn([one, { ...other, body: lines(4) }])).toEqual([]);
  });

  test('rights that stand twice, also in lists', () => {
    const [first, second] = [
      'grant select, insert on a.b to c;',
      'grant execute on function a.f(int, text), a.g() to c;',
    ];
    const repeatedRights = (sql: string) =>
      rightsTwice([
        { path: 'one', sql: `${first}${second}` },
        { path: 'two', sql },
      ]);
    expect(repeatedRights('grant insert on a.b to d, c;')).toEqual([
      'two: grant insert on table a.b to c: stands in one',
    ]);
    expect(repeatedRights('grant execute on function a.g() to c;')).toHaveLength(1);
    expect(repeatedRights(`grant insert on a.b to d; -- ${first}`)).toEqual([]);
  });
});
