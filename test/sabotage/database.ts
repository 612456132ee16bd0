import type { Patch } from './patch.ts';

const SCOPES = 'src/platform/db/database.test.ts :: scopes >';
const SCHEMA = 'src/platform/db/functions/app.sql';
const SETS = 'src/platform/db/function-set.test.ts :: functions and rights >';

/** Scopes, policies, transactions, migrations and signals. */
export const DATABASE: readonly Patch[] = [
  {
    name: 'lone-call-in-a-transaction',
    file: 'src/platform/db/database.ts',
    find: 'alone === undefined ? await engine.batch(opening, statements) : [await engine.call(plain(alone))];',
    replace: 'alone === null ? [] : await engine.batch(opening, statements);',
    expects: `${SCOPES} such a call alone is one statement, with no transaction around it`,
  },
  {
    name: 'data-folder-of-a-dead-process-kept',
    file: 'src/platform/db/data-lock.ts',
    find: ' && !isDead(pid)',
    replace: '',
    expects:
      'src/platform/db/data-lock.test.ts :: the lock of a data folder > a lock whose process was killed and whose parent never asks for it is taken over',
  },
  {
    name: 'tests-as-superuser',
    file: 'test/services/cluster.ts',
    find: 'create role plinth login createdb createrole',
    replace: 'create role plinth login superuser',
    expects:
      'test/services/services.test.ts :: the login of the tests is no superuser, so that row security binds it',
  },
  {
    name: 'policy-lets-everybody-read',
    file: 'src/platform/db/migrations/0001_app.up.sql',
    find: 'create policy tenant on %s to plinth_tenant using (account_id = (select app.account()))',
    replace: 'create policy tenant on %s to plinth_tenant using (true)',
    expects: `${SCOPES} a tenant sees its own rows and no others, in a batch and in a transaction`,
  },
  {
    name: 'policy-lets-rows-be-planted',
    file: 'src/platform/db/migrations/0001_app.up.sql',
    find: 'with check (account_id = (select app.account()))',
    replace: 'with check (true)',
    expects: `${SCOPES} a row can neither be written into nor moved to another account`,
  },
  {
    name: 'policy-dropped',
    file: 'src/products/reel/migrations/0001_reel.up.sql',
    find: "call app.protect_tenant('reel.variants');",
    replace: '',
    expects:
      'test/walkers/tables.test.ts :: every table > reel.variants keeps its rows to their owner, by its declaration',
  },
  {
    name: 'row-security-not-forced',
    file: 'src/platform/db/migrations/0001_app.up.sql',
    find: "execute format('alter table %s force row level security', target);\n  execute format('create policy tenant",
    replace: "execute format('create policy tenant",
    expects:
      'test/walkers/tables.test.ts :: every table > reel.drafts keeps its rows to their owner, by its declaration',
  },
  {
    name: 'forgotten-scope-finds-nothing',
    file: 'src/platform/db/migrations/0001_app.up.sql',
    find: "raise exception 'no account is set in this transaction' using errcode = 'PL001';",
    replace: 'return null;',
    expects: `${SCOPES} a query without a scope is an error and not an empty list`,
  },
  {
    name: 'scope-outlives-its-transaction',
    file: 'src/platform/db/postgres.ts',
    find: "set_config('app.account', $2, true)",
    replace: "set_config('app.account', $2, false)",
    expects: `${SCOPES} a scope does not outlive its transaction`,
  },
  {
    name: 'role-not-switched',
    file: 'src/platform/db/pglite-worker.ts',
    find: "set_config('role', $1, true)",
    replace: "set_config('app.role', $1, true)",
    expects: `${SCOPES} a tenant sees its own rows and no others, in a batch and in a transaction`,
    engine: 'pglite',
  },
  {
    name: 'locks-of-a-lost-machine-stay',
    file: 'src/platform/db/postgres.ts',
    find: "set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT}', true)",
    replace: "set_config('idle_in_transaction_session_timeout', '0', true)",
    expects:
      'src/platform/db/database.test.ts :: transactions > one that says nothing for half a minute is undone, for its machine may be gone and its locks would stay',
  },
  {
    name: 'reading-may-write',
    file: 'src/platform/db/postgres.ts',
    find: "opening.write ? 'begin' : 'begin read only'",
    replace: "'begin'",
    expects:
      'src/platform/db/database.test.ts :: transactions > a transaction without a commit point cannot write',
  },
  {
    name: 'search-path-not-pinned',
    file: SCHEMA,
    find: "  execute format('alter function %s set search_path = pg_catalog, pg_temp', target);\n",
    replace: '',
    expects:
      'src/platform/limits/tenancy.test.ts :: functions that run as the system have a search path that nobody can bend',
  },
  {
    name: 'anybody-moves-the-clock',
    file: 'src/platform/db/functions/rights.sql',
    find: 'grant select on app.clock',
    replace: 'grant select, update on app.clock',
    expects:
      'src/platform/db/database.test.ts :: the database’s time > is moved by the test clock alone, and no role of the application can move it',
  },
  {
    name: 'look-at-an-empty-database-that-writes',
    file: 'src/platform/db/migrate.ts',
    find: '  if (!is_there) return new Map();\n',
    replace: '  if (!is_there) await db.script(`begin; ${HISTORY}; commit;`);\n',
    expects:
      'src/platform/db/migrate.test.ts :: migrations > that are looked for in an empty database are all pending, and the look leaves nothing',
  },
  {
    name: 'migration-not-undone',
    file: 'src/products/reel/migrations/0002_library.down.sql',
    find: 'drop function reel.stemming(text);',
    replace: '',
    expects: 'src/platform/db/migrate.test.ts :: migrations > each step down undoes exactly its own step up',
  },
  {
    name: 'second-start-not-refused',
    file: 'src/platform/db/data-lock.ts',
    find: "openSync(path, 'wx', 0o600)",
    replace: "openSync(path, 'w', 0o600)",
    expects:
      'src/platform/db/data-lock.test.ts :: the lock of a data folder > a second process is refused in one line that names the first',
  },
  {
    name: 'stale-lock-kept',
    file: 'src/platform/db/data-lock.ts',
    find: 'return start === startOf(pid) && !isDead(pid) ? pid : undefined;',
    replace: 'return pid;',
    expects:
      'src/platform/db/data-lock.test.ts :: the lock of a data folder > a lock that names a process number given to another program since is taken over',
  },
  {
    name: 'signals-of-a-crowd-lost',
    file: 'src/platform/db/signals.ts',
    find: 'if (payload.length + entry.length > PAYLOAD_LIMIT) break;',
    replace: 'if (payload.length + entry.length > PAYLOAD_LIMIT) { pending.clear(); break; }',
    expects: 'src/platform/db/signals.test.ts :: signals > every signal of a crowd reaches another process',
  },
  {
    name: 'commit-point-unregistered',
    file: 'src/platform/jobs/jobs.ts',
    find: "commitPoint('jobs.prune'",
    replace: "commitPoint('jobs.pruned'",
    expects:
      'test/crash/crash.test.ts :: every commit and dispatch of the program has its place in the table of crashes, and the table has no other',
  },
  {
    name: 'time-of-postgres',
    file: 'src/platform/idempotency/store.ts',
    find: 'expires_at > app.now()',
    replace: 'expires_at > now()',
    expects: 'test/house.test.ts :: the whole house keeps the rule: databaseTime',
  },
  {
    name: 'time-of-the-process',
    file: 'src/platform/identity/callers/callers.ts',
    find: 'clock.now() >= entry.endsAt',
    replace: 'Date.now() >= entry.endsAt',
    expects: 'test/house.test.ts :: the whole house keeps the rule: passedIn',
  },
  {
    name: 'changed-migration-skipped',
    file: 'src/platform/db/migrate.ts',
    find: 'known.has(id) && known.get(id)?.digest !== sha256(up)',
    replace: "known.get(id)?.digest === ''",
    expects:
      'src/platform/db/migrate.test.ts :: migrations > one that was changed after it had been applied stops whoever migrates or serves, and says what to do',
  },
  {
    name: 'older-program-migrates',
    file: 'src/platform/db/migrate.ts',
    find: '!ids.has(id) && modules.has(moduleOf(id))',
    replace: "id === '' && modules.has(moduleOf(id)) && ids.has(id)",
    expects:
      'src/platform/db/migrate.test.ts :: migrations > one that the program does not know stops whoever would change the schema, and nobody who only serves',
  },
  {
    name: 'move-not-compared',
    file: 'src/platform/db/moving.ts',
    find: 'if (sent.rows !== arrived.rows || sent.digest !== arrived.digest)',
    replace: "if (sent.digest === '')",
    expects:
      'src/platform/db/moving.test.ts :: a move > of which something arrives otherwise keeps nothing, and says what',
  },
  {
    name: 'move-over-other-data',
    file: 'src/platform/db/moving.ts',
    find: 'if (filled !== undefined) {',
    replace: "if (filled === '') {",
    expects:
      'src/platform/db/moving.test.ts :: a move > into a database with other data is refused, and changes nothing there',
  },
  {
    name: 'triggers-write-into-a-move',
    file: 'src/platform/db/copying.ts',
    find: "not tgisinternal and tgenabled = 'O'",
    replace: "not tgisinternal and tgenabled = 'R'",
    expects:
      'src/platform/db/moving.test.ts :: a move > takes every value as it is, the numbers of sequences, and nothing that a trigger adds',
  },
  {
    name: 'sequences-begin-anew',
    file: 'src/platform/db/moving.ts',
    find: '    await copySequences(from, to, schemas);\n',
    replace: '',
    expects:
      'src/platform/db/moving.test.ts :: a move > leaves numbers, triggers, foreign keys and row security of the target as they were',
  },
  {
    name: 'owner-without-plans-of-new-products',
    file: 'src/platform/owner/owner.ts',
    find: 'if (someone !== undefined) return addProducts(parts);',
    replace: 'if (someone !== undefined) return;',
    expects:
      'src/platform/owner/owner.test.ts :: the local owner has a plan of each product of a first start, and of those that a later one finds new: each once',
  },
  {
    name: 'owner-given-plans-again',
    file: 'src/platform/owner/owner.ts',
    find: '    if (products.includes(product)) continue;',
    replace: '',
    expects:
      'src/platform/owner/owner.test.ts :: the local owner has a plan of each product of a first start, and of those that a later one finds new: each once',
  },
  {
    name: 'owner-of-another-database-overwritten',
    file: 'src/platform/owner/owner-file.ts',
    find: '!existsSync(first) || databaseOf(first) === database ? first : own',
    replace: 'existsSync(own) ? own : first',
    expects:
      'test/process/moving.test.ts :: from the embedded database to PostgreSQL > another database in the same folder has an owner’s file of its own, and whoever comes back finds theirs',
  },
  {
    name: 'row-type-lies',
    file: 'src/platform/entitlements/store.ts',
    find: 'readonly metered_from: Date | null;',
    replace: 'readonly metered_from: Date;',
    expects:
      'test/statements.test.ts :: every statement of the program > has the columns and the parameters that its types say',
  },
  {
    name: 'right-given-twice',
    file: 'src/platform/limits/functions/rights.sql',
    find: 'grant select on limits.meters to plinth_tenant;',
    replace:
      'grant select on limits.meters to plinth_tenant;\ngrant usage on schema limits to plinth_tenant;',
    expects: 'test/functions.test.ts :: every right > is given in one place, and none is taken back',
  },
  {
    name: 'right-given-in-a-step',
    file: 'src/platform/limits/migrations/0001_limits.up.sql',
    find: 'create unlogged table limits.rates (',
    replace: 'grant usage on schema limits to plinth_tenant;\n\ncreate unlogged table limits.rates (',
    expects: 'test/functions.test.ts :: every right > stands beside its module’s functions, and in no step',
  },
  {
    name: 'functions-are-everybodys',
    file: 'src/platform/db/applying-functions.ts',
    find: "    execute format('revoke all on all routines in schema %I from public, plinth_tenant', v_schema);\n",
    replace: '',
    expects: 'test/functions.test.ts :: every right > is somebody’s: no function is everybody’s',
  },
  {
    name: 'right-that-left-stays',
    file: 'src/platform/db/applying-functions.ts',
    find: "    execute format('revoke all on all tables in schema %I from plinth_tenant, plinth_system', v_schema);\n",
    replace: '',
    expects: `${SETS} give what they say and nothing else: a right that left them is gone`,
  },
  {
    name: 'function-that-left-stays',
    file: 'src/platform/db/applying-functions.ts',
    find: "execute format('drop %s if exists %s', v_part.kind, v_part.name);",
    replace: 'null;',
    expects: `${SETS} that left the set are gone, and one whose arguments or answer changed is made anew`,
  },
  {
    name: 'older-program-replaces-functions',
    file: 'src/platform/db/migrate.ts',
    find: 'versionIn(known, set) > set.version',
    replace: 'versionIn(known, set) === undefined',
    expects: `${SETS} of an older program never take the place of newer ones, and it serves with them`,
  },
  {
    name: 'waiting-program-replaces-newer-functions',
    file: 'src/platform/db/applying-functions.ts',
    find: 'where m.version > s.version',
    replace: 'where m.version is null',
    expects: `${SETS} of an older program never take the place of newer ones, and it serves with them`,
  },
  {
    name: 'changed-functions-of-one-version-left',
    file: 'src/platform/db/migrate.ts',
    find: '(version === set.version && known.get(set.id)?.digest !== set.digest)',
    replace: 'version === undefined',
    expects: `${SETS} of one version take turns: somebody works on them`,
  },
  {
    name: 'version-of-functions-not-raised',
    file: 'src/platform/db/function-set.ts',
    find: 'recorded ? version : version + 1',
    replace: 'recorded ? version : version',
    expects:
      'src/platform/db/function-set.test.ts :: a folder of functions > has another digest with other rights, the same with line ends of Windows, and asks for a newer version',
  },
  {
    name: 'steps-undone-under-functions',
    file: 'src/platform/db/migrate.ts',
    find: '  if (sets.length > 0) await db.script(underLock(droppingFunctions(sets)));\n',
    replace: '',
    expects: `${SETS} go before the steps that they stand on, and come back with them`,
  },
  {
    name: 'variable-of-a-function-unused',
    file: 'src/products/reel/functions/library.sql',
    find: '  v_account uuid := app.account();\n  v_trashed boolean',
    replace: '  v_account uuid := app.account();\n  v_forgotten uuid;\n  v_trashed boolean',
    expects:
      'test/functions.test.ts :: every function of the database > is short, has names that say one thing each, uses all of them, and stands once',
  },
  {
    name: 'repeat-in-another-order',
    file: 'src/platform/idempotency/answers.ts',
    find: 'const answer = JSON.stringify(given.body ?? null);',
    replace: 'const answer = JSON.stringify(given.body ?? null, Object.keys(Object(given.body)).sort());',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: a repeat has the bytes of the first answer: no field of it changes its place',
  },
  {
    name: 'functions-without-rights-have-no-sentence',
    file: 'src/platform/db/migrate.ts',
    find: "if (codeOf(error) !== '42501') throw error;",
    replace: 'if (true) throw error;',
    expects:
      'src/platform/db/function-set.test.ts :: functions and rights > are refused to a login that owns nothing, in a sentence that says whose it is, and stay whole',
  },
];
