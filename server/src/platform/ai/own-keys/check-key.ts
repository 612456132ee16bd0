import { AppError } from '#platform/kernel';
import type { Upstream } from '../providers/providers.ts';
import { withKey } from './target.ts';

/** Milliseconds. */
const LONGEST = 10_000;
const VERSION = '2023-06-01';

/** Google refuses a wrong key with 400. */
const REFUSED = new Set([400, 401, 403]);

/**
 * Asks a provider for its models with a key: true, if it takes the key; false, if it does not say, for not every vendor lists them.
 * Throws `provider_key_invalid` and, when it does not answer, `provider_unavailable`.
 */
export async function checkKey(upstream: Upstream, key: string): Promise<boolean> {
  const { dispatcher, origin, path, query, headers } = upstream;
  let status: number;
  try {
    const answer = await dispatcher.request({
      origin,
      path: `${path}/models${query}`,
      method: 'GET',
      headers: [...headers, ...keyHeaders(upstream, key)],
      signal: AbortSignal.timeout(LONGEST),
    });
    status = answer.statusCode;
    await answer.body.dump();
  } catch {
    throw new AppError('provider_unavailable');
  }
  if (REFUSED.has(status)) throw new AppError('provider_key_invalid', { details: { status } });
  if (status >= 500) throw new AppError('provider_unavailable');
  return status === 200;
}

/** Where calls go out in a vendor's own protocol, its list of models takes the key in that one's header. */
function keyHeaders(upstream: Upstream, key: string): readonly string[] {
  const { speaks, translation } = upstream;
  if (translation !== undefined && speaks.has('gemini')) return ['x-goog-api-key', key];
  if (translation !== undefined && speaks.has('messages'))
    return ['x-api-key', key, 'anthropic-version', VERSION];
  return withKey(upstream, key).authorization;
}
