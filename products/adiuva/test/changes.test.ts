import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { takeNumber } from '../members/store.ts';
import { writeRecord } from '../records/store.ts';
import { ABSENT, type Keeper, openStorage, outcomeOf } from './fixture.ts';

const HELD = commitPoint('test.adiuva.held', 'a change that is committed late');
const storage = await openStorage();
const RECORDS = '/v1/storage/records';

interface Change {
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly checksum: string;
}

/** A device: what it knows, and where it is. */
function deviceOf(by: Keeper, limit: number) {
  const known = new Map<string, Change>();
  let since = '';
  return {
    known,
    /** Reads one page; answers whether there is more. */
    async read(): Promise<boolean> {
      const reply = await by.call(`GET /v1/storage/changes?limit=${limit}${since}`);
      if (reply.status !== 200) throw new Error(outcomeOf(reply));
      for (const change of reply.json['changes'] as Change[]) {
        if (change.deleted) known.delete(change.id);
        else known.set(change.id, change);
      }
      since = `&since=${String(reply.json['next'])}`;
      return reply.json['more'] === true;
    },
  };
}

async function stateOf(by: Keeper): Promise<Record<string, number>> {
  const { bytes } = await by.call(`GET ${RECORDS}?limit=100`);
  return Object.fromEntries(
    (JSON.parse(bytes.toString()) as Change[]).map(({ id, version }) => [id, version]),
  );
}

const versionsOf = ({ known }: ReturnType<typeof deviceOf>) =>
  Object.fromEntries([...known].map(([id, { version }]) => [id, version]));

describe('changes', () => {
  test('are passed over by no reader, though they are committed in another order than they began', async () => {
    const by = await storage.keeper();
    const first = await by.put(undefined, 'first');
    const device = deviceOf(by, 100);
    await device.read();
    const blobId = await storage.app.modules.blobs.of('adiuva').put({
      accountId: by.accountId,
      filename: 'a',
      type: 'a/b',
      purpose: 'record',
      bytes: Buffer.from('held'),
    });
    const released = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const id = randomUUID();
    const held = storage.db.tenant(by.accountId, HELD, async (tx) => {
      const [head] = await tx.run(takeNumber(by));
      const content = {
        table: 'notes',
        seq: head?.seq ?? 0,
        blobId: blobId.id,
        bytes: 4,
        checksum: 'a'.repeat(64),
      };
      await tx.run(writeRecord({ ...by, id }, content));
      isHeld.resolve();
      await released.promise;
    });
    await isHeld.promise;
    // It began later, and would be committed earlier, if it could.
    const later = by.put(undefined, 'later');
    await device.read();
    await device.read();
    expect([...device.known.keys()]).toEqual([String(first.json['id'])]);
    released.resolve();
    await held;
    const { json } = await later;
    await device.read();
    expect([...device.known.keys()]).toEqual([String(first.json['id']), id, String(json['id'])]);
  });

  test('read in small pages, while several change things at once, end in what is there', async () => {
    const by = await storage.keeper();
    const ids = Array.from({ length: 12 }, () => randomUUID());
    const slow = deviceOf(by, 2);
    const over = new AbortController();
    const reading = (async () => {
      while (!over.signal.aborted) await slow.read();
    })();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let at = 0; at < 15; at += 1) {
          const id = ids[randomInt(ids.length)] ?? '';
          const does = randomInt(4);
          if (does === 0) await by.call(`DELETE ${RECORDS}/${id}`);
          else await by.put(id, randomBytes(randomInt(50)), does === 1 ? {} : ABSENT);
        }
      }),
    );
    over.abort();
    await reading;
    while (await slow.read());
    const fresh = deviceOf(by, 5);
    while (await fresh.read());
    expect(versionsOf(slow)).toEqual(await stateOf(by));
    expect(versionsOf(fresh)).toEqual(await stateOf(by));
  });

  test('send a client that may have missed a deletion back to the beginning, and nobody else', async () => {
    const by = await storage.keeper();
    const ids = Array.from({ length: 6 }, () => randomUUID());
    for (const id of ids) await by.put(id, id, ABSENT);
    const away = deviceOf(by, 100);
    await away.read();
    const halfway = deviceOf(by, 2);
    for (const id of ids.slice(0, 2)) await by.call(`DELETE ${RECORDS}/${id}`);
    const here = deviceOf(by, 100);
    await here.read();
    // One reads everything from the beginning, and is in the midst of it.
    await halfway.read();
    await advance(storage.db, '91 days');
    await expect.poll(() => tombstones(by)).toBe(0);
    await expect(away.read()).rejects.toThrow('410 changes_gone');
    await here.read();
    while (await halfway.read());
    for (const device of [here, halfway]) expect(versionsOf(device)).toEqual(await stateOf(by));
    for (const since of ['999', '3.999']) {
      expect(outcomeOf(await by.call(`GET /v1/storage/changes?since=${since}`))).toBe('410 changes_gone');
    }
    expect(outcomeOf(await by.call('GET /v1/storage/changes?since=x'))).toBe('400 validation_failed');
  });
});

async function tombstones({ accountId }: Keeper): Promise<number> {
  const [row] = await storage.db.asMigrator(
    statement<{ n: number }>(
      'select count(*)::int as n from adiuva.records where account_id = $1 and deleted_at is not null',
      [accountId],
    ),
  );
  return row?.n ?? -1;
}
