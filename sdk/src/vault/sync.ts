import { type Bytes, equalBytes, sha256, toHex } from './bytes.ts';
import { VaultError } from './errors.ts';
import { KEY_TABLE, type Keys } from './keys.ts';
import { epochAt, openRecord, type OpenedRecord, type RecordAddress, sealRecord } from './records.ts';
import type { Change, Changes, RecordServer, Version } from './record-server.ts';
import { renewRecords, rewrite } from './renew.ts';
import { type LockedStore, newRecord, type StoredRecord, type VaultStore } from './store.ts';

/** A record that is not in step, and why. */
export interface RecordProblem extends RecordAddress {
  readonly problem: NonNullable<StoredRecord['problem']>;
}

/** What a sync did. */
export interface SyncReport {
  /** Versions taken from the server. */
  readonly received: number;
  /** Versions that the server has taken. */
  readonly sent: number;
  /** What this device had written where another one was quicker: kept beside it, under ids of their own. */
  readonly copies: readonly RecordAddress[];
  /** What was left alone, here and at the server. */
  readonly problems: readonly RecordProblem[];
}

export interface SyncParts {
  readonly server: RecordServer;
  readonly store: LockedStore;
  readonly keys: Keys;
}

interface Tally {
  received: number;
  sent: number;
  readonly copies: RecordAddress[];
}

const digestOf = async (bytes: Bytes): Promise<string> => toHex(await sha256(bytes));

/** Takes what other devices wrote, then sends what this one wrote. Each step may be the last before the power fails: the next sync goes on from there. */
export async function synchronize(parts: SyncParts): Promise<SyncReport> {
  const { keys, server, store } = parts;
  // Another tab of this store has newer keys, and has read the news of them.
  if (((await store.readState())?.keyRevision ?? 0) > keys.ring().revision) await keys.refresh(server);
  const tally: Tally = { received: 0, sent: 0, copies: [] };
  const stuck = (await store.list()).filter(({ problem }) => problem !== undefined && problem !== 'missing');
  await take(parts, stuck, tally);
  await receiveChanges(parts, tally);
  await renewRecords(parts, 'pending');
  const pending = (await store.list()).filter(({ isPending }) => isPending);
  await sendRecords(parts, pending, tally);
  // Copies that a send made.
  await sendRecords(parts, tally.copies, tally);
  return { ...tally, problems: await listProblems(store) };
}

/** Takes the server's version of a record although it is refused: it is sealed anew, and sent. */
export async function takeAnyway({ server, store, keys }: SyncParts, address: RecordAddress): Promise<void> {
  const version = await server.read(address);
  if (version === undefined) throw new VaultError('missing');
  const { revision, content } = await openRecord(keys.ring(), address, version.bytes);
  await store.change(address, async (known) => {
    if (known.problem === undefined) return [];
    const shown = { ...known, etag: version.etag, revision: Math.max(known.revision, revision) };
    return [await rewrite(keys, shown, content)];
  });
}

export async function listProblems(store: VaultStore): Promise<RecordProblem[]> {
  return (await store.list()).flatMap(({ table, id, problem }) =>
    problem === undefined ? [] : [{ table, id, problem }],
  );
}

