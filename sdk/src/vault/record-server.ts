import type { Client } from '../client.ts';
import { PlinthError } from '../errors.ts';
import { machineTime, type Time } from '../time.ts';
import { type Bytes, sha256, toHex } from './bytes.ts';
import type { RecordAddress } from './records.ts';

/** That a record changed, or that it is gone: then it has no `etag`. */
export interface Change extends RecordAddress {
  readonly etag?: string | undefined;
}

export interface Changes {
  readonly changes: readonly Change[];
  readonly cursor: string;
  readonly isLast: boolean;
}

/** A version of a record as the server keeps it. */
export interface Version {
  readonly bytes: Bytes;
  readonly etag: string;
}

/** What the vault asks of a server: to keep bytes. */
export interface RecordServer {
  /** What changed since then; undefined: that is too long ago. */
  changes(since: string | undefined): Promise<Changes | undefined>;
  read(address: RecordAddress): Promise<Version | undefined>;
  /** Writes in place of that version, or of none. Answers the new version; undefined: there is another one. */
  write(address: RecordAddress, bytes: Bytes, etag: string | undefined): Promise<string | undefined>;
}

/** Who is asked to come back later than in so many seconds is told the error instead. */
const LONGEST_WAIT = 120;

export interface Patience {
  readonly time?: Time | undefined;
  /** Ends calls and waits. */
  readonly signal?: AbortSignal | undefined;
}

export function createRecordServer(
  client: Pick<Client, 'call' | 'open'>,
  { time = machineTime, signal }: Patience = {},
): RecordServer {
  /** Undefined where the server answers with one of these; where it says that it is asked too often, it is asked again when it says. */
  const unless = async <T>(statuses: readonly number[], call: () => Promise<T>): Promise<T | undefined> => {
    for (;;)
      try {
        signal?.throwIfAborted();
        return await call();
      } catch (error) {
        if (!(error instanceof PlinthError)) throw error;
        if (statuses.includes(error.status)) return undefined;
        const { status, retryAfter = Infinity } = error;
        if (status !== 429 || retryAfter > LONGEST_WAIT) throw error;
        await time.wait(Math.max(1, retryAfter) * 1_000, signal);
      }
  };
  return {
    changes: (since) =>
      unless([410], async () => {
        const query = { limit: 1_000, ...(since === undefined ? {} : { since }) };
        const { changes, next, more } = await client.call('GET /v1/storage/changes', { query }, { signal });
        const listed = changes.map(({ id, table, version, deleted }) =>
          deleted ? { id, table } : { id, table, etag: `"${version}"` },
        );
        return { changes: listed, cursor: next, isLast: !more };
      }),
    read: ({ id }) =>
      unless([404], async () => {
        const answer = await client.open('GET /v1/storage/records/{id}', { params: { id } }, { signal });
        return { bytes: new Uint8Array(await answer.arrayBuffer()), etag: etagOf(answer) };
      }),
    write: ({ table, id }, bytes, etag) =>
      unless([404, 412], async () => {
        const headers = {
          'x-checksum': toHex(await sha256(bytes)),
          ...(etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag }),
        };
        const given = { params: { id }, query: { table }, body: new Blob([bytes]) };
        const answer = await client.open('PUT /v1/storage/records/{id}', given, { headers, signal });
        return etagOf(answer);
      }),
  };
}

const etagOf = ({ headers }: Response) => headers.get('etag') ?? '';
