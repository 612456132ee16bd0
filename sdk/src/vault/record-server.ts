import type { Client } from '../client.ts';
import { PlinthError } from '../errors.ts';
import { machineTime, type Time } from '../time.ts';
import { type Bytes, fromBase64, sha256, toBase64, toHex } from './bytes.ts';
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

/** A version that a device wants a record to have, in place of the one that it knows; without `etag`: of none. */
export interface Sending extends RecordAddress {
  readonly envelope: Bytes;
  readonly etag?: string | undefined;
}

/** What the vault asks of a server: to keep bytes. */
export interface RecordServer {
  /** What changed since then; undefined: that is too long ago. */
  changes(since: string | undefined): Promise<Changes | undefined>;
  read(address: RecordAddress): Promise<Version | undefined>;
  /** The same of many, in few calls, as they come. */
  readAll<Address extends RecordAddress>(
    addresses: readonly Address[],
  ): AsyncGenerator<(readonly [Address, Version | undefined])[]>;
  /** Writes in place of that version, or of none. Answers the new version; undefined: there is another one. */
  write(address: RecordAddress, bytes: Bytes, etag: string | undefined): Promise<string | undefined>;
  /** The same of many, in few calls: one that is refused holds up no other. */
  writeAll<Record extends Sending>(
    records: readonly Record[],
  ): AsyncGenerator<(readonly [Record, string | undefined])[]>;
}

/** How many records the server takes in one call, and in how much JSON: what stands around the bytes of each has less than 400. */
const TOGETHER = { records: 100, json: 2_000_000, around: 400 } as const;

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
  const read: RecordServer['read'] = ({ id }) =>
    unless([404], async () => {
      const answer = await client.open('GET /v1/storage/records/{id}', { params: { id } }, { signal });
      return { bytes: new Uint8Array(await answer.arrayBuffer()), etag: etagOf(answer) };
    });
  const write: RecordServer['write'] = ({ table, id }, bytes, etag) =>
    unless([404, 412], async () => {
      const headers = {
        'x-checksum': toHex(await sha256(bytes)),
        ...(etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag }),
      };
      const given = { params: { id }, query: { table }, body: new Blob([bytes]) };
      const answer = await client.open('PUT /v1/storage/records/{id}', given, { headers, signal });
      return etagOf(answer);
    });
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
    read,
    async *readAll(addresses) {
      for (let left = addresses; left.length > 0; ) {
        const some = left.slice(0, TOGETHER.records);
        const ids = some.map(({ id }) => id);
        const call = () => client.call('POST /v1/storage/records/read', { body: { ids } }, { signal });
        const answer = some.length === 1 ? undefined : await unless([404], call);
        const isLeft = new Set(answer?.left ?? ids);
        const came = some.filter(({ id }) => !isLeft.has(id));
        const versions = new Map(answer?.data.map((one) => [one.id, versionIn(one)]));
        yield came.map((one) => [one, versions.get(one.id)]);
        // One by one: one that is too large for several, and all where none is there, or an older server has no such call.
        const alone = answer === undefined ? some : some.slice(0, came.length === 0 ? 1 : 0);
        for (const one of alone) yield [[one, await read(one)]];
        const done = new Set<RecordAddress>([...came, ...alone]);
        left = left.filter((one) => !done.has(one));
      }
    },
    write,
    async *writeAll(records) {
      for (const some of groupsOf(records)) {
        const body = { records: await Promise.all(some.map(inJson)) };
        const call = () => client.call('POST /v1/storage/records/write', { body }, { signal });
        const answer = some.length === 1 ? undefined : await unless([404], call);
        const etags = new Map(answer?.data.flatMap(outcomeIn));
        yield some.filter(({ id }) => etags.has(id)).map((one) => [one, etags.get(one.id)]);
        // One by one: one that is refused for something else than another version, which fails as it does alone, and all at an older server.
        for (const one of some.filter(({ id }) => !etags.has(id)))
          yield [[one, await write(one, one.envelope, one.etag)]];
      }
    },
  };
}

const etagOf = ({ headers }: Response) => headers.get('etag') ?? '';

/** Records that fit into one call each. */
function groupsOf<Record extends Sending>(records: readonly Record[]): Record[][] {
  const groups: Record[][] = [];
  let room = 0;
  for (const record of records) {
    const size = Math.ceil(record.envelope.length / 3) * 4 + TOGETHER.around;
    const last = groups.at(-1);
    room -= size;
    if (last !== undefined && room >= 0 && last.length < TOGETHER.records) last.push(record);
    else {
      groups.push([record]);
      room = TOGETHER.json - TOGETHER.around - size;
    }
  }
  return groups;
}

async function inJson({ table, id, envelope, etag = '' }: Sending) {
  const checksum = toHex(await sha256(envelope));
  return { table, id, blob: toBase64(envelope), checksum, if_version: Number(/\d+/.exec(etag)?.[0] ?? 0) };
}

interface WriteResult {
  readonly id: string;
  readonly version?: number | undefined;
  readonly error?: { readonly code: string } | undefined;
}

/** The new version, or none where there is another one; nothing where it was refused for something else. */
function outcomeIn({ id, version, error }: WriteResult): (readonly [string, string | undefined])[] {
  if (version !== undefined) return [[id, `"${version}"`]];
  return error?.code === 'precondition_failed' || error?.code === 'record_not_found' ? [[id, undefined]] : [];
}

/** No base64 is no record of any device: empty bytes open as none. */
function versionIn({ blob, version }: { readonly blob: string; readonly version: number }): Version {
  const etag = `"${version}"`;
  try {
    return { bytes: fromBase64(blob), etag };
  } catch {
    return { bytes: new Uint8Array(), etag };
  }
}
