import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';

/** The formats of docs/vault.md written a second time, on other libraries: what both agree on is what the page says. */
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const parts = (...all: readonly (string | Buffer)[]) =>
  Buffer.concat(all.flatMap((part) => [u32(Buffer.byteLength(part)), Buffer.from(part)]));

interface Place {
  readonly secret: Buffer;
  readonly label: string;
  readonly context: Buffer;
}

function keysOf({ secret, label, context }: Place, salt: Buffer) {
  const digest = createHash('sha256').update(context).digest();
  const info = Buffer.concat([Buffer.from(`plinth vault 1 ${label}\0`), digest]);
  const bytes = Buffer.from(hkdfSync('sha256', secret, salt, info, 64));
  return { cipher: bytes.subarray(0, 32), commitment: bytes.subarray(32) };
}

function openSealed(place: Place, box: Buffer): Buffer {
  const { cipher, commitment } = keysOf(place, box.subarray(0, 32));
  if (!commitment.equals(box.subarray(32, 64))) throw new Error('another key');
  const decipher = createDecipheriv('aes-256-gcm', cipher, Buffer.alloc(12));
  decipher.setAAD(place.context).setAuthTag(box.subarray(-16));
  return Buffer.concat([decipher.update(box.subarray(64, -16)), decipher.final()]);
}

export interface OtherKeys {
  readonly account: string;
  readonly revision: bigint;
  readonly ended: number;
  readonly epochs: readonly { readonly id: Buffer; readonly secret: Buffer }[];
}

export async function openKeyBox(account: string, passphrase: string, box: Buffer): Promise<OtherKeys> {
  const fields: Buffer[] = [];
  for (let at = 0; at < box.length; at += 4 + box.readUInt32BE(at))
    fields.push(box.subarray(at + 4, at + 4 + box.readUInt32BE(at)));
  const [format, cost, salt, passphraseBox, recoveryBox, body] = fields;
  if (!format || !cost || !salt || !passphraseBox || !recoveryBox || !body) throw new Error('no key box');
  const secret = await hashRaw(Buffer.from(passphrase.normalize('NFC')), {
    salt,
    memoryCost: cost.readUInt32BE(0),
    timeCost: cost.readUInt32BE(4),
    parallelism: cost.readUInt32BE(8),
    outputLen: 32,
  });
  const locked = { secret, label: 'passphrase', context: parts(account, cost, salt) };
  const master = openSealed(locked, passphraseBox);
  const head = parts(format, cost, salt, passphraseBox, recoveryBox);
  const keys = openSealed({ secret: master, label: 'keys', context: parts(account, head) }, body);
  const isFirst = format.toString() === 'plinth vault keys 1';
  const start = isFirst ? 8 : 12;
  const ended = isFirst ? 0 : keys.readUInt32BE(8);
  const epochs = Array.from({ length: (keys.length - start) / 48 }, (_, index) => {
    const at = start + index * 48;
    return { id: keys.subarray(at, at + 16), secret: keys.subarray(at + 16, at + 48) };
  });
  return { account, revision: keys.readBigUInt64BE(0), ended, epochs };
}

function epochOf({ epochs }: OtherKeys, id: Buffer): Buffer {
  const found = epochs.find((epoch) => epoch.id.equals(id));
  if (found === undefined) throw new Error('no such epoch');
  return found.secret;
}

export function openRecord(
  keys: OtherKeys,
  { table, id }: { readonly table: string; readonly id: string },
  envelope: Buffer,
): { readonly revision: bigint; readonly content: unknown } {
  const head = envelope.subarray(0, 25);
  const context = parts('record', keys.account, table, id, head);
  const secret = epochOf(keys, head.subarray(1, 17));
  const padded = openSealed({ secret, label: 'record', context }, envelope.subarray(25));
  const content: unknown = JSON.parse(padded.subarray(0, padded.lastIndexOf(0x80)).toString());
  return { revision: head.readBigUInt64BE(17), content };
}

/** A file of one chunk. */
export function sealFile(
  keys: OtherKeys,
  { name, salt, content }: { readonly name: string; readonly salt: Buffer; readonly content: string },
): Buffer {
  const [epoch] = keys.epochs;
  if (epoch === undefined) throw new Error('no epoch');
  const context = parts('stream', keys.account, name);
  const { cipher, commitment } = keysOf({ secret: epoch.secret, label: 'stream', context }, salt);
  const sealing = createCipheriv(
    'aes-256-gcm',
    cipher,
    Buffer.concat([Buffer.alloc(11), Buffer.of(1)]),
  ).setAAD(context);
  const plain = Buffer.alloc(65_536);
  u32(Buffer.byteLength(content)).copy(plain);
  Buffer.from(content).copy(plain, 4);
  const head = Buffer.concat([Buffer.of(2), epoch.id, salt, commitment]);
  return Buffer.concat([head, sealing.update(plain), sealing.final(), sealing.getAuthTag()]);
}
