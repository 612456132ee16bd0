import type { Patch } from './patch.ts';

const WALK = 'src/server/server.test.ts ::';
const KEYS = 'src/server/product-keys.test.ts ::';
const RATES = 'src/server/rates.test.ts :: a rate that a plan sells >';

/** The walk of a call, what it takes and what it tells; and what is logged. */
export const SERVER: readonly Patch[] = [
  {
    name: 'sold-rate-by-route',
    file: 'src/server/rates.ts',
    find: 'key: `${product}.${name} ${accountId} ${counted}`',
    replace: 'key: `${route.name} ${product}.${name} ${accountId} ${counted}`',
    expects: `${RATES} refuses what is past it, names itself and the plan that would help, and counts over all routes that name it`,
  },
  {
    name: 'rate-by-key-multiplied-by-its-children',
    file: 'src/server/rates.ts',
    find: '        context.caller?.firstKeyId ??\n',
    replace: '',
    expects: `${RATES} by member counts each for themselves, by key a key with those that come from it`,
  },
  {
    name: 'sold-rate-without-a-plan',
    file: 'src/server/rates.ts',
    find: 'if (plan === null || rate === undefined || rate.perMinute === 0) {',
    replace: 'if (plan === null || rate === undefined) return [];\n    if (rate.perMinute === 0) {',
    expects: `${RATES} without a plan, or of a plan that has none of it, is 402 with the plan that would help`,
  },
  {
    name: 'rates-of-another-account',
    file: 'src/server/rates.ts',
    find: '      known.context.accountId === context.accountId &&\n',
    replace: '',
    expects:
      'src/server/rates.test.ts :: what was made once of a caller is not taken for another account, nor when identity knows better',
  },
  {
    name: 'guessed-secrets-not-counted',
    file: 'src/server/walk.ts',
    find: '    await takeRates(before, call, parts);\n',
    replace: '',
    expects: `${KEYS} guesses are counted by IP before they are looked up, and calls by key and machine after`,
  },
  {
    name: 'secret-beside-a-bad-token',
    file: 'src/server/caller-context.ts',
    find: "shape.auth === 'account_or_product_key' && request.headers.authorization === undefined",
    replace: "shape.auth === 'account_or_product_key'",
    expects: `${KEYS} either: a token counts as ever where there is one, and the secret where there is none`,
  },
  {
    name: 'alias-not-checked-as-its-route',
    file: 'src/server/input.ts',
    find: '    body: readBody(route, said.body),',
    replace: '    body: said.body,',
    expects:
      'src/server/aliases.test.ts :: what an alias says is checked in its own form, and then in the route’s',
  },
  {
    name: 'secret-of-a-product-in-the-log',
    file: 'src/platform/telemetry/redaction.ts',
    find: 'withoutDeclaredSecrets(text.slice(0, LONGEST_TEXT + LONGEST_SHAPE))',
    replace: 'text.slice(0, LONGEST_TEXT + LONGEST_SHAPE)',
    expects:
      'src/platform/telemetry/telemetry.test.ts :: what has the shape of a product’s secret never reaches the log, also where a text is cut',
  },
  {
    name: 'metrics-without-a-bound',
    file: 'src/platform/telemetry/series.ts',
    find: 'if (points.length >= MOST) return',
    replace: 'if (points.length >= MOST * MOST) return',
    expects:
      'src/platform/telemetry/telemetry.test.ts :: a label that turns out not to be bounded fills no memory: what is past 2,000 series counts together',
  },
  {
    name: 'ended-add-on-kept-with-its-rates',
    file: 'src/platform/entitlements/plan-rates.ts',
    find: 'new Date(time + clock.monotonic() - readAt)',
    replace: 'new Date(time + 0 * readAt)',
    expects:
      'src/platform/entitlements/plan-rates.test.ts :: an add-on that ends does so in what is kept, at its instant',
  },
  {
    name: 'route-without-auth',
    file: 'src/platform/identity/users/user-routes.ts',
    find: `auth: 'user',
    scope: 'account:read',
    aliases: ['GET /v1/auth/me'],
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
    file: 'src/server/caller-context.ts',
    find: 'if (caller === undefined)',
    replace: 'if (caller === undefined) return NOBODY;\n  if (caller === undefined)',
    expects: `${WALK} no credential is refused`,
  },
  {
    name: 'foreign-account-forbidden',
    file: 'src/server/caller-context.ts',
    find: "if (role === undefined) throw new AppError('not_found', { message: NO_ACCOUNT });",
    replace: "if (role === undefined) throw new AppError('forbidden');",
    expects: `${WALK} another's account is refused`,
  },
  {
    name: 'body-of-any-size',
    file: 'src/server/server.ts',
    find: 'bodyLimit: route.shape.largeBody?.most ?? route.shape.maxBody ?? DEFAULT_MAX_BODY,',
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
    name: 'crisis-waits-for-rates',
    file: 'src/server/walk.ts',
    find: 'await takeRates(isCrisis ? crisisRate : rates, call, parts);',
    replace: 'await takeRates(rates, call, parts);',
    expects:
      'src/server/precheck.test.ts :: a crisis > is answered whatever the rates of caller and plan say',
  },
  {
    name: 'moderation-fails-closed',
    file: 'src/server/precheck.ts',
    find: "  if (result.outcome !== 'flagged') {\n",
    replace: "  if (result.outcome !== 'flagged') {\n    throw new Error('nobody gave the second look');\n",
    expects:
      'src/server/precheck.test.ts :: the second look > that is failed lets the call go on, and is written down',
  },
  {
    name: 'safety-rules-know-no-exceptions',
    file: 'safety/src/judged.ts',
    find: '    if (isException(hit)) return false;\n',
    replace: '',
    expects: 'safety/src/precheck.test.ts :: nothing is found in > a negation',
  },
  {
    name: 'safety-model-is-not-asked',
    file: 'safety/src/weighed.ts',
    find: 'if (words < FEWEST) return ruled;',
    replace: 'if (words >= 0) return ruled;',
    expects:
      'safety/src/precheck.test.ts :: the model > finds a hint that no rule knows, and says that it was the model',
  },
  {
    name: 'safety-model-reads-the-beginning',
    file: 'safety/src/weighed.ts',
    find: '    if (to === tokens.length) return pieces;',
    replace: '    if (to > 0) return pieces;',
    expects:
      'safety/src/precheck.test.ts :: the model > looks at a long text in pieces, so that nothing in it drowns',
  },
  {
    name: 'safety-model-reads-english-alone',
    file: 'safety/src/model/translations.ts',
    find: 'if (language === 0) return',
    replace: 'if (language >= 0) return',
    expects: 'safety/src/model/vectors.test.ts :: a text means the same in four languages',
  },
  {
    name: 'safety-model-learns-no-ranking',
    file: 'safety/training/training.ts',
    find: 'if (other !== undefined) rank(',
    replace: 'if (other !== undefined && SETTINGS.ranking < 0) rank(',
    expects:
      'safety/training/dev.test.ts :: a crisis and its harmless twin are told further apart than two sentences of different families',
  },
  {
    name: 'safety-model-overrules-a-denial',
    file: 'safety/src/weighed.ts',
    find: 'isDenied ? DESPITE : CERTAIN',
    replace: 'CERTAIN',
    expects:
      'safety/src/precheck.test.ts :: the model > must be surer where the rules know that what they found is denied',
  },
  {
    name: 'equal-keys-run-at-once',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'if (row === undefined && lock?.locked === true) return undefined;',
    replace: 'if (row === undefined && lock !== undefined) return undefined;',
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
    find: 'call.private ? call.key : undefined',
    replace: 'undefined',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: the answer of a private route can only be read with its key',
  },
  {
    name: 'kept-answer-another-members',
    file: 'src/platform/idempotency/answers.ts',
    find: "salted('name', whose, route, userId, keyId, key)",
    replace: "salted('name', whose, route, key)",
    expects:
      'src/platform/idempotency/idempotency.test.ts :: a key belongs to who sent it: another member or API key gets no answer of theirs, and runs their own',
  },
  {
    name: 'key-of-whoever-is-charged',
    file: 'src/platform/limits/named.ts',
    find: 'owner: { account: accountId }, route, by, key',
    replace:
      "owner: { account: accountId }, route, by: { ...by, userId: '' as typeof by.userId, keyId: undefined }, key",
    expects:
      'src/platform/limits/keys.test.ts :: a repeat > by another member, or with another API key, is another call with a permit of its own',
  },
  {
    name: 'answers-kept-for-the-account',
    file: 'src/server/admission.ts',
    find: 'return { userId: caller.userId, keyId: caller.keyId };',
    replace: "return { userId: '' as typeof caller.userId, keyId: undefined };",
    expects:
      'test/walkers/routes.test.ts :: every route > that takes an Idempotency-Key keeps its answers for who sent it: another member, in whatever role, and another API key never get one, nor hear of it',
  },
  {
    name: 'secret-kept-for-a-repeat',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'call.secrets.length === 0 ? body : { ...(body as object), ...nothing }',
    replace: 'call.secrets.length === 0 ? nothing && body : body',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: a secret is shown once: it is not kept, and a repeat has null in its place',
  },
  {
    name: 'kept-answer-opened-by-its-key-alone',
    file: 'src/platform/idempotency/answers.ts',
    find: "sealed: secrets.seal(inner.toString('base64url'), placeOfAnswer(name)),",
    replace: "sealed: `ps1.tests.${inner.toString('base64url')}`,",
    expects:
      'src/platform/idempotency/idempotency.test.ts :: whoever has a copy of the database and guesses a key and a request right learns nothing by it',
  },
  {
    name: 'vendor-asked-under-another-key',
    file: 'src/platform/idempotency/idempotency.ts',
    find: 'run(answers.vendorKeyOf(name, found.claimed_at))',
    replace: 'run(answers.vendorKeyOf(name, found.held_until))',
    expects:
      'src/platform/idempotency/idempotency.test.ts :: an effect of several steps > of a process that died is taken over within a minute, under the same key of the vendor',
  },
  {
    name: 'post-without-a-key',
    file: 'src/platform/erasure/routes.ts',
    find: "    reply: { 202: exportSchema },\n    errors: ['step_up_required', 'conflict'],\n",
    replace:
      "    idempotency: 'none',\n    reply: { 202: exportSchema },\n    errors: ['step_up_required', 'conflict'],\n",
    expects:
      'test/walkers/routes.test.ts :: every route > that is a POST of somebody who is signed in takes an Idempotency-Key, or is on the short list of those that do not',
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
    find: '  refuseSecrets(event.changes);\n',
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
    find: '    if (!(await parts.idempotency.isKnown({ accountId, ...sent }))) throw error;\n',
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
    file: 'src/main/serve.ts',
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
