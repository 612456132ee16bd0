import { memoryStore, openVault, type StoreChange, type Vault, type VaultStore } from '@plinth/sdk/vault';
import { assertWithin } from '@plinth/testkit/property';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isThorough } from '@plinth/testkit/thorough';
import { type Device, vaultFixture } from './fixture.ts';

const fixture = await vaultFixture();
const TABLE = 'notes';

const step = fc.record({
  by: fc.nat(1),
  does: fc.constantFrom(
    ...'put put put put new new delete sync sync sync cut cut kill epoch reencrypt'.split(' '),
  ),
  pick: fc.nat(1_000),
  callsLeft: fc.nat(25),
  losesAnswer: fc.boolean(),
});

/** The power fails while a change is written: before it, or when it is just there. */
class PowerCut extends Error {}

function failingStore(store: VaultStore, power: { writesLeft: number; keeps: boolean }): VaultStore {
  return {
    ...store,
    async write(change: StoreChange) {
      power.writesLeft -= 1;
      if (power.writesLeft >= 0) return store.write(change);
      if (power.keeps) await store.write(change);
      throw new PowerCut();
    },
  };
}

interface Running extends Device {
  vault: Vault;
  readonly power: { writesLeft: number; keeps: boolean };
}

async function start(): Promise<Running> {
  const power = { writesLeft: Infinity, keeps: false };
  const kept = memoryStore();
  const device = fixture.device(failingStore(kept, power));
  return { ...(await fixture.open(device)), power };
}

async function restart(device: Running): Promise<void> {
  device.network.callsLeft = Infinity;
  device.power.writesLeft = Infinity;
  device.vault = await openVault(device.options, { recoveryKey: fixture.recoveryKey });
}

const shown = async ({ vault }: Running) =>
  (await vault.list(TABLE))
    .map(({ id, value, copyOf, isPending }) => ({ id, value, copyOf, isPending }))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));

it('two devices that write at random, cut off and killed at random, are equal in the end, and nothing is lost', async () => {
  const steps = isThorough ? 2_000 : 200;
  const plans = fc.array(step, { minLength: steps, maxLength: steps });
  await assertWithin(
    fc.asyncProperty(plans, async (plan) => {
      const devices = [await start(), await start()] as const;
      let written = 0;
      const known = new Set<number>();
      const replaced = new Set<unknown>();
      for (const { by, does, pick, callsLeft, losesAnswer } of plan) {
        const device = devices[by === 0 ? 0 : 1];
        const list = await device.vault.list(TABLE);
        const one = list[pick % Math.max(1, list.length)];
        device.network.losesAnswer = losesAnswer;
        if (does === 'put' || does === 'new') {
          const id = does === 'new' ? undefined : one?.id;
          await device.vault.put(TABLE, (written += 1), id);
          known.add(written);
          if (id !== undefined) replaced.add(one?.value);
        } else if (does === 'delete' && one !== undefined) {
          await device.vault.delete(TABLE, one.id);
          replaced.add(one.value);
        } else if (does === 'sync' || does === 'cut' || does === 'kill') {
          if (does === 'cut') device.network.callsLeft = callsLeft;
          if (does === 'kill') Object.assign(device.power, { writesLeft: callsLeft, keeps: losesAnswer });
          const error = await device.vault.sync().then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error !== undefined && does === 'sync') throw error;
          if (does === 'kill') await restart(device);
          device.network.callsLeft = Infinity;
        } else if (does === 'epoch' && pick % 10 === 0) {
          await device.vault.beginEpoch();
        } else if (does === 'reencrypt') {
          await device.vault.reencrypt();
        }
      }
      for (const { vault } of [...devices, ...devices, ...devices])
        expect((await vault.sync()).problems).toEqual([]);
      const [mine, theirs] = [await shown(devices[0]), await shown(devices[1])];
      expect(mine).toEqual(theirs);
      expect(mine.filter(({ isPending }) => isPending)).toEqual([]);
      const values = new Set(mine.map(({ value }) => value));
      expect([...known].filter((value) => !values.has(value) && !replaced.has(value))).toEqual([]);
      for (const { id } of mine) await devices[0].vault.delete(TABLE, id);
      await devices[0].vault.sync();
    }),
    { numRuns: 3, within: 20_000 },
  );
});

