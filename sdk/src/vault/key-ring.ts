import {
  type Bytes,
  type Key,
  concat,
  decodeNumber,
  encodeNumber,
  joinParts,
  randomBytes,
  splitParts,
  toHex,
} from './bytes.ts';
import { VaultError } from './errors.ts';
import {
  assertSafeCost,
  COST_BYTES,
  decodeCost,
  encodeCost,
  type PassphraseCost,
  RECOMMENDED_COST,
  stretchPassphrase,
} from './passphrase.ts';
import { printRecoveryKey, readRecoveryKey } from './recovery-key.ts';
import { importKey, open, seal } from './seal.ts';

const FORMAT = 'plinth vault keys 2';
/** Boxes of the first format say nothing of ended epochs: there are none. */
const FIRST_FORMAT = 'plinth vault keys 1';
const KEY_BYTES = 32;
const PASSPHRASE_SALT_BYTES = 16;
export const EPOCH_ID_BYTES = 16;
const EPOCH_BYTES = EPOCH_ID_BYTES + KEY_BYTES;
const REVISION_BYTES = 8;
const ENDED_BYTES = 4;

/** A key that records are written under until the next one begins. */
export interface Epoch {
  readonly id: Bytes;
  readonly secret: Bytes;
  readonly key: Key;
}

/** The opened key box of a vault. It holds secrets, in memory alone. */
export interface KeyRing {
  readonly account: string;
  /** Counts the changes of the box: a lower one than a device has seen is an older box. */
  readonly revision: number;
  readonly master: Bytes;
  /** The oldest first; records are written under the last one. */
  readonly epochs: readonly Epoch[];
  /** How many of them, from the oldest on, have ended: others may know their keys, and nothing new is under them. */
  readonly ended: number;
  /** The key box as the server keeps it. */
  readonly bytes: Bytes;
}

/** The parts of a key box that open the master key, as the server keeps them. */
interface Locks {
  readonly cost: Bytes;
  readonly salt: Bytes;
  readonly passphraseBox: Bytes;
  readonly recoveryBox: Bytes;
}

export interface NewPassphrase {
  readonly passphrase: string;
  readonly cost?: PassphraseCost | undefined;
}

/** A key box and the recovery key that opens it, which is shown once. */
export interface NewKeys {
  readonly ring: KeyRing;
  readonly recoveryKey: string;
}

/** The keys of a new vault. */
export async function createKeyRing(account: string, lock: NewPassphrase): Promise<NewKeys> {
  return lockAnew({ account, revision: 1, epochs: [await createEpoch()], ended: 0 }, lock);
}

export async function openWithPassphrase(
  account: string,
  bytes: Bytes,
  passphrase: string,
): Promise<KeyRing> {
  const { locks } = readBox(bytes);
  const { cost, salt, passphraseBox } = locks;
  const key = await importKey(await stretchPassphrase(passphrase, salt, decodeCost(cost)));
  const sealing = { key, label: 'passphrase', context: joinParts(account, cost, salt) };
  const master = await open(sealing, passphraseBox, 'wrong_passphrase');
  return openBody({ account, master }, bytes);
}

export async function openWithRecoveryKey(
  account: string,
  bytes: Bytes,
  recoveryKey: string,
): Promise<KeyRing> {
  const key = await importKey(await readRecoveryKey(recoveryKey));
  const sealing = { key, label: 'recovery', context: joinParts(account) };
  const master = await open(sealing, readBox(bytes).locks.recoveryBox, 'wrong_recovery_key');
  return openBody({ account, master }, bytes);
}

/** Another state of the key box of a vault that is open. Throws `locked` where its master key is a new one. */
export function reopen(ring: KeyRing, bytes: Bytes): Promise<KeyRing> {
  return openBody(ring, bytes, 'locked');
}

/** The same keys behind another passphrase. */
export async function changePassphrase(ring: KeyRing, lock: NewPassphrase): Promise<KeyRing> {
  const { recoveryBox } = readBox(ring.bytes).locks;
  return writeBox(nextOf(ring), { ...(await lockWithPassphrase(ring, lock)), recoveryBox });
}

/** A new epoch under the same master key. */
export async function addEpoch(ring: KeyRing): Promise<KeyRing> {
  const { locks } = readBox(ring.bytes);
  return writeBox({ ...nextOf(ring), epochs: [...ring.epochs, await createEpoch()] }, locks);
}

/**
 * A new epoch under a new master key, behind a new recovery key: who knew the old ones knows nothing of what follows, and
 * all epochs before it have ended.
 */
export async function replaceKeys(ring: KeyRing, lock: NewPassphrase): Promise<NewKeys> {
  const epochs = [...ring.epochs, await createEpoch()];
  return lockAnew({ ...nextOf(ring), epochs, ended: ring.epochs.length }, lock);
}

const nextOf = (ring: KeyRing) => ({ ...ring, revision: ring.revision + 1 });

async function createEpoch(): Promise<Epoch> {
  const secret = randomBytes(KEY_BYTES);
  return { id: randomBytes(EPOCH_ID_BYTES), secret, key: await importKey(secret) };
}

