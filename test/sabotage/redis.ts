import type { Patch } from './patch.ts';

const CLIENT = 'src/platform/redis/redis.ts';
const TROUBLE = 'src/platform/redis/redis.test.ts :: a Redis in trouble >';
const LUA = 'src/platform/limits/rates.lua';
const RATES = 'src/platform/limits/rates.test.ts ::';
const SLOTS = 'src/platform/ai/slots.lua';
const PLACES = 'src/platform/ai/slots.redis.test.ts :: slots in Redis >';
const DENIALS = 'src/platform/limits/denials.ts';
const DENIAL = 'src/platform/limits/denials.test.ts :: a denial >';

/** Redis and what stands on it: the breaker, rates, signals, slots; and the memory of denials. */
export const REDIS: readonly Patch[] = [
  {
    name: 'redis-waited-for',
    file: CLIENT,
    find: 'const answer = await inTime(deadline, ask, ',
    replace: 'const answer = await inTime(600_000, ask, ',
    expects: `${TROUBLE} that does not answer costs a few calls their deadline, and the next ones nothing`,
  },
  {
    name: 'redis-breaker-never-opens',
    file: 'src/platform/redis/breaker.ts',
    find: "if (state === 'closed' && failures >= FAILURES) trip();",
    replace: '',
    expects: `${TROUBLE} that answers after half a second is left alone until it is quick again`,
  },
  {
    name: 'redis-probe-reads',
    file: CLIENT,
    find: "const write = () => client.set(`${prefix}probe`, '1', 'PX', 1_000);",
    replace: 'const write = () => client.ping();',
    expects: `${TROUBLE} that is out of memory is left alone until it takes writes again`,
  },
  {
    name: 'redis-messages-prove-writes',
    file: CLIENT,
    find: "if (kind === 'message') return answer;",
    replace: '',
    expects: `${TROUBLE} that takes messages and no writes is left alone all the same`,
  },
  {
    name: 'redis-arguments-told',
    file: CLIENT,
    find: 'const failure = failureOf(error);',
    replace: 'const failure = error as Error;',
    expects: `${TROUBLE} that refuses a call never has what was asked told to anybody`,
  },
  {
    name: 'redis-password-told',
    file: CLIENT,
    find: 'reason ??= failureOf(error);',
    replace: 'reason ??= error;',
    expects: `${TROUBLE} that asks for another password never has the one it was given told to anybody`,
  },
  {
    name: 'redis-script-not-told-again',
    file: CLIENT,
    find: "if (!error.message.startsWith('NOSCRIPT')) throw error;",
    replace: 'throw error;',
    expects: `${TROUBLE} that forgot a script is told it again`,
  },
  {
    name: 'redis-channels-of-all-databases',
    file: CLIENT,
    find: '`${prefix}${client.options.db ?? 0}:${name}`',
    replace: '`${prefix}${name}`',
    expects:
      'src/platform/redis/redis.test.ts :: Redis > carries messages to others of its prefix and database alone',
  },
  {
    name: 'rates-in-redis-taken-one-by-one',
    file: LUA,
    find: '    if least > 0 then',
    replace: '    if true then',
    expects: `${RATES} rates in Redis > entries are taken all or none, and the one that decides is named`,
  },
  {
    name: 'rates-given-back-to-redis-too-late',
    file: 'src/platform/limits/rates-back.lua',
    find: "if redis.call('PEXPIRETIME', KEYS[place]) == ends then",
    replace: "if redis.call('EXISTS', KEYS[place]) == 1 then",
    expects: `${RATES} calls that are lent by Redis > make no room in a later minute, when they are given back too late`,
  },
  {
    name: 'rates-first-to-reset',
    file: 'src/platform/limits/rates.ts',
    find: 'return one.milliseconds > other.milliseconds;',
    replace: 'return one.milliseconds < other.milliseconds;',
    expects: `${RATES} rates in Redis > of several that deny, the last to reset says when to come back`,
  },
  {
    name: 'rates-in-redis-minute-prolonged',
    file: LUA,
    find: "redis.call('INCRBY', KEYS[place], taken[place])",
    replace: "redis.call('SET', KEYS[place], used[place], 'PX', MINUTE)",
    expects: `${RATES} rates in Redis > the minute begins with the first call, however many follow`,
  },
  {
    name: 'rates-gone-with-redis',
    file: 'src/platform/limits/rates.ts',
    find: '(await first.take(entries)) ?? second.take(entries)',
    replace: 'first.take(entries)',
    expects: `${RATES} while Redis is away, slow or full, PostgreSQL goes on counting`,
  },
  {
    name: 'only-the-first-rate-counts',
    file: 'src/server/rates.ts',
    find: '      .map((rate) => namedRate(',
    replace: '      .slice(0, 1).map((rate) => namedRate(',
    expects:
      'src/server/server.test.ts :: several rates are one decision: the one that refuses is named, and the others are not used up by it',
  },
  {
    name: 'signals-lost-with-redis',
    file: 'src/platform/db/signals.ts',
    find: 'if ((await carrier?.publish(payload)) === true) continue;',
    replace: 'if ((await carrier?.publish(payload)) !== undefined) continue;',
    expects: 'src/platform/db/signals.test.ts :: signals > that Redis does not take go by NOTIFY',
  },
  {
    name: 'denial-remembered-past-its-reset',
    file: DENIALS,
    find: 'retryAfter === undefined || retryAfter > 1',
    replace: 'retryAfter === undefined || retryAfter > 0',
    expects: `${DENIAL} for want of a place is not remembered: the place is taken the moment it is free`,
  },
  {
    name: 'denial-remembered-for-any-key',
    file: DENIALS,
    find: 'JSON.stringify({ ...request, requestId: undefined })',
    replace: 'JSON.stringify({ ...request, requestId: undefined, idempotency: undefined })',
    expects: `${DENIAL} never stands in the way of a stored answer: a key that was not denied is always looked up`,
  },
  {
    name: 'denial-remembered-for-the-account',
    file: DENIALS,
    find: 'JSON.stringify({ ...request, requestId: undefined })',
    replace: 'JSON.stringify({ ...request, requestId: undefined, userId: undefined, keyId: undefined })',
    expects: `${DENIAL} answers nobody else and nothing else`,
  },
  {
    name: 'denial-outlives-an-upgrade',
    file: DENIALS,
    find: 'if (accountId === id) known.delete(question);',
    replace: 'if (accountId === question) known.delete(question);',
    expects: `${DENIAL} ends with a change of what the account holds`,
  },
  {
    name: 'denial-from-before-an-upgrade-kept',
    file: DENIALS,
    find: ' && before === changes)',
    replace: ' && before <= changes)',
    expects: `${DENIAL} that was decided before such a change is not remembered`,
  },
  {
    name: 'slots-of-the-dead-kept',
    file: SLOTS,
    find: "redis.call('ZREMRANGEBYSCORE', key, '-inf', now)",
    replace: '',
    expects: `${PLACES} that a dead process held are free when its lease has run out, and those of a living one are not`,
  },
  {
    name: 'slots-not-renewed',
    file: 'src/platform/ai/leases.ts',
    find: 'if (each.length > 0) redis',
    replace: 'if (each.length < 0) redis',
    expects: `${PLACES} that a dead process held are free when its lease has run out, and those of a living one are not`,
  },
  {
    name: 'slots-taken-in-part',
    file: SLOTS,
    find: "    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)\n",
    replace: "    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)\n    hold(key, ARGV[3])\n",
    expects: `${PLACES} of several limits are taken all or none`,
  },
  {
    name: 'slots-in-any-order',
    file: 'src/platform/ai/slots.redis.ts',
    find: '    const turn = this.#waiting.wait(patience);',
    replace: `    const early = await this.#ask();
    if (early !== undefined) return early;
    const turn = this.#waiting.wait(patience);`,
    expects: `${PLACES} are given in the order in which they were asked for`,
  },
];
