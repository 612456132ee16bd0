import { setTimeout } from 'node:timers/promises';
import { AppError } from '#platform/kernel';

/** Where Vercel Blob is. */
export interface VercelAddresses {
  readonly api: string;
  /** Where the private files of a store are read. */
  readonly filesOf: (store: string) => string;
}

const ADDRESSES: VercelAddresses = {
  api: 'https://vercel.com/api/blob',
  filesOf: (store) => `https://${store}.private.blob.vercel-storage.com`,
};
/** Of the protocol, as the package @vercel/blob 2.8 speaks it. */
const VERSION = '12';
const ATTEMPTS = 4;
const PAUSE = 100;
/** Milliseconds that a call without a file may take. */
const LONGEST = 60_000;

/** The cause of a failure: never with a token. */
class StoreFailure extends Error {
  readonly status: number;

  constructor(call: string, status: number, cause?: unknown) {
    super(`${call}: ${status === 0 ? 'no answer' : status}`, { cause });
    this.status = status;
  }
}

/** Calls of a store. A failure is `storage_unavailable`; undefined: there is no such file. */
export interface VercelAccess {
  readonly store: string;
  /** An answer in JSON. */
  ask(call: string, path: string, body?: object): Promise<unknown>;
  put(path: string, body: Uint8Array | ReadableStream, type: string): Promise<void>;
  get(path: string, range: string | undefined): Promise<Response | undefined>;
}

export function createVercelAccess(
  token: string,
  { api, filesOf }: VercelAddresses = ADDRESSES,
): VercelAccess {
  // `vercel_blob_rw_<store>_<secret>`
  const [, , , store = ''] = token.split('_');
  const common = {
    authorization: `Bearer ${token}`,
    'x-api-version': VERSION,
    'x-vercel-blob-store-id': store,
  };

  return {
    store,
    async ask(call, path, body) {
      const headers = { ...common, 'content-type': 'application/json' };
      const init = { headers, signal: AbortSignal.timeout(LONGEST) };
      const posted = body === undefined ? init : { ...init, method: 'POST', body: JSON.stringify(body) };
      const answer = await send(call, `${api}${path}`, posted);
      return answer?.json().catch((error: unknown) => {
        throw storeFailure(new StoreFailure(call, answer.status, error));
      });
    },
    async put(path, body, type) {
      const headers = {
        ...common,
        'x-vercel-blob-access': 'private',
        'x-content-type': type,
        'x-add-random-suffix': '0',
        'x-allow-overwrite': '1',
      };
      const init = { method: 'PUT', headers, body, duplex: 'half' } as const;
      const answer = await send('put', `${api}/?${new URLSearchParams({ pathname: path }).toString()}`, init);
      if (answer === undefined) throw storeFailure(new StoreFailure('put', 404));
      await answer.body?.cancel();
    },
    // A file that was written or deleted just now is not read from a cache.
    get: (path, range) =>
      send('get', `${filesOf(store)}/${path}?cache=0`, {
        headers: { authorization: common.authorization, ...(range === undefined ? {} : { range }) },
      }),
  };
}

/** Tries again after a failure that may pass; not with a stream, which is gone then. */
async function send(call: string, url: string, init: RequestInit): Promise<Response | undefined> {
  const attempts = init.body instanceof ReadableStream ? 1 : ATTEMPTS;
  for (let attempt = 1; ; attempt += 1) {
    const sent = await fetch(url, init).catch((error: unknown) => new StoreFailure(call, 0, error));
    if (sent instanceof Response && sent.ok) return sent;
    if (sent instanceof Response) await sent.body?.cancel();
    if (sent instanceof Response && sent.status === 404) return undefined;
    const failure = sent instanceof Response ? new StoreFailure(call, sent.status) : sent;
    const passes = failure.status === 0 || failure.status === 429 || failure.status >= 500;
    if (!passes || attempt >= attempts) throw storeFailure(failure);
    await setTimeout(PAUSE * 2 ** attempt);
  }
}

function storeFailure(cause: unknown): AppError {
  return new AppError('storage_unavailable', {
    message: 'The store of files does not answer as it must. Try again later.',
    details: { reason: 'store' },
    retryAfter: 5,
    cause,
  });
}

/** A stream of the store broke off. */
export const brokenOff = (error: unknown): AppError => storeFailure(new StoreFailure('get', 0, error));
