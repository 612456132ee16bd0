import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type Database, statement } from '#platform/db';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { CHANGED } from '../changes/service.ts';
import { createLiveReaders } from '../live/live.ts';
import { createReader, MOST_UNREAD } from '../live/reader.ts';
import { orbitFixture } from './fixture.ts';

const here = await orbitFixture({ work: false });
const { db } = here;
const ids = createIds({ clock: systemClock, random: systemRandom });

/** A database that counts what is asked in the scope of an account. */
function countQuestions(): { readonly asked: () => number; readonly db: Database } {
  let asked = 0;
  const counted = new Proxy(db, {
    get(target, name): unknown {
      if (name === 'tenant') asked += 1;
      return Reflect.get(target, name);
    },
  });
  return { asked: () => asked, db: counted };
}

test('a thousand readers of one scope cost one query a change', async () => {
  const { member, viewer, scope } = await here.workspace();
  const scopeId = await scope(0);
  const { asked, db: counted } = countQuestions();
  const live = createLiveReaders({ db: counted, ids });
  const { accountId, userId } = viewer.by;
  const rights = { accountId, scopeId, userId, keyId: undefined, sessionId: undefined };
  const over = new AbortController();
  const readers = await Promise.all(Array.from({ length: 1_000 }, () => live.open(rights)));
  const before = asked();
  expect(before).toBe(1);
  for (let n = 1; n <= 3; n += 1) {
    await member.post(`/v1/scopes/${scopeId}/comments`, { body: `Comment ${n}.` });
    const told = await Promise.all(readers.map(({ reader }) => nextChange(reader, n)));
    expect(new Set(told)).toEqual(new Set([String(n + 1)]));
    expect(asked() - before).toBe(n);
  }
  over.abort();
  for (const one of readers) one.leave();

  async function nextChange(reader: (typeof readers)[number]['reader'], told: number) {
    for (;;) {
      const event = await reader.next(told, over.signal);
      if (event?.event !== 'presence') return event?.id;
    }
  }
});

test('a reader who does not read is cut, and the others are told everything', async () => {
  const { member, viewer, scope } = await here.workspace();
  const id = await scope(0);
  const { port, hostname } = new URL(here.url);
  const idle = connect(Number(port), hostname);
  idle.pause();
  idle.write(
    `GET /v1/scopes/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${viewer.by.key}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  const stream = await member.follow(`/v1/scopes/${id}/events`);
  await stream.next();
  await expect.poll(() => presentAt(id)).toBe(2);
  // Until more has come than fits into the buffers of the connection and what is kept for one reader.
  let told = 1;
  while ((await presentAt(id)) > 1) {
    told += 400;
    await db.asMigrator(
      statement(
        `with head as (update orbit.scope_heads set seq = seq + 400 where scope_id = $1 returning account_id, scope_id, seq)
         insert into orbit.scope_changes (account_id, scope_id, seq, kind, data)
         select account_id, scope_id, n, 'scope.filled', jsonb_build_object('text', repeat('x', 8000))
         from head, generate_series(seq - 399, seq) n`,
        [id],
      ),
    );
    db.signal(CHANGED, id);
    for (let one = await stream.next(); one?.id !== String(told); one = await stream.next())
      expect(one).toBeDefined();
  }
  expect(told).toBeGreaterThan(MOST_UNREAD);
  stream.leave();
  idle.on('error', () => {});
  idle.resume();
  await once(idle, 'close');
});

test('what a reader has left unread is bounded, and who is here is told once however often it changed', async () => {
  const over = new AbortController();
  const reader = createReader();
  for (const count of [1, 2, 3]) reader.presence({ count });
  expect(await reader.next(0, over.signal)).toMatchObject({ event: 'presence', id: '0', data: { count: 3 } });
  for (let seq = 1; seq <= MOST_UNREAD; seq += 1)
    reader.change({ event: 'change', id: String(seq), data: {} }, seq);
  expect(await reader.next(1, over.signal)).toMatchObject({ id: '2' });
  expect(reader.cut.aborted).toBe(false);
  for (let seq = MOST_UNREAD + 1; seq <= MOST_UNREAD + 3; seq += 1)
    reader.change({ event: 'change', id: String(seq), data: {} }, seq);
  expect(reader.cut.aborted).toBe(true);
  expect(await reader.next(2, over.signal)).toBeUndefined();
});

async function presentAt(scopeId: string): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ count: number }>('select count(*)::int as count from orbit.presence where scope_id = $1', [
      scopeId,
    ]),
  );
  return row?.count ?? 0;
}
