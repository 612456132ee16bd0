import { isRecord, parseJson } from '../errors.ts';
import {
  type Bytes,
  concat,
  decodeNumber,
  decodeText,
  encodeNumber,
  encodeText,
  equalBytes,
  joinParts,
} from './bytes.ts';
import { VaultError } from './errors.ts';
import { currentEpoch, EPOCH_ID_BYTES, epochOf, type KeyRing } from './key-ring.ts';
import { pad, unpad } from './padding.ts';
import { open, seal } from './seal.ts';

const FORMAT = 1;
const HEAD_BYTES = 1 + EPOCH_ID_BYTES + 8;

/** Where a record is. */
export interface RecordAddress {
  readonly table: string;
  readonly id: string;
}

/** What a record says: a value of JSON, or that it is deleted. */
export interface RecordContent {
  readonly value?: unknown;
  readonly deleted?: true;
  /** The record that this is a copy of, made when two devices changed it at once. */
  readonly copyOf?: string;
}

export interface OpenedRecord {
  /** Counts the changes of this record; signed, as it were, by the seal. */
  readonly revision: number;
  readonly content: RecordContent;
}

/** Format (1 byte), epoch (16), revision (8), and the sealed content. */
export async function sealRecord(
  ring: KeyRing,
  address: RecordAddress,
  { revision, content }: OpenedRecord,
): Promise<Bytes> {
  const { id, key } = currentEpoch(ring);
  const head = concat(Uint8Array.of(FORMAT), id, encodeNumber(revision, 8));
  const context = contextOf(ring, address, head);
  return concat(
    head,
    await seal({ key, label: 'record', context }, pad(encodeText(JSON.stringify(content)))),
  );
}

/** Throws `tampered` where it is not what was sealed for this address, and `unknown_epoch`. */
export async function openRecord(
  ring: KeyRing,
  address: RecordAddress,
  envelope: Bytes,
): Promise<OpenedRecord> {
  const head = envelope.slice(0, HEAD_BYTES);
  if (head.length < HEAD_BYTES || head[0] !== FORMAT) throw new VaultError('tampered');
  const epoch = epochOf(ring, head.slice(1, 1 + EPOCH_ID_BYTES));
  const context = contextOf(ring, address, head);
  const padded = await open({ key: epoch.key, label: 'record', context }, envelope.slice(HEAD_BYTES));
  const content = unpad(padded);
  const said = content === undefined ? undefined : parseJson(decodeText(content));
  const revision = decodeNumber(head.slice(1 + EPOCH_ID_BYTES));
  // Numbers above it have no next one.
  if (!isContent(said) || !Number.isSafeInteger(revision)) throw new VaultError('tampered');
  return { revision, content: said };
}

/** The place of a record's epoch among those of the key box; -1: it is none of them. */
export function epochAt({ epochs }: KeyRing, envelope: Bytes): number {
  const id = envelope.slice(1, 1 + EPOCH_ID_BYTES);
  return epochs.findIndex((epoch) => equalBytes(epoch.id, id));
}

function contextOf({ account }: KeyRing, { table, id }: RecordAddress, head: Bytes): Bytes {
  return joinParts('record', account, table, id, head);
}

function isContent(said: unknown): said is RecordContent {
  return isRecord(said) && ('value' in said || said['deleted'] === true);
}