it('two devices that set up a vault at once have one vault', async () => {
  const { createVault } = await import('@plinth/sdk/vault');
  const person = await fixture.app.person('adiuva.team');
  const [one, other] = [fixture.device(memoryStore(), person), fixture.device(memoryStore(), person)];
  const lock = { passphrase: 'the same on both', cost: { memory: 19_456, passes: 2, lanes: 1 } };
  const [first, second] = await Promise.all([
    createVault(one.options, lock),
    createVault(other.options, lock),
  ]);
  expect([first, second].filter(({ recoveryKey }) => recoveryKey === undefined)).toHaveLength(1);
  const id = await first.vault.put(TABLE, 'of the first');
  await first.vault.sync();
  await second.vault.sync();
  expect(await second.vault.get(TABLE, id)).toMatchObject({ value: 'of the first' });
});

it('a device that was away for longer than changes are kept takes everything, and names what is gone', async () => {
  const writer = fixture.first;
  const away = await start();
  const [changed = '', kept = '', gone = ''] = await Promise.all(
    ['changed', 'kept', 'gone'].map((value) => writer.vault.put('far', value)),
  );
  await writer.vault.sync();
  await away.vault.sync();
  await writer.vault.put('far', 'changed again', changed);
  const added = await writer.vault.put('far', 'added');
  await writer.vault.sync();
  await fixture.app.call(fixture.person.key, `DELETE /v1/storage/records/${gone}`);
  const tooOld = { error: { code: 'changes_gone', message: 'Too long ago.', request_id: 'r' } };
  let refused = 0;
  away.network.tamper = (call, answer) =>
    call === 'GET /v1/storage/changes' && (refused += 1) === 1
      ? Response.json(tooOld, { status: 410 })
      : answer;
  expect((await away.vault.sync()).problems).toEqual([{ table: 'far', id: gone, problem: 'missing' }]);
  const values = new Map((await away.vault.list('far')).map(({ id, value }) => [id, value]));
  expect(values).toEqual(
    new Map([
      [changed, 'changed again'],
      [kept, 'kept'],
      [gone, 'gone'],
      [added, 'added'],
    ]),
  );
  // From then on it asks for what is new.
  away.network.calls.length = 0;
  await away.vault.sync();
  expect(away.network.calls).toEqual(['GET /v1/storage/changes']);
});

it('two tabs that write and sync at once on one store lose nothing of each other', async () => {
  const kept = memoryStore();
  let last: Promise<unknown> = Promise.resolve();
  const store: VaultStore = {
    ...kept,
    exclusive<T>(work: () => Promise<T>): Promise<T> {
      const mine = last.then(work);
      last = mine.catch(() => {});
      return mine;
    },
  };
  const tabs = [await fixture.open(fixture.device(store)), await fixture.open(fixture.device(store))];
  const written = await Promise.all(
    tabs.map(async ({ vault }, tab) => {
      const id = await vault.put('tabs', [tab, 0]);
      for (let at = 1; at < 12; at += 1) {
        await vault.put('tabs', [tab, at], id);
        await vault.put('tabs', [tab, `and ${at}`]);
        await vault.sync();
      }
      return id;
    }),
  );
  for (const { vault } of tabs) await vault.sync();
  const other = await fixture.open();
  await other.vault.sync();
  const lists = await Promise.all([...tabs, other].map(({ vault }) => vault.list('tabs')));
  for (const list of lists) {
    expect(list).toHaveLength(2 + 2 * 11);
    for (const [tab, id] of written.entries())
      expect(list.find((one) => one.id === id)).toMatchObject({ value: [tab, 11], isPending: false });
  }
});

it('a sync waits as long as the server asks, however often, and goes on where it was', async () => {
  const { vault, network } = await start();
  await Promise.all(Array.from({ length: 20 }, (_, at) => vault.put('patient', at)));
  let refused = 0;
  const limited = { error: { code: 'limit_exceeded', message: 'too often', details: {} } };
  network.tamper = (call, answer) => {
    if (!call.startsWith('GET /v1/storage') || (refused += 1) > 9) return answer;
    return Response.json(limited, { status: 429, headers: { 'retry-after': '90' } });
  };
  network.waits.length = 0;
  expect(await vault.sync()).toMatchObject({ sent: 20, problems: [] });
  expect(network.waits.filter((wait) => wait === 90_000)).toHaveLength(9);
  network.tamper = () => Response.json(limited, { status: 429, headers: { 'retry-after': '86400' } });
  await expect(vault.sync()).rejects.toMatchObject({ code: 'limit_exceeded', retryAfter: 86_400 });
  const leaving = new AbortController();
  const left = new Error('the page is closed');
  network.tamper = () => {
    if ((refused += 1) > 20) leaving.abort(left);
    return Response.json(limited, { status: 429, headers: { 'retry-after': '90' } });
  };
  await expect(vault.sync({ signal: leaving.signal })).rejects.toBe(left);
  network.tamper = undefined;
  expect((await vault.sync()).problems).toEqual([]);
});

