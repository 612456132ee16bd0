import { createVault, openVault } from '@plinth/sdk/vault';
import { describe, expect, it } from 'vitest';
import { joinParts, splitParts } from '../../../sdk/src/vault/bytes.ts';
import { openWithPassphrase } from '../../../sdk/src/vault/key-ring.ts';
import { keyBoxAddress } from '../../../sdk/src/vault/keys.ts';
import { encodeCost } from '../../../sdk/src/vault/passphrase.ts';
import { sealRecord } from '../../../sdk/src/vault/records.ts';
import { PASSPHRASE, vaultFixture, withBytes } from './fixture.ts';
import { collect, QUICK, streamOf } from './streams.ts';

const fixture = await vaultFixture();
const { app, person } = fixture;
const writer = fixture.first;
const RECORDS = '/v1/storage/records/';
const code = (is: string) => expect.objectContaining({ code: is });
const bytesOf = async (id: string, key = person.key) =>
  new Uint8Array(
    await (
      await fetch(app.url + RECORDS + id, { headers: { authorization: `Bearer ${key}` } })
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

  it('several records at once, of which some are swapped or no bytes at all, is noticed of each by itself', async () => {
    const reader = await fixture.open();
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map((value) => writer.vault.put('several', value)));
    await writer.vault.sync();
    type Listed = { readonly id: string; readonly blob: string };
    const tamper = (change: (data: Listed[]) => object) => {
      reader.network.tamper = async (call, answer) =>
        call === `POST ${RECORDS}read`
          ? Response.json(change(((await answer.json()) as { data: Listed[] }).data))
          : answer;
    };
    tamper((data) => {
      const blobs = new Map(data.map(({ id, blob }) => [id, blob]));
      const [a = '', b = '', c = ''] = ids;
      const shown = new Map([...blobs, [a, blobs.get(b)], [b, blobs.get(a)], [c, 'no base64 …']]);
      return { data: data.map((one) => ({ ...one, blob: shown.get(one.id) })), left: [] };
    });
    const problems = ids.slice(0, 3).map((id) => ({ table: 'several', id, problem: 'tampered' }));
    expect((await reader.vault.sync()).problems).toEqual(expect.arrayContaining(problems));
    expect(await reader.vault.list('several')).toMatchObject([{ value: 'd' }]);
    // Where it says of all that they have no room, they come one by one.
    tamper((data) => ({ data: [], left: data.map(({ id }) => id) }));
    expect((await reader.vault.sync()).problems).toEqual([]);
    expect(await reader.vault.list('several')).toHaveLength(4);
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

/** A person whose keys a thief has copied, with a note, on a device that replaces the keys, and one that does not know of it. */
async function stolenKeys() {
  const other = await app.person('adiuva.team');
  const { accountId, key } = other;
  const [kept, behind] = [fixture.device(undefined, other), fixture.device(undefined, other)];
  const { vault } = await createVault(kept.options, { passphrase: 'old', cost: QUICK });
  const id = await vault.put('notes', 'before');
  await vault.sync();
  const away = await openVault(behind.options, { passphrase: 'old' });
  await away.sync();
  const stolen = await openWithPassphrase(
    accountId,
    await bytesOf((await keyBoxAddress(accountId)).id, key),
    'old',
  );
  const forge = async (at: string, headers: Readonly<Record<string, string>> = {}) => {
    const content = { revision: 99, content: { value: 'forged' } };
    const bytes = await sealRecord(stolen, { table: 'notes', id: at }, content);
    const checksum = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
    const body = { table: 'notes', blob: Buffer.from(bytes).toString('base64'), checksum };
    await app.call(key, `PUT ${RECORDS}${at}`, { body, headers });
  };
  const reopen = () => openVault(behind.options, { passphrase: 'new' });
  const fresh = async () => {
    const opened = await openVault(fixture.device(undefined, other).options, { passphrase: 'new' });
    return { vault: opened, ...(await opened.sync()) };
  };
  return { kept, vault, behind, away, id, forge, reopen, fresh };
}
const NEW_LOCK = { passphrase: 'new', cost: QUICK };

describe('who knew the old keys, once they are replaced,', () => {
  it('forges no later version and no new record that a device takes, and people decide', async () => {
    const { vault, id, forge, fresh } = await stolenKeys();
    await vault.replaceKeys(NEW_LOCK);
    await vault.sync();
    const made = crypto.randomUUID();
    await Promise.all([forge(id), forge(made, { 'if-none-match': '*' })]);
    const problem = 'ended_epoch';
    const both = expect.arrayContaining([
      { table: 'notes', id, problem },
      { table: 'notes', id: made, problem },
    ]);
    expect((await vault.sync()).problems).toEqual(both);
    const reader = await fresh();
    expect(reader.problems).toEqual(both);
    expect(await reader.vault.list('notes')).toEqual([]);
    expect(await vault.list('notes')).toMatchObject([{ id, value: 'before' }]);
    await vault.keepMine('notes', id);
    await vault.keepTheirs('notes', made);
    expect((await vault.sync()).problems).toEqual([]);
    expect((await reader.vault.sync()).problems).toEqual([]);
    expect(await reader.vault.get('notes', id)).toMatchObject({ value: 'before' });
    expect(await reader.vault.get('notes', made)).toMatchObject({ value: 'forged' });
  });

  it('finds what was written before in place: it opens on a new device, and a device that was away brings its own', async () => {
    const { vault, away, id, reopen, fresh } = await stolenKeys();
    const written = await away.put('notes', 'written without a network');
    const late = await vault.put('notes', 'not sent yet');
    await vault.replaceKeys(NEW_LOCK);
    await vault.sync();
    await expect(away.sync()).rejects.toThrow(code('locked'));
    expect((await (await reopen()).sync()).problems).toEqual([]);
    const reader = await fresh();
    expect(reader.problems).toEqual([]);
    const values = new Map((await reader.vault.list('notes')).map((one) => [one.id, one.value]));
    expect(values).toEqual(
      new Map([
        [id, 'before'],
        [late, 'not sent yet'],
        [written, 'written without a network'],
      ]),
    );
  });

  it('gets no forgery sealed anew by a device that the server kept in the dark', async () => {
    const { vault, behind, away, forge, reopen, fresh } = await stolenKeys();
    await vault.replaceKeys(NEW_LOCK);
    await vault.sync();
    const made = crypto.randomUUID();
    await forge(made, { 'if-none-match': '*' });
    behind.network.tamper = async (call, answer) => {
      if (call !== 'GET /v1/storage/changes') return answer;
      const page = (await answer.json()) as { changes: { id: string }[] };
      const changes = page.changes.filter((one) => one.id === made);
      return Response.json({ ...page, changes });
    };
    await away.sync();
    expect(await away.get('notes', made)).toMatchObject({ value: 'forged' });
    behind.network.tamper = undefined;
    const reopened = await reopen();
    const named = [{ table: 'notes', id: made, problem: 'ended_epoch' }];
    expect((await reopened.sync()).problems).toEqual(expect.arrayContaining(named));
    await reopened.reencrypt();
    // News that were withheld are asked for by name.
    expect((await reopened.sync()).problems).toEqual(named);
    expect((await fresh()).problems).toEqual(named);
  });

  it('makes no backup, file or value of a vector that opens unasked', async () => {
    const { vault } = await stolenKeys();
    const content = Buffer.from('content');
    const file = await collect(streamOf(content).pipeThrough(vault.encrypt('f')));
    await vault.backup(streamOf(content));
    await vault.vectors.upsert([{ id: 'v', embedding: [1, 2, 3], value: 'of a vector', revision: 0 }]);
    await vault.replaceKeys(NEW_LOCK);
    const openings = [
      async (options?: { acceptEnded: boolean }) => collect((await vault.restore(options)).content),
      (options?: { acceptEnded: boolean }) =>
        collect(streamOf(new Uint8Array(file)).pipeThrough(vault.decrypt('f', options))),
    ];
    for (const opening of openings) {
      await expect(opening()).rejects.toThrow(code('ended_epoch'));
      expect(Buffer.from(await opening({ acceptEnded: true })).toString()).toBe('content');
    }
    expect(await vault.vectors.search([1, 2, 3])).toMatchObject([{ id: 'v', problem: 'ended_epoch' }]);
  });

  it('is shut out also where the device is switched off before it has sealed all anew', async () => {
    const { vault, kept, id, fresh } = await stolenKeys();
    const { write } = kept.store;
    kept.store.write = async (change) => {
      if (change.records?.some(({ isPending }) => isPending)) throw new Error('no power');
      await write(change);
    };
    await expect(vault.replaceKeys(NEW_LOCK)).rejects.toThrow('no power');
    kept.store.write = write;
    expect((await fresh()).problems).toEqual([{ table: 'notes', id, problem: 'ended_epoch' }]);
    const restarted = await openVault(kept.options, { passphrase: 'new' });
    expect(await restarted.sync()).toMatchObject({ sent: 1, problems: [] });
    expect((await fresh()).problems).toEqual([]);
  });
});

it('a record of an older key than the version that was seen of it is refused', async () => {
  const { vault, id, forge } = await stolenKeys();
  await vault.beginEpoch();
  await vault.put('notes', 'later', id);
  await vault.sync();
  await forge(id);
  expect((await vault.sync()).problems).toEqual([{ table: 'notes', id, problem: 'ended_epoch' }]);
  expect(await vault.get('notes', id)).toMatchObject({ value: 'later' });
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

  it('of the history is read by its id, although there is a newer one', async () => {
    await writer.vault.backup(streamOf(content));
    await writer.vault.backup(streamOf(content.slice(0, 10)));
    const [, older] = await writer.options.client.call('GET /v1/backup/history', {});
    const restored = await writer.vault.restore({ id: older?.id ?? '' });
    expect(Buffer.from(await collect(restored.content)).equals(content)).toBe(true);
  });
});
