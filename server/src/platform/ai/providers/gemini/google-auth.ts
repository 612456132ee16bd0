import type { GoogleCredentials } from '#platform/config';
import { GoogleAuth, JWT } from 'google-auth-library';
import { ProviderError } from '../../errors.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const clients = new WeakMap<object, Pick<JWT, 'getRequestHeaders'>>();
let ambient: GoogleAuth | undefined;

/**
 * The headers of a token of Google Cloud, flat; it is renewed by itself. A service account signs its own (aip.dev/auth/4111), so that no
 * call waits for another server. Throws `provider_unavailable` where none is given.
 */
export async function googleHeaders(credentials: GoogleCredentials): Promise<string[]> {
  try {
    const headers = await clientOf(credentials).getRequestHeaders();
    return [...headers].flat();
  } catch {
    throw new ProviderError('provider_unavailable', { retryable: true });
  }
}

function clientOf(credentials: GoogleCredentials): Pick<JWT, 'getRequestHeaders'> {
  if (credentials === 'default') return (ambient ??= new GoogleAuth({ scopes: SCOPE }));
  const known = clients.get(credentials);
  if (known !== undefined) return known;
  const { client_email: email, private_key: key } = credentials;
  const client = new JWT({ email, key, scopes: [SCOPE] });
  client.useJWTAccessWithScope = true;
  clients.set(credentials, client);
  return client;
}
