import type { Patch } from './patch.ts';

const WALK = 'src/server/server.test.ts ::';

/** The walk of a call, what it takes and what it tells; and what is logged. */
export const SERVER: readonly Patch[] = [
  {
    name: 'route-without-auth',
    file: 'src/platform/identity/user-routes.ts',
    find: `auth: 'user',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: meSchema },
    example: { reply: ME },`,
    replace: `auth: 'none',
    rate: { perMinute: 120, by: 'ip' },
    reply: { 200: meSchema },
    example: { reply: ME },`,
    expects:
      'test/walkers/routes.test.ts :: every route > is for anyone only if it is on the list of open calls',
  },
  {
    name: 'anybody-is-let-in',
    file: 'src/server/callers.ts',
    find: "if (caller === undefined) throw new AppError('unauthenticated');",
    replace: 'if (caller === undefined) return NOBODY;',
    expects: `${WALK} no credential is refused`,
  },
  {
    name: 'foreign-account-forbidden',
    file: 'src/server/callers.ts',
    find: "if (role === undefined) throw new AppError('not_found');",
    replace: "if (role === undefined) throw new AppError('forbidden');",
    expects: `${WALK} another's account is refused`,
  },
  {
    name: 'body-of-any-size',
    file: 'src/server/server.ts',
    find: 'bodyLimit: route.shape.maxBody ?? DEFAULT_MAX_BODY,',
    replace: 'bodyLimit: Number.MAX_SAFE_INTEGER,',
    expects: `${WALK} more than the route takes is refused, and has no effect`,
  },
  {
    name: 'hostile-strings-let-through',
    file: 'src/server/bodies.ts',
    find: 'if (place.mayHide) refuseHostile(value, place.path);',
    replace: '',
    expects: `${WALK} a NUL is refused, and has no effect`,
  },
  {
    name: 'cursor-not-checked',
    file: 'src/platform/http/pages.ts',
    find: 'if (!parsed.success) throw badCursor();\n  return parsed.data;',
    replace: 'return parsed.data as z.infer<Position>;',
    expects:
      'src/platform/http/pages.test.ts :: whatever is no cursor of this list is refused with 400, and never breaks anything',
  },
  {
    name: 'error-tells-its-cause',
    file: 'src/server/failures.ts',
    find: "return new AppError('internal', { cause: error });",
    replace: "return new AppError('internal', { cause: error, message: String(error) });",
    expects:
      'src/server/admission.test.ts :: a handler that breaks may have handed its permit on, so it is left to the sweeper',
  },
  {
    name: 'refused-work-keeps-its-permit',
    file: 'src/server/walk.ts',
    find: 'if (permit !== undefined) await released(',
    replace: 'if (false) await released(',
    expects: 'src/server/admission.test.ts :: a handler that refuses gives its permit back',
  },
  {
    name: 'equal-keys-run-at-once',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'if (row !== undefined || lock?.locked !== true) {',
    replace: 'if (row !== undefined) {',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: twenty equal calls at once have one effect; each gets the answer or is told to come back',
  },
  {
    name: 'another-request-under-a-known-key',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'if (row !== undefined && row.body_hash !== bodyHash) throw',
    replace: 'if (row !== undefined && row.body_hash === undefined) throw',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: the same key with another body is refused, and has no effect',
  },
  {
    name: 'kept-answer-not-sealed',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'sealWith: call.private ? call.key : undefined',
    replace: 'sealWith: undefined',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: the answer of a private route can only be read with its key',
  },
  {
    name: 'secret-logged',
    file: 'src/platform/telemetry/redaction.ts',
    find: 'return SECRET_NAME.test(name) || TEXT_NAME.test(name);',
    replace: 'return TEXT_NAME.test(name);',
    expects: 'src/platform/telemetry/telemetry.test.ts :: a header in capitals never reaches the log',
  },
  {
    name: 'text-of-customers-logged',
    file: 'src/platform/telemetry/redaction.ts',
    find: 'return SECRET_NAME.test(name) || TEXT_NAME.test(name);',
    replace: 'return SECRET_NAME.test(name);',
    expects: 'src/platform/telemetry/telemetry.test.ts :: a prompt never reaches the log',
  },
  {
    name: 'secret-in-the-audit',
    file: 'src/platform/audit/audit.ts',
    find: '      refuseSecrets(event.changes);\n',
    replace: '',
    expects: 'src/platform/audit/audit.test.ts :: a secret never enters the audit, however deep it lies',
  },
  {
    name: 'secret-shown-by-config',
    file: 'src/platform/config/config.ts',
    find: "  if ('secret' in SETTINGS[name].notes) return '(set, hidden)';\n",
    replace: '',
    expects: 'src/platform/config/config.test.ts :: secrets are never shown',
  },
  {
    name: 'repeat-looked-at-like-a-first-call',
    file: 'src/server/walk.ts',
    find: '    if (!(await parts.idempotency.isKnown({ accountId, route: keyedRoute(call), key }))) throw error;\n',
    replace: '    throw error;\n',
    expects:
      'test/reel/regenerate.test.ts :: any regeneration > that is repeated gets its first answer, although it would be refused by now',
  },
  {
    name: 'slip-in-a-setting-unnoticed',
    file: 'src/platform/config/config.ts',
    find: '  problems.push(...nearNames(environment, SETTING_NAMES));\n',
    replace: '',
    expects:
      'test/walkers/first-steps.test.ts :: a setting > DATABSE_URL stops the start and names DATABASE_URL, unless that is there or set to nothing',
  },
  {
    name: 'refused-connection-has-no-sentence',
    file: 'src/platform/db/postgres.ts',
    find: 'throw unreachable(setting, url, error);',
    replace: 'throw error;',
    expects:
      'test/walkers/first-steps.test.ts :: a verb > of a database that has another password says so in a sentence, every verb',
  },
  {
    name: 'word-of-a-verb-overlooked',
    file: 'src/main/serving.ts',
    find: "refuseWords('serve', invocation.words) ??",
    replace: '',
    expects:
      'test/walkers/first-steps.test.ts :: a verb > serve PORT=3 names the word that is wrong, and opens nothing',
  },
  {
    name: 'server-outlives-npm',
    file: 'bin/plinth.js',
    find: 'if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;',
    replace: 'return;',
    expects: 'test/launcher.test.ts :: a SIGKILL for npm alone ends the program of npm ["start"]',
  },
];
