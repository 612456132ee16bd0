import { AppError } from '#platform/kernel';
import { vendorHeaders } from '../dialects/vendor-headers.ts';
import type { Upstream } from '../providers/providers.ts';
import { withKey } from './target.ts';

/** Milliseconds. */
const LONGEST = 10_000;

/** Google refuses a wrong key with 400. */
const REFUSED = new Set([400, 401, 403]);

/**
 * Asks a provider for its models with a key: true, if it takes the key; false, if it does not say, for not every vendor lists them.
 * Throws `provider_key_invalid` and, when it does not answer, `provider_unavailable`.
 */
export async function checkKey(upstream: Upstream, key: string): Promise<boolean> {
  const { dispatcher, origin, path, query, headers } = upstream;
  const keyed = (await vendorHeaders(upstream, key)) ?? withKey(upstream, key).authorization;
  let status: number;
  try {
    const answer = await dispatcher.request({
      origin,
      path: `${path}/models${query}`,
      method: 'GET',
      headers: [...headers, ...keyed],
      signal: AbortSignal.timeout(LONGEST),
    });
    status = answer.statusCode;
    await answer.body.dump();
  } catch (cause) {
    throw new AppError('provider_unavailable', { cause });
  }
  if (REFUSED.has(status)) throw new AppError('provider_key_invalid', { details: { status } });
  if (status >= 500) throw new AppError('provider_unavailable');
  return status === 200;
}