/** Eight at a time. All of a batch have ended before the first failure is thrown: nothing goes on unseen. */
async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 8) {
    const results = await Promise.allSettled(items.slice(at, at + 8).map(work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

async function receiveChanges(parts: SyncParts, tally: Tally): Promise<void> {
  for (let isLast = false; !isLast; ) {
    const state = await parts.store.readState();
    const page = (await parts.server.changes(state?.cursor)) ?? (await listEverything(parts));
    const changed: RecordAddress[] = [];
    await inBatches(page.changes, async (change) => {
      changed.push(...(await receiveChange(parts, change)));
    });
    await take(parts, changed, tally);
    isLast = page.isLast;
    await parts.store.changeState({ cursor: page.cursor });
  }
}

/** For a device that was away for longer than changes are kept: all that there is, and what is not there any more. */
async function listEverything({ server, store }: SyncParts): Promise<Changes> {
  const changes: Change[] = [];
  let page: Changes | undefined;
  while (page?.isLast !== true) {
    page = await server.changes(page?.cursor);
    if (page === undefined) throw new VaultError('tampered');
    changes.push(...page.changes);
  }
  const there = new Set(changes.map(({ id }) => id));
  const gone = (await store.list()).filter(({ id, etag }) => etag !== undefined && !there.has(id));
  return { ...page, changes: [...changes, ...gone.map(({ table, id }) => ({ table, id }))] };
}

/** Answers the record whose server's version is to be read. */
async function receiveChange(parts: SyncParts, change: Change): Promise<RecordAddress[]> {
  if (change.table === KEY_TABLE) {
    await parts.keys.refresh(parts.server);
    return [];
  }
  const known = await parts.store.read(change.id);
  const address = known ?? change;
  if (change.etag !== undefined) return known?.etag === change.etag ? [] : [address];
  await parts.store.change(address, async (now) => leave(now));
  return [];
}

/** What becomes of a record that the server has no more: a device deletes by a sealed word, the server's own deletes nothing here. */
function leave(known: StoredRecord): StoredRecord[] {
  const left = { ...known, etag: undefined };
  if (known.isPending) return [{ ...left, problem: undefined }];
  if (known.etag === undefined) return [];
  return [known.isDeleted ? left : { ...left, problem: 'missing' }];
}

/** Reads the server's versions of records, and decides what becomes of each. */
async function take(parts: SyncParts, addresses: readonly RecordAddress[], tally: Tally): Promise<void> {
  for await (const versions of parts.server.readAll(addresses))
    await inBatches(versions, async ([address, version]) => {
      const opened = version === undefined ? undefined : await openShown(parts, address, version.bytes);
      await parts.store.change(address, async (known) =>
        version === undefined || opened === undefined
          ? leave(known)
          : receive(parts, known, { ...version, opened, tally }),
      );
    });
}

interface Shown extends Version {
  readonly opened: OpenedRecord | VaultError;
  readonly tally: Tally;
}

/** What becomes of a record when the server shows a version of it: the record, and a copy where both were changed. */
async function receive(
  parts: SyncParts,
  known: StoredRecord,
  { bytes, etag, opened, tally }: Shown,
): Promise<StoredRecord[]> {
  const digest = await digestOf(bytes);
  const shown = { ...known, etag, problem: undefined };
  if (known.seen?.digest === digest) return [shown];
  if (opened instanceof VaultError) return [{ ...shown, problem: opened.code }];
  const { revision, content } = opened;
  if (revision <= (known.seen?.revision ?? 0)) return [{ ...shown, problem: 'rolled_back' }];
  const ring = parts.keys.ring();
  const epoch = epochAt(ring, bytes);
  const isOwn = known.sent.includes(digest);
  if (!isOwn && epoch < Math.max(ring.ended, known.seen?.epoch ?? 0))
    return [{ ...shown, problem: 'ended_epoch' }];
  const taken = { ...shown, seen: { revision, digest, epoch }, sent: [] };
  const isDeleted = content.deleted === true;
  const theirs = { ...taken, envelope: bytes, revision, isDeleted, isPending: false };
  if (!known.isPending || known.envelope === undefined) {
    tally.received += 1;
    return [theirs];
  }
  // It is what this device sent, and heard no answer about; what was written since then is still to be sent.
  if (isOwn) return [equalBytes(bytes, known.envelope) ? theirs : taken];
  tally.received += 1;
  const mine = (await openRecord(ring, known, known.envelope)).content;
  if (mine.deleted === true || JSON.stringify(mine.value) === JSON.stringify(content.value)) return [theirs];
  const copy = newRecord({ table: known.table, id: crypto.randomUUID() });
  tally.copies.push({ table: copy.table, id: copy.id });
  const kept = { revision: 1, content: { value: mine.value, copyOf: known.id } };
  const envelope = await sealRecord(ring, copy, kept);
  return [theirs, { ...copy, envelope, revision: 1, isPending: true }];
}

/** Opens a record, with the server's newest keys where this device has not the right one. */
async function openShown(
  parts: SyncParts,
  address: RecordAddress,
  bytes: Bytes,
): Promise<OpenedRecord | VaultError> {
  const attempt = () =>
    openRecord(parts.keys.ring(), address, bytes).catch((error: unknown) => {
      if (error instanceof VaultError) return error;
      throw error;
    });
  const opened = await attempt();
  if (!(opened instanceof VaultError) || opened.code !== 'unknown_epoch') return opened;
  await parts.keys.refresh(parts.server);
  return attempt();
}

/** Sends records until the server has them, or versions that this device must leave alone. */
async function sendRecords(
  parts: SyncParts,
  addresses: readonly RecordAddress[],
  tally: Tally,
): Promise<void> {
  let left = addresses;
  for (let tries = 0; tries < 5 && left.length > 0; tries += 1) {
    const sending = (await Promise.all(left.map(({ id }) => noteSending(parts.store, id)))).flat();
    const changed: RecordAddress[] = [];
    for await (const written of parts.server.writeAll(sending))
      await inBatches(written, async ([record, etag]) => {
        if (etag === undefined) changed.push(record);
        else await noteSent(parts, { ...record, etag }, tally);
      });
    await take(parts, changed, tally);
    left = sending;
  }
}

type Sent = StoredRecord & { readonly envelope: Bytes };

/** Notes that the server has a version; what was written since then is still to be sent. */
async function noteSent({ keys, store }: SyncParts, sent: Sent, tally: Tally): Promise<void> {
  const { envelope, etag, revision } = sent;
  tally.sent += 1;
  const seen = { revision, digest: await digestOf(envelope), epoch: epochAt(keys.ring(), envelope) };
  await store.change(sent, async (now) => {
    const isPending = now.envelope === undefined || !equalBytes(now.envelope, envelope);
    return [{ ...now, etag, seen, sent: [], isPending }];
  });
}

/** Notes what is about to be sent, before it is: an answer may never come. */
async function noteSending(store: LockedStore, id: string): Promise<Sent[]> {
  const record = await store.read(id);
  if (!record?.isPending || record.problem !== undefined || record.envelope === undefined) return [];
  const { envelope } = record;
  const digest = await digestOf(envelope);
  await store.change(record, async (now) => [{ ...now, sent: [...new Set([...now.sent, digest])] }]);
  return [{ ...record, envelope }];
}
