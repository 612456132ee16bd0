import { assertOutsideTransaction } from '#platform/db';
import { AppError } from '#platform/kernel';

/** The package, loaded when it is first asked for: a process that sells nothing in an app needs none of its modules. */
export async function loadAppStore() {
  return import('@apple/app-store-server-library');
}

type Package = Awaited<ReturnType<typeof loadAppStore>>;
/** Apple's client, asked at an address of ours. */
export type ApiClient = InstanceType<Package['AppStoreServerAPIClient']>;
export type Verifier = InstanceType<Package['SignedDataVerifier']>;

/** Which of Apple's two worlds. */
export type StoreEnvironment = 'Production' | 'Sandbox';

export interface ApiOptions {
  readonly privateKey: string;
  readonly keyId: string;
  readonly issuerId: string;
  readonly bundleId: string;
  readonly environment: StoreEnvironment;
  /** In place of Apple's own address. */
  readonly url: string | undefined;
}

type Answer = Awaited<ReturnType<ApiClient['makeFetchRequest']>>;

/** One request; the package tries nothing again. Milliseconds. */
const DEADLINE = 10_000;
const HOSTS: Readonly<Record<StoreEnvironment, string>> = {
  Production: 'https://api.storekit.itunes.apple.com',
  Sandbox: 'https://api.storekit-sandbox.itunes.apple.com',
};
/** Seconds of peace where Apple asks for fewer requests and does not say until when. */
const DEFAULT_RETRY_AFTER = 1;

/** The package's client with a deadline, at an address that it does not know: its own are fixed. */
export async function openApi(options: ApiOptions): Promise<ApiClient> {
  const { AppStoreServerAPIClient, Environment } = await loadAppStore();
  const base = options.url ?? HOSTS[options.environment];
  class Client extends AppStoreServerAPIClient {
    protected override async makeFetchRequest(
      ...[path, query, method, body, headers]: Parameters<ApiClient['makeFetchRequest']>
    ) {
      assertOutsideTransaction('the App Store was asked');
      const response = await fetch(`${base}${path}?${query.toString()}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
        signal: AbortSignal.timeout(DEADLINE),
      }).catch(unavailable);
      if (response.status === 429) throw new TooManyRequests(retryAfterOf(response));
      const { ok, status } = response;
      const said = await response.text().catch(unavailable);
      // The package declares the response of its own HTTP client; it reads `ok`, `status` and `json()` of it.
      return { ok, status, json: async () => bodyOf(said) } as unknown as Answer;
    }
  }
  const { privateKey, keyId, issuerId, bundleId, environment } = options;
  const at = environment === 'Production' ? Environment.PRODUCTION : Environment.SANDBOX;
  return new Client(privateKey, keyId, issuerId, bundleId, at);
}

function unavailable(cause: unknown): never {
  throw new AppError('store_unavailable', { cause });
}

function bodyOf(said: string): object {
  try {
    const body: unknown = JSON.parse(said);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Told below.
  }
  throw new AppError('store_unreadable');
}

/** Apple asks for fewer requests. */
export class TooManyRequests extends Error {
  readonly seconds: number;
  constructor(seconds: number) {
    super('the App Store asks for fewer requests');
    this.seconds = seconds;
  }
}

/** Apple writes the instant, in milliseconds. */
function retryAfterOf({ headers }: Response): number {
  const until = Number(headers.get('retry-after'));
  const now = Date.parse(headers.get('date') ?? '');
  const seconds = (until - now) / 1_000;
  return seconds > 0 ? Math.ceil(seconds) : DEFAULT_RETRY_AFTER;
}

export interface VerifierOptions {
  /** DER, or PEM. */
  readonly roots: readonly Buffer[];
  /** Whether Apple is asked, each quarter of an hour, if a certificate was revoked. */
  readonly ocsp: boolean;
  readonly environment: StoreEnvironment;
  readonly bundleId: string;
  readonly appId: number | undefined;
}

export async function openVerifier(options: VerifierOptions): Promise<Verifier> {
  const { SignedDataVerifier, Environment } = await loadAppStore();
  const { roots, ocsp, environment, bundleId, appId } = options;
  const at = environment === 'Production' ? Environment.PRODUCTION : Environment.SANDBOX;
  return new SignedDataVerifier([...roots], ocsp, at, bundleId, appId);
}
