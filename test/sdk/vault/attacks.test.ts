import { createVault, openVault } from '@plinth/sdk/vault';
import { describe, expect, it } from 'vitest';
import { joinParts, splitParts } from '../../../sdk/src/vault/bytes.ts';
import { encodeCost } from '../../../sdk/src/vault/passphrase.ts';
import { PASSPHRASE, vaultFixture, withBytes } from './fixture.ts';
import { collect, QUICK, streamOf } from './streams.ts';

const fixture = await vaultFixture();
const { app, person } = fixture;
const writer = fixture.first;
const RECORDS = '/v1/storage/records/';
const code = (is: string) => expect.objectContaining({ code: is });
const bytesOf = async (id: string) =>
  new Uint8Array(
    await (
      await fetch(app.url + RECORDS + id, { headers: { authorization: `Bearer ${person.key}` } })
    ).arrayBuffer(),
  );

/** A note that a reader has seen in one version, and the writer has changed since then. */
async function changedNote() {
  const reader = await fixture.open();
  const id = await writer.vault.put('notes', 'zeroth');
  const otherId = await writer.vault.put('notes', 'another');
  await writer.vault.sync();
  const older = await bytesOf(id);
  await writer.vault.put('notes', 'first', id);
  await writer.vault.sync();
  await reader.vault.sync();
  await writer.vault.put('notes', 'second', id);
  await writer.vault.sync();
  return { reader, id, older, other: await bytesOf(otherId) };
}

describe('a server that hands out', () => {
  it.each([
    ['the bytes of another record', 'tampered', ({ other }: { other: Uint8Array<ArrayBuffer> }) => other],
    ['an older version', 'rolled_back', ({ older }: { older: Uint8Array<ArrayBuffer> }) => older],
    ['a version that is cut', 'tampered', (_: object, bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1)],
    [
      'a version with a bit flipped',
      'tampered',
      (_: object, bytes: Uint8Array<ArrayBuffer>) => bytes.with(70, (bytes[70] ?? 0) ^ 4),
    ],
    [
      'a version of a key that nobody has',
      'unknown_epoch',
      (_: object, bytes: Uint8Array<ArrayBuffer>) => bytes.with(1, (bytes[1] ?? 0) ^ 1),
    ],
    ['nothing', 'tampered', () => new Uint8Array()],
  ] as const)('%s is noticed, and the reader keeps what it has', async (_, problem, change) => {
    const { reader, id, ...seen } = await changedNote();
    reader.network.tamper = async (call, answer) =>
      call === `GET ${RECORDS}${id}`
        ? withBytes(answer, change(seen, new Uint8Array(await answer.arrayBuffer())))
        : answer;
    const { problems } = await reader.vault.sync();
    expect(problems).toEqual([{ table: 'notes', id, problem }]);
    expect(await reader.vault.get('notes', id)).toMatchObject({ value: 'first' });
    await expect(reader.vault.put('notes', 'third', id)).rejects.toThrow(code(problem));
    reader.network.tamper = undefined;
    expect((await reader.vault.sync()).problems).toEqual([]);
    expect(await reader.vault.get('notes', id)).toMatchObject({ value: 'second' });
  });

  it('what can not be read gets nothing written over it, until somebody decides so', async () => {
    const { reader, id } = await changedNote();
    await reader.vault.put('notes', 'mine', id);
    const torn = (await bytesOf(id)).slice(0, -1);
    await app.call(person.key, `PUT ${RECORDS}${id}`, {
      body: {
        blob: Buffer.from(torn).toString('base64'),
        checksum: Buffer.from(await crypto.subtle.digest('SHA-256', torn)).toString('hex'),
      },
    });
    const { problems } = await reader.vault.sync();
    expect(problems).toEqual([{ table: 'notes', id, problem: 'tampered' }]);
    expect(await bytesOf(id)).toEqual(torn);
    expect(await reader.vault.get('notes', id)).toMatchObject({ value: 'mine', isPending: true });
    await reader.vault.keepMine('notes', id);
    expect((await reader.vault.sync()).problems).toEqual([]);
    await writer.vault.sync();
    expect(await writer.vault.get('notes', id)).toMatchObject({ value: 'mine' });
  });

  it('a deletion that no device made deletes nothing on devices', async () => {
    const { reader, id } = await changedNote();
    await reader.vault.sync();
    await app.call(person.key, `DELETE ${RECORDS}${id}`);
    expect((await reader.vault.sync()).problems).toEqual([{ table: 'notes', id, problem: 'missing' }]);
    expect(await reader.vault.get('notes', id)).toMatchObject({ value: 'second' });
    await reader.vault.keepMine('notes', id);
    expect((await reader.vault.sync()).problems).toEqual([]);
    await writer.vault.sync();
    expect(await writer.vault.get('notes', id)).toMatchObject({ value: 'second' });
  });

  it('an older key box is noticed by who has seen a newer one', async () => {
    const reader = await fixture.open();
    const [box = ''] = writer.network.calls.filter((call) => call.startsWith(`PUT ${RECORDS}`));
    const id = box.slice(`PUT ${RECORDS}`.length);
    const older = await bytesOf(id);
    await writer.vault.beginEpoch();
    await reader.vault.sync();
    reader.network.tamper = (call, answer) =>
      call === `GET ${RECORDS}${id}` ? withBytes(answer, older) : answer;
    await expect(reader.vault.beginEpoch()).rejects.toThrow(code('rolled_back'));
    await expect(fixture.open(reader)).rejects.toThrow(code('rolled_back'));
  });

  it('a key box that asks for absurd work is told so', async () => {
    const reader = fixture.device();
    reader.network.tamper = async (_, answer) => {
      const [format, , ...rest] = splitParts(new Uint8Array(await answer.arrayBuffer())) ?? [];
      const cost = encodeCost({ memory: 4_194_304, passes: 3, lanes: 4 });
      return withBytes(answer, joinParts(format ?? '', cost, ...rest));
    };
    await expect(openVault(reader.options, { passphrase: PASSPHRASE })).rejects.toThrow(
      code('unsafe_parameters'),
    );
  });
});

