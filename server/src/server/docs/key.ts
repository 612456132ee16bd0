import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../parts.ts';

const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
/** Headers that a proxy in between adds: then the caller is not who the connection says. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-real-ip',
  'x-forwarded-proto',
];

/**
 * Whether the docs page of this request may ask for the local owner's key: never in production, and only for a
 * browser on this machine that asks this machine by its own name. Another name that leads here (DNS rebinding) and a
 * page of another origin are told nothing.
 */
export function mayHaveKey(
  { headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>,
  { environment, host }: Pick<ServerSettings, 'environment' | 'host'>,
): boolean {
  const site = headers['sec-fetch-site'];
  return (
    environment !== 'production' &&
    (LOOPBACK_ADDRESS.test(host) || host === 'localhost') &&
    LOOPBACK_ADDRESS.test(raw.socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    FORWARDED.every((name) => headers[name] === undefined) &&
    (headers.origin === undefined || headers.origin === `http://${headers.host}`) &&
    (site === undefined || site === 'same-origin')
  );
}
