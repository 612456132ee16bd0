import type { androidpublisher_v3 as Publisher } from '@googleapis/androidpublisher';
import type { JWT, OAuth2Client } from 'google-auth-library';
import { assertOutsideTransaction, type CrashHook, dispatchPoint } from '#platform/db';
import { AppError } from '#platform/kernel';
import { z } from 'zod';

const CHANGE = dispatchPoint(
  'billing.google-change',
  'a change asked of Google Play (after: it has answered)',
);

/** Time of one request. Milliseconds. */
const DEADLINE = 10_000;
/** When a caller may come back to a payment provider that does not answer. Seconds. */
const COME_BACK = 5;
const SCOPE = 'https://www.googleapis.com/auth/androidpublisher';

export interface GooglePlayClientOptions {
  /** The app whose purchases these are: `com.example.app`. */
  readonly packageName: string;
  /** The JSON of a service account's key, as Google Cloud gives it. Asked for when something is read first. */
  readonly serviceAccount: () => string | Promise<string>;
  /** In place of all of Google's hosts: a sandbox on loopback. */
  readonly url?: string | undefined;
  readonly crashHook?: CrashHook | undefined;
}

/** Google Play by its official packages, which no other module knows. */
export interface GooglePlayClient {
  readonly packageName: string;
  /** Reads. Throws `store_unavailable` (try again) or `store_refused` (`details.code` is Google's reason). */
  read<T>(asking: (api: Publisher.Androidpublisher) => Promise<{ readonly data: T }>): Promise<T>;
  /** The same for what changes something there: a crash point. The request must be harmless when it is made twice. */
  change<T>(asking: (api: Publisher.Androidpublisher) => Promise<{ readonly data: T }>): Promise<T>;
  /**
   * The signer of an ID token, for this audience, that is in force now; undefined: no sender that Google knows. Throws
   * `store_unavailable` where Google's keys can't be had.
   */
  verifyIdToken(token: string, audience: string): Promise<SignedBy | undefined>;
}

export interface SignedBy {
  readonly email: string | undefined;
  readonly isVerified: boolean;
}

interface LoadedPackage {
  readonly api: Publisher.Androidpublisher;
  /** For its signatures alone. */
  readonly verifier: OAuth2Client;
}

const key = z.object({ client_email: z.string(), private_key: z.string() });

/** Opens and loads nothing yet: the packages are loaded when something is asked. */
export function createGooglePlayClient(options: GooglePlayClientOptions): GooglePlayClient {
  const { packageName, crashHook } = options;
  let loading: Promise<LoadedPackage> | undefined;
  const loadOnce = () =>
    (loading ??= load(options).catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));
  const read: GooglePlayClient['read'] = async (asking) => {
    assertOutsideTransaction('a payment provider was asked');
    const { api } = await loadOnce();
    try {
      return (await asking(api)).data;
    } catch (error) {
      throw errorOf(error);
    }
  };
  return {
    packageName,
    read,
    async change(asking) {
      crashHook?.(CHANGE, 'before');
      const answer = await read(asking);
      crashHook?.(CHANGE, 'after');
      return answer;
    },
    verifyIdToken: async (token, audience) => verifyIdToken((await loadOnce()).verifier, token, audience),
  };
}

/**
 * The packages: 0.13 s of CPU and 12 MB, which a process that hears nothing of Google Play does not need. `rootUrl` is where the
 * API is; the token's address is fixed in the package, so its transporter is told another one.
 */
async function load({ serviceAccount, url }: GooglePlayClientOptions): Promise<LoadedPackage> {
  const [{ JWT: Account, OAuth2Client: Client }, { androidpublisher }] = await Promise.all([
    import('google-auth-library'),
    import('@googleapis/androidpublisher'),
  ]);
  const { client_email: email, private_key } = key.parse(JSON.parse(await serviceAccount()));
  const auth = new Account({ email, key: private_key, scopes: [SCOPE] });
  const endpoints = url === undefined ? {} : { oauth2FederatedSignonPemCertsUrl: `${url}/certs` };
  if (url !== undefined) redirectTokens(auth, url);
  const api = androidpublisher({
    version: 'v3',
    auth,
    timeout: DEADLINE,
    // The inbox counts what it sends, and tries again by itself.
    retry: false,
    ...(url === undefined ? {} : { rootUrl: url }),
  });
  return { api, verifier: new Client({ endpoints }) };
}

function redirectTokens(auth: JWT, url: string): void {
  auth.transporter.interceptors.request.add({
    resolved: async (request) => {
      if (request.url.hostname === 'oauth2.googleapis.com') request.url = new URL(request.url.pathname, url);
      return request;
    },
  });
}

async function verifyIdToken(
  verifier: OAuth2Client,
  token: string,
  audience: string,
): Promise<SignedBy | undefined> {
  const { certs } = await verifier.getFederatedSignonCertsAsync().catch((cause: unknown) => {
    throw new AppError('store_unavailable', { retryAfter: COME_BACK, cause });
  });
  try {
    const ticket = await verifier.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS);
    const { email, email_verified: isVerified = false } = ticket.getPayload() ?? {};
    return { email, isVerified };
  } catch {
    // The package throws for every reason, and quotes the token.
    return undefined;
  }
}

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

const failure = z.object({
  status: z.number().optional(),
  response: z.object({
    status: z.number(),
    // Its class is not named here: the first look at it loads the client of `fetch`.
    headers: z
      .custom<Headers>((value) => value instanceof Headers)
      .optional()
      .catch(undefined),
    data: z
      .object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })).optional() }) })
      .optional()
      .catch(undefined),
  }),
});

/** In our words: what Google says in sentences may quote a token. */
function errorOf(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { data } = failure.safeParse(error);
  const status = data?.response.status;
  const reason = data?.response.data?.error.errors?.[0]?.reason;
  if (status === undefined || status >= 500 || status === 429 || status === 409 || isRateLimit(reason)) {
    const retryAfter = Number(data?.response.headers?.get('retry-after')) || COME_BACK;
    return new AppError('store_unavailable', {
      retryAfter,
      ...(isRate(status, reason) ? { details: { code: 'rate_limited' } } : {}),
    });
  }
  const code = status === 401 || status === 403 ? 'key_refused' : wordOf(reason, status);
  return new AppError('store_refused', { details: { code, status } });
}

const isRateLimit = (reason: string | undefined) => /ratelimit|quota/i.test(reason ?? '');
const isRate = (status: number | undefined, reason: string | undefined) =>
  status === 429 || isRateLimit(reason);

/** Google's own word for what was wrong, and never a sentence. */
function wordOf(reason: string | undefined, status: number): string {
  return reason !== undefined && /^[A-Za-z]{1,80}$/.test(reason) ? reason : `status_${status}`;
}

/** Whether Google has no such thing, or does not tell of it any more. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof AppError) || error.code !== 'store_refused') return undefined;
  const status = error.details?.['status'];
  return typeof status === 'number' ? status : undefined;
}
