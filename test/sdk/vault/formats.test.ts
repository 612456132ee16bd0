import { createHash } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { argon2id } from '@noble/hashes/argon2.js';
import { expect, it } from 'vitest';
import { fromBase64, toHex } from '../../../sdk/src/vault/bytes.ts';
import { decryptStream, encryptStream, sealedLength } from '../../../sdk/src/vault/chunks.ts';
import { createRotation } from '../../../sdk/src/vault/embedding.ts';
import { openWithPassphrase, openWithRecoveryKey, replaceKeys } from '../../../sdk/src/vault/key-ring.ts';
import { paddedLength } from '../../../sdk/src/vault/padding.ts';
import { stretchPassphrase } from '../../../sdk/src/vault/passphrase.ts';
import { openRecord, sealRecord } from '../../../sdk/src/vault/records.ts';
import { QUICK, through } from './streams.ts';
import known from './known-answers.json' with { type: 'json' };
import * as other from './other-implementation.ts';

const { account, passphrase, recoveryKey } = known;
const keyBox = fromBase64(known.keyBox);
const ring = await openWithPassphrase(account, keyBox, passphrase);
const theirs = await other.openKeyBox(account, passphrase, Buffer.from(keyBox));

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);

it('Argon2id of the package gives the answer of RFC 9106, 5.3', () => {
  const tag = argon2id(fill(32, 1), fill(16, 2), {
    t: 3,
    m: 32,
    p: 4,
    key: fill(8, 3),
    personalization: fill(12, 4),
    dkLen: 32,
  });
  expect(toHex(tag)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
});

it('Argon2id of the package gives what a native implementation gives', async () => {
  const salt = new Uint8Array(16).fill(9);
  const cost = { memory: 20_000, passes: 2, lanes: 3 };
  const stretched = await stretchPassphrase('e\u0301tude', salt, cost);
  const native = await hashRaw('\u00e9tude', {
    salt,
    memoryCost: 20_000,
    timeCost: 2,
    parallelism: 3,
    outputLen: 32,
  });
  expect(toHex(stretched)).toBe(toHex(native));
});

it('a key box that was kept opens by passphrase and by recovery key, here and in a second implementation', async () => {
  const recovered = await openWithRecoveryKey(account, keyBox, recoveryKey.toLowerCase().replace(/-/g, ' '));
  expect(recovered.epochs.map(({ id, secret }) => [toHex(id), toHex(secret)])).toEqual(
    theirs.epochs.map(({ id, secret }) => [toHex(id), toHex(secret)]),
  );
  expect(ring.revision).toBe(Number(theirs.revision));
});

it('a key box of the first format has no epoch that has ended, and its next one says how many have', async () => {
  expect([ring.ended, theirs.ended]).toEqual([0, 0]);
  const next = await replaceKeys(ring, { passphrase, cost: QUICK });
  const bytes = Buffer.from(next.ring.bytes);
  const here = await openWithPassphrase(account, next.ring.bytes, passphrase);
  for (const { ended, epochs } of [here, await other.openKeyBox(account, passphrase, bytes)])
    expect([ended, epochs.length]).toEqual([ring.epochs.length, ring.epochs.length + 1]);
});

it('a record that was kept opens, and one that is written now opens in a second implementation', async () => {
  const { envelope, revision, content, ...address } = known.record;
  expect(await openRecord(ring, address, fromBase64(envelope))).toEqual({
    revision,
    content,
  });
  const anew = await sealRecord(ring, address, { revision: 8, content });
  expect(other.openRecord(theirs, address, Buffer.from(anew))).toEqual({ revision: 8n, content });
});

it('a file that a second implementation wrote opens, and is written as it was', async () => {
  const { name, content, salt, sha256 } = known.file;
  const file = other.sealFile(theirs, { name, content, salt: Buffer.from(salt, 'base64') });
  expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
  expect(Buffer.from(await through(decryptStream(ring, name), file)).toString()).toBe(content);
  const anew = await through(encryptStream(ring, name), Buffer.from(content));
  const salted = { name, content, salt: Buffer.from(anew.slice(17, 49)) };
  expect(Buffer.from(anew).equals(other.sealFile(theirs, salted))).toBe(true);
  expect(anew.length).toBe(sealedLength(content.length));
});

it('a vector is rotated as it was, bit by bit', async () => {
  expect(await createRotation(ring)(known.rotation.embedding)).toEqual(known.rotation.rotated);
});

it.each([
  [1, 1],
  [9, 10],
  [1_000, 1_024],
  [1_000_000, 1_015_808],
  [5_000_000_000, 5_033_164_800],
])('Padmé lengthens %i to %i', (length, padded) => {
  expect(paddedLength(length)).toBe(padded);
});