it('nothing is written under keys that were not read back as they were written', async () => {
  const other = await app.person('adiuva.team');
  const device = fixture.device(undefined, other);
  device.network.tamper = async (call, answer) => {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return withBytes(
      answer,
      call.startsWith('GET') && answer.ok ? bytes.with(200, (bytes[200] ?? 0) ^ 1) : bytes,
    );
  };
  await expect(createVault(device.options, { passphrase: 'x', cost: QUICK })).rejects.toThrow(
    code('not_confirmed'),
  );
  expect(device.network.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(1);
});

it('who knew the old keys reads nothing new once they are replaced', async () => {
  const other = await app.person('adiuva.team');
  const [kept, lost] = [fixture.device(undefined, other), fixture.device(undefined, other)];
  const { vault } = await createVault(kept.options, { passphrase: 'old', cost: QUICK });
  const thief = await openVault(lost.options, { passphrase: 'old' });
  const id = await vault.put('notes', 'before');
  await vault.sync();
  const recoveryKey = await vault.replaceKeys({ passphrase: 'new', cost: QUICK });
  await vault.put('notes', 'after', id);
  await vault.sync();
  await expect(thief.sync()).rejects.toThrow(code('locked'));
  await expect(openVault(lost.options, { passphrase: 'old' })).rejects.toThrow(code('wrong_passphrase'));
  const recovered = await openVault(lost.options, { recoveryKey });
  await recovered.sync();
  expect(await recovered.get('notes', id)).toMatchObject({ value: 'after' });
});

describe('a backup', () => {
  const content = new Uint8Array(400_000).map((_, index) => index % 253);

  it('comes back as it was, on another device', async () => {
    await writer.vault.backup(streamOf(content), { version: 3 });
    const restored = await (await fixture.open()).vault.restore();
    expect(restored.version).toBe(3);
    expect(Buffer.from(await collect(restored.content)).equals(content)).toBe(true);
  });

  it.each([
    ['cut at a chunk', (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -65_552)],
    ['cut in a chunk', (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1)],
    [
      'with two chunks swapped',
      (bytes: Uint8Array<ArrayBuffer>) =>
        new Uint8Array(
          Buffer.concat([
            bytes.slice(0, 81),
            bytes.slice(65_633, 131_185),
            bytes.slice(81, 65_633),
            bytes.slice(131_185),
          ]),
        ),
    ],
  ])('that comes %s is noticed', async (_, change) => {
    await writer.vault.backup(streamOf(content));
    const reader = await fixture.open();
    reader.network.tamper = async (call, answer) =>
      call === 'GET /v1/backup'
        ? withBytes(answer, change(new Uint8Array(await answer.arrayBuffer())))
        : answer;
    await expect(reader.vault.restore().then((restored) => collect(restored.content))).rejects.toThrow(
      code('tampered'),
    );
  });

  it('in the place of a newer one is noticed by who knows the newer one', async () => {
    await writer.vault.backup(streamOf(content));
    let older: Response | undefined;
    writer.network.tamper = (call, answer) => {
      if (call !== 'GET /v1/backup') return answer;
      older ??= answer;
      return older;
    };
    await writer.vault.restore();
    await writer.vault.backup(streamOf(content));
    await expect(writer.vault.restore()).rejects.toThrow(code('rolled_back'));
    writer.network.tamper = undefined;
  });
});
