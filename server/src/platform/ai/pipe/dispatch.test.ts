import { expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { chat } from '@plinth/testkit/fixtures/ai/open';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const STOPPING = { code: 'server_stopping', status: 503, retryAfter: 1, postponed: true };

test('a call that waited for room at its provider, while its process lost its lease, is not sent, and is no try', async () => {
  const time = drivenTime();
  const permit = recordingPermit();
  let isGood = true;
  fixture.sandbox.faults.next({ kind: 'status', status: 429, retry_after: 7 });
  const ai = fixture.open({ ...time, maySend: () => isGood }, { patience: 60_000 });
  const before = fixture.sandbox.requests();
  const call = ai.call(permit, { feature, wire: chat() });
  await time.awaited(7_000);
  isGood = false;
  time.advance(7_000);
  await expect(call).rejects.toMatchObject(STOPPING);
  expect(permit.states).toEqual(['throttled', 'throttled']);
  expect(permit.calls).toBe(0);
  expect(fixture.sandbox.requests()).toBe(before + 1);
});

test('a request that waits for its connection is asked about when its first byte is about to leave', async () => {
  const permit = recordingPermit();
  let isGood = true;
  const ai = fixture.open({
    maySend: () => isGood,
    crashHook: (point, side) => {
      // Handed to the connection, which does not stand yet.
      if (point === 'ai.dispatch' && side === 'before') queueMicrotask(() => (isGood = false));
    },
  });
  const before = fixture.sandbox.requests();
  await expect(ai.call(permit, { feature, wire: chat({ stream: true }) })).rejects.toMatchObject(STOPPING);
  expect(permit.states).toEqual(['throttled']);
  expect(fixture.sandbox.requests()).toBe(before);
  isGood = true;
  const again = fixture.open({ maySend: () => isGood });
  await again.call(recordingPermit(), { feature, wire: chat() });
  expect(fixture.sandbox.requests()).toBe(before + 1);
});
