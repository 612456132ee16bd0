import type { UpstreamSetting } from './ai.ts';
import type { Values } from './settings.ts';
import { isThisMachine } from './is-this-machine.ts';

/** In production nothing is made up: what stands in for a real part must be asked for by name. */
export function missingSettings(values: Values, upstreams: readonly UpstreamSetting[]): string[] {
  const problems: string[] = [];
  for (const name of ['DIRECT_URL', 'SYSTEM_DATABASE_URL'] as const) {
    if (values[name] !== undefined && values.DATABASE_URL === undefined)
      problems.push(`${name} is set without DATABASE_URL.`);
  }
  if (values.SINGLE_DATABASE_LOGIN === true && values.SYSTEM_DATABASE_URL !== undefined) {
    problems.push('SINGLE_DATABASE_LOGIN=true contradicts SYSTEM_DATABASE_URL: set one of them.');
  }
  if (values.EMBEDDED_DATABASE === true && values.DATABASE_URL !== undefined) {
    problems.push('EMBEDDED_DATABASE=true contradicts DATABASE_URL: set one of them.');
  }
  const captcha = [values.CAPTCHA_VERIFY_URL, values.CAPTCHA_SECRET, values.CAPTCHA_SITE_KEY];
  if (captcha.includes(undefined) && captcha.some((value) => value !== undefined)) {
    problems.push(
      'CAPTCHA_VERIFY_URL, CAPTCHA_SECRET and CAPTCHA_SITE_KEY belong together: set all or none.',
    );
  }
  if (values.NODE_ENV !== 'production') return problems;
  if (values.CRASH_AT !== undefined) {
    problems.push('CRASH_AT ends the process on purpose and is for tests alone: unset it in production.');
  }
  if (values.DATABASE_URL === undefined && values.EMBEDDED_DATABASE !== true) {
    problems.push(
      'DATABASE_URL is missing: set it, or EMBEDDED_DATABASE=true to use the embedded database in production.',
    );
  }
  const isSingle = values.DATABASE_URL !== undefined && values.SYSTEM_DATABASE_URL === undefined;
  if (isSingle && values.SINGLE_DATABASE_LOGIN !== true) {
    problems.push(
      'SYSTEM_DATABASE_URL is missing: set it (docs/keys.md), or SINGLE_DATABASE_LOGIN=true to use one login for all work in production.',
    );
  }
  if (upstreams.length === 0 && values.SANDBOX_AI !== true && values.AI_UPSTREAMS === undefined) {
    problems.push(
      'No AI upstream is set: set OPENAI_API_KEY, MINIMAX_API_KEY or AI_UPSTREAMS, or SANDBOX_AI=true to use the sandbox in production.',
    );
  }
  return problems;
}

function siteOf(address: string): string {
  const { protocol, hostname } = new URL(address);
  return `${protocol}//${hostname.split('.').slice(-2).join('.')}`;
}

/** Origins that are of another site for certain. What is one, browsers know by a list, and say so with each call. */
export function strangeOrigins({ SESSION_ORIGINS: origins = [], PUBLIC_URL: url }: Values): string[] {
  if (url === undefined || origins.every((origin) => siteOf(origin) === siteOf(url))) return [];
  return [
    'SESSION_ORIGINS has an origin of another site than PUBLIC_URL, in whose pages browsers keep no session in a cookie.',
  ];
}

/** Settings that the version before had, and what became of each. Kept for one version. */
const GONE: Readonly<Record<string, string>> = {
  REDIS_DEADLINE_MS: 'a call to Redis may take 100 ms',
  SIGNING_KEY_DAYS: 'another key signs after 90 days, or by `plinth keys rotate`',
  WORKER_BATCH_CONCURRENCY: 'batch jobs take half of WORKER_CONCURRENCY',
  SENTRY_RELEASE: 'the release is plinth@ and its version',
};

/** A line for each setting of the environment that has no effect any more. */
export function goneSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(GONE).flatMap(([name, now]) =>
    (environment[name] ?? '') === '' ? [] : [`${name} is not a setting any more: ${now}. Remove it.`],
  );
}

/**
 * Signs that others reach this server, or pay on it, though NODE_ENV does not say production: the operator has forgotten it. Outside of
 * production addresses need not be verified, a sandbox signs in as any user, providers on the loopback are asked,
 * and a first start makes an owner. A line each, which says what to set.
 */
export function liveSigns(values: Values): string[] {
  const { NODE_ENV: environment, STRIPE_SECRET_KEY: key, PUBLIC_URL: url, HOST: host } = values;
  // A word that is none of the three has a line of its own.
  if (environment !== 'development' && environment !== 'test') return [];
  const signs: readonly (readonly [boolean, string])[] = [
    [
      /^.._live_/.test(key ?? ''),
      `STRIPE_SECRET_KEY is a live one: set NODE_ENV=production, or a key of the test mode in ${environment}.`,
    ],
    [
      !isThisMachine(host),
      `HOST is reached from elsewhere, in a container too: set NODE_ENV=production, or HOST=127.0.0.1 in ${environment}.`,
    ],
    // Tests stand in for a proxy, and for callers by a public name.
    [
      environment === 'development' && url !== undefined && !isThisMachine(new URL(url).hostname),
      'PUBLIC_URL is not on this machine: set NODE_ENV=production, or unset PUBLIC_URL in development.',
    ],
    [
      environment === 'development' && (values.TRUSTED_PROXIES ?? []).length > 0,
      'TRUSTED_PROXIES means that a proxy leads here: set NODE_ENV=production, or unset TRUSTED_PROXIES in development.',
    ],
  ];
  return signs.flatMap(([isLive, says]) => (isLive ? [says] : []));
}
