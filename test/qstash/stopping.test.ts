import { expect, test, vi } from 'vitest';
import type { Fault } from '#sandbox/openai';
import { engine } from '@plinth/testkit/services';
import { outcomesOf, qstashFixture, stateOf } from './fixture.ts';

const fixture = await qstashFixture();
const { qstash, sandbox } = fixture;
const SOON = { timeout: 120_000, interval: 20 };

/** A post whose job runs in a process that only serves, and has so many seconds to stop, at a provider that does so. */
async function runningPost(fault: Fault, grace: string) {
  const serving = await fixture.another({ work: false, settings: { SHUTDOWN_GRACE_SECONDS: grace } });
  fixture.deliverTo(serving);
  sandbox.faults.next(fault);
  const post = await fixture.create(await fixture.customer('reel.pro'));
  await vi.waitFor(async () => expect(await stateOf(fixture, post)).toBe('running'), SOON);
  await vi.waitFor(() => expect(qstash.deliveries().at(-1)?.status).toBeUndefined(), SOON);
  return { serving, post };
}

// On the embedded database there is one process.
const ifSeveral = test.runIf(engine === 'postgres');

ifSeveral('a process that only serves ends the jobs that were delivered to it before it stops', async () => {
  const { serving, post } = await runningPost({ kind: 'latency', ms: 2_000 }, '30');
  await serving.close();
  expect(await stateOf(fixture, post)).toBe('done');
  await qstash.idle();
  expect(outcomesOf(fixture, post)).toEqual(['done']);
  expect(await post.ended()).toBe('completed');
});

ifSeveral(
  'one that can not be ended in time is handed over, announced anew and completed elsewhere',
  async () => {
    const { serving, post } = await runningPost({ kind: 'hang' }, '1');
    fixture.deliverTo(fixture);
    await serving.close();
    expect(await post.ended()).toBe('completed');
    await qstash.idle();
    // The first delivery hears of it, unless its connection ends first.
    const [first, second, ...more] = outcomesOf(fixture, post);
    expect(['retry', undefined]).toContain(first);
    expect([second, ...more]).toEqual(['done']);
  },
);
