import { expect, test } from 'vitest';
import { commandsIn } from './commands.ts';
import { eventOf } from './problems.ts';

/** Lines as people and programs write them, with the step that each is. */
const COMMANDS: readonly (readonly [string, string])[] = [
  ['$ ./scripts/deploy.sh staging', 'scripts/deploy.sh'],
  ['$ scripts/deploy.sh production --yes', 'scripts/deploy.sh'],
  ['$ bash scripts/deploy.sh staging', 'scripts/deploy.sh'],
  ['ada@web-1:~/app$ sudo ./bin/backup --full', 'bin/backup'],
  ['$ make release', 'make release'],
  ['$ bin/rails db:migrate', 'rails db:migrate'],
  ['$ bundle exec rake assets:precompile', 'rake assets:precompile'],
  ['$ npm run db:seed', 'npm run db:seed'],
  ['$ just test', 'just test'],
  ['% task build', 'task build'],
  ['$ python manage.py migrate', 'python manage.py migrate'],
  ['$ ./manage.py collectstatic --noinput', 'python manage.py collectstatic'],
  ['$ python scripts/import_users.py users.csv', 'scripts/import_users.py'],
  ['$ node scripts/generate.ts --check', 'scripts/generate.ts'],
  ['$ npx tsx scripts/seed.ts', 'scripts/seed.ts'],
  ['$ node_modules/.bin/tsc -p .', 'tsc'],
  ['$ ./gradlew assembleRelease', 'gradle'],
  ['$ ./run --profile dev', 'run'],
  ['$ hack/update-codegen.sh', 'hack/update-codegen.sh'],
  ['$ php artisan migrate', 'php artisan migrate'],
  ['$ pre-commit run --all-files', 'pre-commit run'],
  ['$ DATABASE_URL=postgres:///app ./script/server', 'script/server'],
  ['Run `./scripts/rotate-keys.sh` on both hosts.', 'scripts/rotate-keys.sh'],
  ['After that `bin/setup` makes the tables.', 'bin/setup'],
  ['`just release` does all of it.', 'just release'],
];

const NO_COMMANDS = [
  'Make sure that the release is tagged.',
  'I just test it on my machine before lunch.',
  'The task builds on what we did last week.',
  'We keep our scripts/deploy notes in the wiki.',
  'Look at `src/app/main.ts` and at `./src/users.ts`.',
  'The folder `scripts/eval` has the texts, `scripts/seed.ts` reads them.',
  'The method is called `tools/call`, the header `x-request-id`.',
  'See `docs/deploy.md`, `deploy.sh` is explained there.',
  'It costs 5 $ a month to run the scripts.',
  'and/or, he/she, CI/CD, 24/7',
  'Use `./` for the folder itself and `../` for the one above.',
  '`just` and `make` are both fine with me.',
  'The path is `/usr/local/share/scripts`.',
];

const ERRORS = [
  'ERROR:  relation "users" does not exist',
  'ERROR:  duplicate key value violates unique constraint "users_pkey"',
  '2026-11-20 08:04:11 UTC [4711] ERROR:  deadlock detected',
  'psql: error: connection to server at "localhost" (::1), port 5432 failed: Connection refused',
  'psql: could not connect to server: No such file or directory',
  'FATAL:  password authentication failed for user "app"',
  'PANIC:  could not locate a valid checkpoint record',
  'pg_dump: error: query failed: ERROR:  permission denied for table users',
  'psql:seed.sql:12: ERROR:  syntax error at or near "selct"',
  'curl: (7) Failed to connect to localhost port 8080 after 0 ms: Connection refused',
  'curl: (60) SSL certificate problem: unable to get local issuer certificate',
  'panic: runtime error: index out of range [3] with length 3',
  'panic: assignment to entry in nil map',
  'fatal error: all goroutines are asleep - deadlock!',
  './main.go:12:3: undefined: parseUser',
  'internal/users/store.go:41:9: cannot use id (variable of type int) as string value in argument',
  'vet: cmd/api/main.go:7:2: no required module provides package github.com/lib/pq',
  '--- FAIL: TestParseUser (0.00s)',
  'go: example.com/users@v1.2.0: reading go.mod: 404 Not Found: unknown revision v1.2.0',
  'ModuleNotFoundError: No module named ‘redis’',
  "KeyError: 'user_id'",
  'django.db.utils.OperationalError: no such table: auth_user',
  'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    open_all()\nzipfile.BadZipFile: File is not a zip file',
  'Traceback (most recent call last):\n  File "a.py", line 9, in main\nsqlalchemy.exc.NoResultFound: No row was found when one was required',
  "src/a.ts(3,7): error TS2345: Argument of type 'string' is not assignable",
  'error[E0382]: borrow of moved value: `user`',
  'npm error code ERESOLVE',
  'Error response from daemon: pull access denied for app',
  'bash: jq: command not found',
  'make: *** [Makefile:12: release] Error 2',
];

const NO_ERRORS = [
  'I made an error in the invoice of May.',
  'The error Handling chapter is next, error messages come later.',
  'There was an error when I typed the address.',
  'Error handling is done, errors are few.',
  'Terror: the film is on at eight.',
  'No errors, all green.',
  'That would be fatal for the deadline.',
  'Do not panic: the backup is from this morning.',
  'Panic buying emptied the shop.',
  'Let us go: the meeting has no room.',
  'I curl my hair, then I go to the shop.',
  'The report main.go was at 12:30, see you there.',
  'The trace back to the supplier took a week.',
  'The failure rate fell from 4 % to 1 %.',
  'An exception to the rule is Friday.',
  'She will make: bread, soup and a cake.',
  'The command was not found in the book.',
];

test.each(COMMANDS)('%s is a step', (line, step) => {
  expect(commandsIn(line).map((one) => one.step)).toEqual([step]);
});

test.each(NO_COMMANDS)('no step: %s', (line) => {
  expect(commandsIn(line).filter(({ step }) => step.includes(' ') || step.includes('/'))).toEqual([]);
});

const problemIn = (text: string) =>
  eventOf({ sessionId: 's', id: 'm', role: 'tool', text }, []).problem?.text;

test.each(ERRORS)('%s is an error', (text) => {
  const found = problemIn(text) ?? 'none';
  expect(text.split('\n').at(-1)?.endsWith(found)).toBe(true);
});

test.each(NO_ERRORS)('no error: %s', (text) => {
  expect(problemIn(text)).toBeUndefined();
});
