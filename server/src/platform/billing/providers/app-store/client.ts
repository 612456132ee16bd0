import { readFileSync } from 'node:fs';
import { dispatchPoint, type CrashHook } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Mode } from '../../payment-provider.ts';
import {
  type ApiClient,
  loadAppStore,
  openApi,
  openVerifier,
  type StoreEnvironment,
  TooManyRequests,
  type Verifier,
} from './package.ts';

const CHANGE = dispatchPoint(
  'billing.app-store-change',
  'a change asked of the App Store (after: it has answered)',
);

/** When a caller may come back to an App Store that does not answer. Seconds. */
const COME_BACK = 5;

/** An app's names at the App Store, and what is trusted of it. */
export interface AppStoreCredentials {
  readonly bundleId: string;
  /** Apple's number of the app: its production names it in what it signs. */
  readonly appId: number | undefined;
  readonly issuerId: string;
  readonly keyId: string;
  /** PEM, as App Store Connect gives it out. */
  readonly privateKey: string;
  /** In place of Apple's own address. */
  readonly url?: string | undefined;
  /** In place of Apple's: what the sandbox's chain of certificates leads to, PEM. */
  readonly root?: string | undefined;
  readonly ocsp: boolean;
}

export interface AppStoreClientOptions {
  readonly mode: Mode;
  readonly environment: StoreEnvironment;
  /** Asked for once, when something is verified or asked. */
  readonly credentials: () => Promise<AppStoreCredentials>;
  readonly crashHook?: CrashHook | undefined;
}

/** The App Store by Apple's own package, which no other module knows. */
export interface AppStoreClient {
  readonly mode: Mode;
  readonly environment: StoreEnvironment;
  /** Verifies and decodes what Apple has signed for this app and environment. Throws `notSigned` for anything else. */
  decode<T>(
    decoding: (verifier: Verifier) => Promise<T>,
    notSigned: 'webhook_forged' | 'purchase_unknown',
  ): Promise<T>;
  /** Throws `store_unavailable`, or `store_refused` with Apple's number as `details.code`. */
  read<T>(asking: (api: ApiClient) => Promise<T>, holdBack?: (seconds: number) => Promise<void>): Promise<T>;
  /** The same for a request that changes something there: a crash point. It must be harmless when it is made twice. */
  change<T>(asking: (api: ApiClient) => Promise<T>): Promise<T>;
}

/** Loads nothing yet: the package is, when something is verified or asked. */
export function createAppStoreClient(options: AppStoreClientOptions): AppStoreClient {
  const { mode, environment, crashHook } = options;
  let opening: Promise<{ readonly api: ApiClient; readonly verifier: Verifier }> | undefined;
  const openOnce = () =>
    (opening ??= openBoth(options).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  const read: AppStoreClient['read'] = async (asking, holdBack) => {
    const { api } = await openOnce();
    try {
      return await asking(api);
    } catch (error) {
      if (error instanceof TooManyRequests) await holdBack?.(error.seconds);
      throw await errorOf(error);
    }
  };
  return {
    mode,
    environment,
    read,
    async decode(decoding, notSigned) {
      const { verifier } = await openOnce();
      const { VerificationException, VerificationStatus } = await loadAppStore();
      try {
        return await decoding(verifier);
      } catch (error) {
        if (!(error instanceof VerificationException)) throw error;
        // Whether a certificate was revoked could not be found out: it may be in a moment.
        const mayPass = error.status === VerificationStatus.RETRYABLE_VERIFICATION_FAILURE;
        throw new AppError(mayPass ? 'store_unavailable' : notSigned, { cause: error });
      }
    },
    async change(asking) {
      crashHook?.(CHANGE, 'before');
      const answer = await read(asking);
      crashHook?.(CHANGE, 'after');
      return answer;
    },
  };
}

async function openBoth({ environment, credentials }: AppStoreClientOptions) {
  const { root, bundleId, appId, ocsp, ...of } = await credentials();
  const roots = [Buffer.from(root ?? appleRoot())];
  return {
    api: await openApi({ ...of, bundleId, environment, url: of.url }),
    verifier: await openVerifier({ roots, ocsp, environment, bundleId, appId }),
  };
}

/** Apple Root CA - G3, until 2039: https://www.apple.com/certificateauthority/ */
const appleRoot = () => readFileSync(new URL('./apple-root-ca-g3.pem', import.meta.url));

/**
 * Apple has not found the account, the app or the purchase, and says to ask again:
 * https://developer.apple.com/documentation/appstoreserverapi/accountnotfoundretryableerror
 */
const RETRIED: ReadonlySet<number> = new Set([4_040_002, 4_040_004, 4_040_006]);

/** The package's message for an answer that is not as Apple documents it. */
const UNREADABLE = 'Unexpected response body format';

/** Apple's words quote what was asked, and are not passed on. */
async function errorOf(error: unknown): Promise<unknown> {
  const { APIException } = await loadAppStore();
  if (error instanceof TooManyRequests)
    return new AppError('store_unavailable', { retryAfter: COME_BACK, cause: error });
  if (error instanceof Error && error.message === UNREADABLE)
    return new AppError('store_unreadable', { cause: error });
  if (!(error instanceof APIException)) return error;
  const { httpStatusCode: status, apiError } = error;
  if (status >= 500 || status === 408 || RETRIED.has(Number(apiError)))
    return new AppError('store_unavailable', {
      retryAfter: COME_BACK,
      ...(apiError == null ? {} : { details: { code: String(apiError) } }),
      cause: error,
    });
  // With a number of its own a 403 is about what was asked: a subscription that is not extended.
  const isKey = status === 401 || (status === 403 && apiError == null);
  const code = isKey ? 'key_refused' : String(apiError ?? status);
  return new AppError('store_refused', { details: { code }, cause: error });
}

/** Whether Apple has not found it: whether there is none, or not at the moment, or not of this app, is not known by that. */
export function isUnknown(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return String(error.details?.['code']).startsWith('404');
}