it('150 notes on Pro are sent, and taken by another device, in a few calls of which none is refused for its rate', async () => {
  const { createVault } = await import('@plinth/sdk/vault');
  const person = await fixture.app.person('adiuva.pro');
  const lock = { passphrase: 'the same on both', cost: { memory: 19_456, passes: 2, lanes: 1 } };
  const [one, other] = [fixture.device(memoryStore(), person), fixture.device(memoryStore(), person)];
  const { vault: writer } = await createVault(one.options, lock);
  const reader = await openVault(other.options, lock);
  await Promise.all(Array.from({ length: 150 }, (_, at) => writer.put(TABLE, `note ${at}`)));
  for (const { network } of [one, other]) network.calls.length = 0;
  expect(await writer.sync()).toMatchObject({ sent: 150, problems: [] });
  expect(await reader.sync()).toMatchObject({ received: 150, problems: [] });
  expect(await reader.list(TABLE)).toHaveLength(150);
  expect([one, other].map(({ network }) => [network.calls.length, network.waits])).toEqual([
    [4, []],
    [4, []],
  ]);
});

it('notes of many sizes come through, those that no call takes together too', async () => {
  const [writer, reader] = [await start(), await start()];
  const sizes = [10, 700_000, 700_000, 3_000_000, 400_000, 400_000, 1_400_000, 20];
  await Promise.all(sizes.map((size) => writer.vault.put('sizes', 'x'.repeat(size))));
  expect(await writer.vault.sync()).toMatchObject({ sent: sizes.length, problems: [] });
  expect((await reader.vault.sync()).problems).toEqual([]);
  const came = (await reader.vault.list('sizes')).map(({ value }) => String(value).length);
  expect(came).toHaveLength(sizes.length);
  expect(new Set(came)).toEqual(new Set(sizes));
});

it('a sync with an older server, which has no calls for several records, sends and takes them one by one', async () => {
  const [writer, reader] = [await start(), await start()];
  for (const { network } of [writer, reader])
    network.tamper = (call, answer) =>
      call.startsWith('POST /v1/storage/records/')
        ? Response.json({ error: { code: 'not_found', message: 'No such call.' } }, { status: 404 })
        : answer;
  const values = ['one', 'two', 'three'];
  await Promise.all(values.map((value) => writer.vault.put('older', value)));
  expect((await writer.vault.sync()).problems).toEqual([]);
  expect((await reader.vault.sync()).problems).toEqual([]);
  const came = (await reader.vault.list('older')).map(({ value }) => value);
  expect(new Set(came)).toEqual(new Set(values));
  expect(came).toHaveLength(3);
});

it('a vector of another device is not written over or deleted by a device that has not read it', async () => {
  const [one, other] = [(await start()).vault.vectors, (await start()).vault.vectors];
  const item = { id: 'of-a-note', embedding: [1, 2, 3] };
  const first = await one.upsert([{ ...item, value: 'first', revision: 0 }]);
  const conflict = {
    status: 412,
    code: 'precondition_failed',
    details: { conflicts: [{ id: item.id, revision: first }] },
  };
  await expect(other.upsert([{ ...item, value: 'late', revision: 0 }])).rejects.toMatchObject(conflict);
  expect(await other.read([item.id, 'none'])).toEqual([{ id: item.id, revision: first, value: 'first' }]);
  const second = await other.upsert([{ ...item, value: 'second', revision: first }]);
  await expect(one.upsert([{ ...item, value: 'late', revision: first }])).rejects.toMatchObject({
    status: 412,
  });
  expect(await one.search([1, 2, 3], 1)).toMatchObject([{ revision: second, value: 'second' }]);
  const third = await one.upsert([{ ...item, value: 'third', revision: 'any' }]);
  expect(third).toBeGreaterThan(second);
  await expect(other.delete([{ id: item.id, revision: second }, 'none'])).rejects.toMatchObject({
    details: { conflicts: [{ id: item.id, revision: third }] },
  });
  await other.delete([{ id: item.id, revision: third }]);
  expect(await one.read([item.id])).toEqual([]);
});