async function lockAnew(keys: Omit<KeyRing, 'master' | 'bytes'>, lock: NewPassphrase): Promise<NewKeys> {
  const opened = { ...keys, master: randomBytes(KEY_BYTES) };
  const recovery = randomBytes(KEY_BYTES);
  const sealing = {
    key: await importKey(recovery),
    label: 'recovery',
    context: joinParts(keys.account),
  };
  const recoveryBox = await seal(sealing, opened.master);
  const ring = await writeBox(opened, { ...(await lockWithPassphrase(opened, lock)), recoveryBox });
  return { ring, recoveryKey: await printRecoveryKey(recovery) };
}

/** Characters that no screen shows (Unicode's Default_Ignorable_Code_Point among them). */
const UNSEEN = /^[\s\p{Cc}\p{DI}]*$/u;

async function lockWithPassphrase(
  { account, master }: Pick<KeyRing, 'account' | 'master'>,
  { passphrase, cost: chosen = RECOMMENDED_COST }: NewPassphrase,
): Promise<Omit<Locks, 'recoveryBox'>> {
  if (UNSEEN.test(passphrase)) throw new VaultError('empty_passphrase');
  const cost = encodeCost(chosen);
  const salt = randomBytes(PASSPHRASE_SALT_BYTES);
  const key = await importKey(await stretchPassphrase(passphrase, salt, chosen));
  const sealing = { key, label: 'passphrase', context: joinParts(account, cost, salt) };
  return { cost, salt, passphraseBox: await seal(sealing, master) };
}

/** The locks and the keys as one box: the keys are sealed for these very locks, so that none can be exchanged for an older one. */
async function writeBox(ring: Omit<KeyRing, 'bytes'>, locks: Locks): Promise<KeyRing> {
  const { cost, salt, passphraseBox, recoveryBox } = locks;
  const head = joinParts(FORMAT, cost, salt, passphraseBox, recoveryBox);
  const plaintext = concat(
    encodeNumber(ring.revision, REVISION_BYTES),
    encodeNumber(ring.ended, ENDED_BYTES),
    ...ring.epochs.flatMap(({ id, secret }) => [id, secret]),
  );
  const body = await seal(await bodySealing(ring, head), plaintext);
  return { ...ring, bytes: concat(head, joinParts(body)) };
}

interface Box {
  readonly head: Bytes;
  readonly locks: Locks;
  readonly body: Bytes;
  readonly isFirstFormat: boolean;
}

function readBox(bytes: Bytes): Box {
  const [format, cost, salt, passphraseBox, recoveryBox, body, more] = splitParts(bytes) ?? [];
  const isBox = cost?.length === COST_BYTES && salt?.length === PASSPHRASE_SALT_BYTES && more === undefined;
  if (!isBox || !passphraseBox || !recoveryBox || !body) throw new VaultError('tampered');
  const name = new TextDecoder().decode(format);
  const isFirstFormat = name === FIRST_FORMAT;
  if (name !== FORMAT && !isFirstFormat) throw new VaultError('tampered');
  assertSafeCost(decodeCost(cost));
  const locks = { cost, salt, passphraseBox, recoveryBox };
  return { locks, body, isFirstFormat, head: joinParts(name, cost, salt, passphraseBox, recoveryBox) };
}

async function openBody(
  { account, master }: Pick<KeyRing, 'account' | 'master'>,
  bytes: Bytes,
  wrongKey: 'tampered' | 'locked' = 'tampered',
): Promise<KeyRing> {
  const { head, body, isFirstFormat } = readBox(bytes);
  const plaintext = await open(await bodySealing({ account, master }, head), body, wrongKey);
  const epochs: Epoch[] = [];
  const epochsAt = REVISION_BYTES + (isFirstFormat ? 0 : ENDED_BYTES);
  for (let at = epochsAt; at < plaintext.length; at += EPOCH_BYTES) {
    const secret = plaintext.slice(at + EPOCH_ID_BYTES, at + EPOCH_BYTES);
    epochs.push({ id: plaintext.slice(at, at + EPOCH_ID_BYTES), secret, key: await importKey(secret) });
  }
  const revision = decodeNumber(plaintext.slice(0, REVISION_BYTES));
  const ended = decodeNumber(plaintext.slice(REVISION_BYTES, epochsAt));
  return { account, master, epochs, ended, bytes, revision };
}

async function bodySealing({ account, master }: Pick<KeyRing, 'account' | 'master'>, head: Bytes) {
  return { key: await importKey(master), label: 'keys', context: joinParts(account, head) };
}

/** The epoch of a sealed thing. Throws `unknown_epoch`. */
export function epochOf(ring: KeyRing, id: Bytes): Epoch {
  const found = ring.epochs.find((epoch) => toHex(epoch.id) === toHex(id));
  if (found === undefined) throw new VaultError('unknown_epoch');
  return found;
}

/** Whether others may know the key of this epoch. */
export function isEnded({ epochs, ended }: KeyRing, epoch: Epoch): boolean {
  return epochs.indexOf(epoch) < ended;
}

export function currentEpoch({ epochs }: KeyRing): Epoch {
  const last = epochs.at(-1);
  if (last === undefined) throw new VaultError('tampered');
  return last;
}
