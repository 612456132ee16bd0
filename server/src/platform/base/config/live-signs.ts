import { isThisMachine } from './is-this-machine.ts';
import type { Values } from './settings.ts';

/**
 * Signs that others reach this server, or pay on it, though NODE_ENV does not say production: the operator has forgotten it. Outside of
 * production addresses need not be verified, a sandbox signs in anybody as anybody, providers on the loopback are asked,
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
