import { type Bytes, equalBytes, joinParts, sha256, toHex } from './bytes.ts';
import { VaultError } from './errors.ts';
import { type KeyRing, reopen } from './key-ring.ts';
import type { RecordServer } from './record-server.ts';
import type { LockedStore } from './store.ts';

/** The table of key boxes. Tables whose names begin so are no user's. */
export const KEY_TABLE = '_keys';

/** The keys of a vault that is open on this device, in step with the server's. */
export interface Keys {
  ring(): KeyRing;
  /** Takes the server's key box if it is a newer one; answers its version there. */
  refresh(via?: RecordServer): Promise<string>;
  /** Changes the key box at the server, for all devices. */
  change(next: (ring: KeyRing) => Promise<KeyRing>): Promise<void>;
}

/** All devices of an account know where its key box is, so that there is one: a name-based UUID (RFC 9562, version 8). */
export async function keyBoxAddress(
  account: string,
): Promise<{ readonly table: string; readonly id: string }> {
  const bytes = (await sha256(joinParts('plinth vault key box', account))).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return { table: KEY_TABLE, id: toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

export interface KeysParts {
  readonly server: RecordServer;
  readonly store: LockedStore;
}

export function createKeys({ server, store }: KeysParts, opened: KeyRing): Keys {
  let ring = opened;
  const take = async (next: KeyRing) => {
    ring = next;
    await rememberKeys(store, next);
  };
  const readNewest = async (via: RecordServer) => {
    const shown = await via.read(await keyBoxAddress(ring.account));
    if (shown === undefined) throw new VaultError('missing');
    if (equalBytes(shown.bytes, ring.bytes)) return shown.etag;
    const next = await reopen(ring, shown.bytes);
    if (next.revision <= ring.revision) throw new VaultError('rolled_back');
    await take(next);
    return shown.etag;
  };
  let reading: Promise<string> | undefined;
  const refresh = (via = server) =>
    (reading ??= readNewest(via).finally(() => {
      reading = undefined;
    }));
  return {
    ring: () => ring,
    refresh,
    async change(makeNext) {
      const etag = await refresh();
      const next = await makeNext(ring);
      const winner = await writeKeyBox(server, next, etag);
      if (!equalBytes(winner, next.bytes)) throw new VaultError('keys_changed');
      await take(next);
    },
  };
}

/**
 * Writes a key box, unless there is another version of it already, and reads it back: only what was read may lock anything.
 * Answers what is there then, which is another device's where that was quicker.
 */
export async function writeKeyBox(
  server: RecordServer,
  { account, bytes }: KeyRing,
  etag?: string,
): Promise<Bytes> {
  const address = await keyBoxAddress(account);
  const written = await server.write(address, bytes, etag);
  const shown = await server.read(address);
  const isAsWritten = shown !== undefined && equalBytes(shown.bytes, bytes);
  if (shown === undefined || (written !== undefined && !isAsWritten)) throw new VaultError('not_confirmed');
  return shown.bytes;
}

export function rememberKeys(store: LockedStore, { bytes, revision }: KeyRing): Promise<void> {
  return store.changeState({ keyBox: bytes, keyRevision: revision });
}
