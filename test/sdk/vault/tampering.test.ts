import { assertWithin } from '@plinth/testkit/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, encodeText, fromBase64, joinParts, splitParts } from '../../../sdk/src/vault/bytes.ts';
import { decryptStream, encryptStream } from '../../../sdk/src/vault/chunks.ts';
import { createRotation } from '../../../sdk/src/vault/embedding.ts';
import {
  addEpoch,
  changePassphrase,
  createKeyRing,
  openWithPassphrase,
  openWithRecoveryKey,
  reopen,
  replaceKeys,
} from '../../../sdk/src/vault/key-ring.ts';
import { encodeCost } from '../../../sdk/src/vault/passphrase.ts';
import { openRecord, sealRecord } from '../../../sdk/src/vault/records.ts';
import { QUICK, through } from './streams.ts';
import known from './known-answers.json' with { type: 'json' };

const { account, passphrase, recoveryKey } = known;
const keyBox = fromBase64(known.keyBox);
const ring = await openWithRecoveryKey(account, keyBox, recoveryKey);
const HERE = { table: 'notes', id: '0193a000-0000-7000-8000-0000000000a1' };
const code = (is: string) => expect.objectContaining({ code: is });

function flip(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const changed = new Uint8Array(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

describe('a record', () => {
  it('is refused for each bit that is flipped, and for each length that it is cut to', async () => {
    const envelope = await sealRecord(ring, HERE, { revision: 1, content: { value: 'a note' } });
    for (let bit = 0; bit < envelope.length * 8; bit += 1)
      await expect(openRecord(ring, HERE, flip(envelope, bit))).rejects.toMatchObject({
        code: expect.stringMatching(/^(tampered|unknown_epoch)$/),
      });
    for (let length = 0; length < envelope.length; length += 1)
      await expect(openRecord(ring, HERE, envelope.slice(0, length))).rejects.toThrow();
  });

  it('is refused in the place of another, in another table and in another account', async () => {
    const envelope = await sealRecord(ring, HERE, { revision: 1, content: { value: 'a note' } });
    const elsewhere = [
      { ...HERE, id: '0193a000-0000-7000-8000-0000000000a2' },
      { ...HERE, table: 'tasks' },
      { table: HERE.table + HERE.id.slice(0, 1), id: HERE.id.slice(1) },
    ];
    for (const address of elsewhere)
      await expect(openRecord(ring, address, envelope)).rejects.toThrow(code('tampered'));
    await expect(openRecord({ ...ring, account: 'another' }, HERE, envelope)).rejects.toThrow(
      code('tampered'),
    );
  });

  it('opens as what was written, and its length tells little', async () => {
    const lengths = new Set<number>();
    await assertWithin(
      fc.asyncProperty(fc.jsonValue(), fc.nat(), async (value, revision) => {
        const envelope = await sealRecord(ring, HERE, { revision, content: { value } });
        if (JSON.stringify(value).length < 200) lengths.add(envelope.length);
        const opened = await openRecord(ring, HERE, envelope);
        expect(JSON.stringify(opened)).toBe(JSON.stringify({ revision, content: { value } }));
      }),
      { numRuns: 300, within: 10_000 },
    );
    expect(lengths.size).toBe(1);
  });
});

describe('a file', () => {
  const content = new Uint8Array(300_000).map((_, index) => index % 251);
  const HEAD = 81;
  const CHUNK = 65_552;
  const cut = (file: Uint8Array) => ({
    head: file.slice(0, HEAD),
    chunks: Array.from({ length: (file.length - HEAD) / CHUNK }, (_, at) =>
      file.slice(HEAD + at * CHUNK, HEAD + (at + 1) * CHUNK),
    ),
  });

  it('comes back as it was, in pieces of any size', async () => {
    await assertWithin(
      fc.asyncProperty(
        fc.nat(200_000),
        fc.integer({ min: 500, max: 200_000 }),
        fc.integer({ min: 500, max: 200_000 }),
        async (length, piece, sealedPiece) => {
          const some = content.slice(0, length);
          const file = await through(encryptStream(ring, 'f'), some, piece);
          const back = await through(decryptStream(ring, 'f'), file, sealedPiece);
          expect(Buffer.from(back).equals(some)).toBe(true);
        },
      ),
      { numRuns: 40, within: 10_000 },
    );
  });

  it('is refused when anything of it is changed, cut, swapped, repeated, or taken from another file', async () => {
    const file = await through(encryptStream(ring, 'f'), content);
    const other = cut(await through(encryptStream(ring, 'f'), content));
    const { head, chunks } = cut(file);
    expect(chunks).toHaveLength(5);
    const at = fc.nat(chunks.length - 1);
    const changed = fc.oneof(
      fc.nat(file.length * 8 - 1).map((bit) => flip(file, bit)),
      fc.nat(HEAD * 8 - 1).map((bit) => flip(file, bit)),
      fc.nat(file.length - 1).map((length) => file.slice(0, length)),
      at.map((count) => concat(head, ...chunks.slice(0, count))),
      fc.uint8Array({ minLength: 1, maxLength: 70_000 }).map((more) => concat(file, more)),
      fc
        .tuple(at, at)
        .filter(([one, two]) => one !== two)
        .map(([one, two]) => {
          const list = [...chunks];
          [list[one], list[two]] = [list[two] ?? head, list[one] ?? head];
          return concat(head, ...list);
        }),
      at.map((one) => concat(head, ...chunks.slice(0, one + 1), ...chunks.slice(one))),
      at.map((one) => concat(head, ...chunks.with(one, other.chunks[one] ?? head))),
      fc.constant(concat(other.head, ...chunks)),
    );
    await assertWithin(
      fc.asyncProperty(changed, async (bytes) => {
        await expect(through(decryptStream(ring, 'f'), bytes)).rejects.toMatchObject({
          code: expect.stringMatching(/^(tampered|unknown_epoch)$/),
        });
      }),
      { numRuns: 300, within: 20_000 },
    );
    await expect(through(decryptStream(ring, 'g'), file)).rejects.toThrow(code('tampered'));
  });

  it('is read no faster than it is taken', async () => {
    let read = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(out) {
          read += 1;
          out.enqueue(new Uint8Array(65_536));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source
      .pipeThrough(encryptStream(ring, 'f'))
      .pipeThrough(decryptStream(ring, 'f'))
      .getReader();
    for (let taken = 1; taken < 50; taken += 1) {
      await reader.read();
      expect(read).toBeLessThan(taken + 12);
    }
    await reader.cancel();
  });
});

describe('a key box', () => {
  it('is refused for each bit that is flipped', async () => {
    for (let bit = 0; bit < keyBox.length * 8; bit += 1)
      await expect(reopen(ring, flip(keyBox, bit))).rejects.toThrow();
  });

  it('is not made for an empty passphrase', async () => {
    for (const empty of ['', ' ', '\u00a0', '\u200b\u3164'])
      await expect(createKeyRing(account, { passphrase: empty, cost: QUICK })).rejects.toThrow(
        code('empty_passphrase'),
      );
  });

  it('opens by no other passphrase and no other recovery key, and says which it was', async () => {
    await expect(openWithPassphrase(account, keyBox, `${passphrase} `)).rejects.toThrow(
      code('wrong_passphrase'),
    );
    await expect(openWithPassphrase('another', keyBox, passphrase)).rejects.toThrow(code('wrong_passphrase'));
    const other = await createKeyRing(account, { passphrase, cost: QUICK });
    await expect(openWithRecoveryKey(account, keyBox, other.recoveryKey)).rejects.toThrow(
      code('wrong_recovery_key'),
    );
    for (const [index, letter] of Array.from(recoveryKey).entries()) {
      const typed = recoveryKey.slice(0, index) + (letter === '7' ? '8' : '7') + recoveryKey.slice(index + 1);
      await expect(openWithRecoveryKey(account, keyBox, typed)).rejects.toThrow(
        code('mistyped_recovery_key'),
      );
    }
  });

  it.each([
    { memory: 4_194_304, passes: 3, lanes: 4 },
    { memory: 65_536, passes: 4_000_000_000, lanes: 4 },
    { memory: 65_536, passes: 3, lanes: 255 },
    { memory: 8, passes: 1, lanes: 1 },
    { memory: 65_536, passes: 0, lanes: 0 },
  ])(
    'that asks for $memory KiB, $passes passes and $lanes lanes is refused without any work',
    async (cost) => {
      const [format, , ...rest] = splitParts(keyBox) ?? [];
      const hostile = joinParts(format ?? '', encodeCost(cost), ...rest);
      await expect(openWithPassphrase(account, hostile, passphrase)).rejects.toThrow(
        code('unsafe_parameters'),
      );
    },
  );

  it('with a new passphrase opens by no old one, and with the lock of an older box by none', async () => {
    const next = await changePassphrase(ring, { passphrase: 'another one', cost: QUICK });
    await expect(openWithPassphrase(account, next.bytes, passphrase)).rejects.toThrow(
      code('wrong_passphrase'),
    );
    const opened = await openWithPassphrase(account, next.bytes, 'another one');
    expect(opened.revision).toBe(ring.revision + 1);
    const [format, cost, salt, lock] = splitParts(keyBox) ?? [];
    const [, , , , recovery, body] = splitParts(next.bytes) ?? [];
    const none = encodeText('');
    const mixed = joinParts(
      format ?? none,
      cost ?? none,
      salt ?? none,
      lock ?? none,
      recovery ?? none,
      body ?? none,
    );
    await expect(openWithPassphrase(account, mixed, passphrase)).rejects.toThrow(code('tampered'));
  });

  it('with a new epoch opens what is older, and what is newer opens with no older box', async () => {
    const older = await sealRecord(ring, HERE, { revision: 1, content: { value: 1 } });
    const next = await addEpoch(ring);
    expect(await openRecord(next, HERE, older)).toMatchObject({ content: { value: 1 } });
    const newer = await sealRecord(next, HERE, { revision: 2, content: { value: 2 } });
    await expect(openRecord(ring, HERE, newer)).rejects.toThrow(code('unknown_epoch'));
  });

  it('with new keys shuts out who knows the old master key, passphrase and recovery key', async () => {
    const { ring: next, recoveryKey: another } = await replaceKeys(ring, { passphrase: 'new', cost: QUICK });
    await expect(reopen(ring, next.bytes)).rejects.toThrow(code('locked'));
    await expect(openWithPassphrase(account, next.bytes, passphrase)).rejects.toThrow(
      code('wrong_passphrase'),
    );
    await expect(openWithRecoveryKey(account, next.bytes, recoveryKey)).rejects.toThrow(
      code('wrong_recovery_key'),
    );
    const older = await sealRecord(ring, HERE, { revision: 1, content: { value: 1 } });
    const opened = await openWithRecoveryKey(account, next.bytes, another);
    expect(await openRecord(opened, HERE, older)).toMatchObject({ content: { value: 1 } });
  });
});

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

describe('a rotation of vectors', () => {
  const vectors = fc.integer({ min: 1, max: 400 }).chain((length) => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
    return fc.tuple(vector, vector);
  });

  it('keeps all products of two vectors', async () => {
    const rotate = createRotation(ring);
    await assertWithin(
      fc.asyncProperty(vectors, async ([one, other]) => {
        expect(dot(await rotate(one), await rotate(other))).toBeCloseTo(dot(one, other), 9);
      }),
      { numRuns: 200, within: 10_000 },
    );
  });

  it('spreads one number over all of a vector, and outlives new keys', async () => {
    const unit = Array.from({ length: 768 }, (_, index) => (index === 5 ? 1 : 0));
    const rotated = await createRotation(ring)(unit);
    expect(Math.max(...rotated.map(Math.abs))).toBeLessThan(0.25);
    expect(await createRotation(await addEpoch(ring))(unit)).toEqual(rotated);
  });
});
