import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import type { Fleet } from '#platform/limits';
import { z } from 'zod';
import { definePrompt, promptsOf } from '../prompts.ts';
import { createSlots, type Release, shareOf, type SlotLimit } from './slots.ts';
import { chat, read, recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const small = { provider: 'sandbox', model: 'small' };
const large = { provider: 'sandbox', model: 'large' };
const ALL: SlotLimit = { provider: 'sandbox', model: '*', lane: undefined, limit: 2 };

/** Slots in driven time; `take` waits ten seconds. */
function makeSlots(limits: readonly SlotLimit[], fleet: () => Fleet = () => ({ holders: 1, older: 0 })) {
  const time = drivenTime();
  const metrics = recordingMetrics();
  const slots = createSlots({ ...time, limits, fleet, metrics });
  return {
    time,
    metrics,
    take: (target = small, lane: 'interactive' | 'batch' = 'interactive', signal?: AbortSignal) =>
      slots.take(target, lane, { until: time.clock.monotonic() + 10_000, signal }),
  };
}

/** Frees a place that must have been given. */
async function free(taken: Promise<Release | undefined>): Promise<void> {
  const release = await taken;
  if (release === undefined) throw new Error('no place was given');
  release();
}

/** Whether a place is given at once. */
async function isFree(taken: Promise<Release | undefined>): Promise<boolean> {
  const later = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return (await Promise.race([taken, later])) !== undefined;
}

describe('shares', () => {
  test('of all processes sum to the limit, and none is without a place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), (limit, holders) => {
        const shares = Array.from({ length: holders }, (_, older) => shareOf(limit, { holders, older }));
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.max(limit, holders));
      }),
    );
  });

  test('follow the fleet: who comes takes from the others, who goes leaves them room', async () => {
    let fleet: Fleet = { holders: 1, older: 0 };
    const { take } = makeSlots([ALL], () => fleet);
    const held = [await take(), await take()];
    fleet = { holders: 2, older: 1 };
    const waiting = take();
    held[0]?.();
    expect(await isFree(waiting)).toBe(false);
    held[1]?.();
    expect(await isFree(waiting)).toBe(true);
    fleet = { holders: 1, older: 0 };
    await free(take());
  });
});

describe('a place', () => {
  test('is given in the order of asking', async () => {
    const { take } = makeSlots([{ ...ALL, limit: 1 }]);
    let release = await take();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const mine = await take();
      order.push(number);
      return mine;
    });
    for (const next of waiting) {
      release?.();
      release = await next;
    }
    expect(order).toEqual([1, 2, 3]);
  });

  test('that is given back twice is one place', async () => {
    const { take } = makeSlots([{ ...ALL, limit: 1 }]);
    const release = await take();
    release?.();
    release?.();
    await take();
    expect(await isFree(take())).toBe(false);
  });

  test('is waited for as long as there is patience, and who leaves the line takes none', async () => {
    const { take, time } = makeSlots([{ ...ALL, limit: 1 }]);
    const held = take();
    await held;
    const controller = new AbortController();
    const waiting = [
      take(),
      take(small, 'batch', controller.signal),
      take(small, 'batch', AbortSignal.abort()),
    ];
    controller.abort();
    time.advance(10_000);
    expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined]);
    await free(held);
    await free(take());
  });

  test('is of the model, of the provider, of the lane, or of several of them at once', async () => {
    const batch: SlotLimit = { ...ALL, model: 'small', lane: 'batch', limit: 1 };
    const { take, metrics } = makeSlots([ALL, batch]);
    const first = take(small, 'batch');
    await first;
    expect(await isFree(take({ provider: 'other', model: 'small' }, 'batch'))).toBe(true);
    // It waits for its lane, and takes nothing of what is there for others.
    expect(await isFree(take(small, 'batch'))).toBe(false);
    const second = take(large, 'batch');
    expect(await isFree(second)).toBe(true);
    expect(await isFree(take(small, 'interactive'))).toBe(false);
    expect(metrics.slotsTold.slice(-2)).toEqual([
      'sandbox/*:* 2 used, 0 waiting',
      'sandbox/*:* 2 used, 1 waiting',
    ]);
    await free(second);
  });

  test('is in use by no more calls than the limit, however they come, leave and give up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('take', 'free', 'hang up', 'wait'), { maxLength: 60 }),
        async (limit, steps) => {
          const { take, time } = makeSlots([{ ...ALL, limit }]);
          const held: Release[] = [];
          const asking: { readonly controller: AbortController; readonly done: Promise<void> }[] = [];
          for (const step of steps) {
            if (step === 'take') {
              const controller = new AbortController();
              const done = take(small, 'interactive', controller.signal).then((release) => {
                if (release !== undefined) held.push(release);
              });
              asking.push({ controller, done });
            } else if (step === 'free') held.shift()?.();
            else if (step === 'hang up') asking.shift()?.controller.abort();
            else time.advance(3_000);
            await Promise.resolve();
            expect(held.length).toBeLessThanOrEqual(limit);
          }
          time.advance(10_000);
          await Promise.all(asking.map(({ done }) => done));
          for (const release of held.splice(0)) release();
          for (let index = 0; index < limit; index += 1) expect(await isFree(take())).toBe(true);
        },
      ),
    );
  });
});

describe('a call', () => {
  const prompt = definePrompt(
    '---\nid: post\nversion: 1\nvariables: []\n---\n## user\nVariants: 2\n',
    'post.v1.md',
  );
  const prompts = { test: promptsOf([prompt]) };
  const slots = [{ ...ALL, model: 'sandbox-small', limit: 1 }];
  const feature = 'chat';
  const fixture = makeFixture(createOpenAISandbox, { slots, prompts });
  const wire = chat({ stream: true });
  type Ways = Record<string, (ai: ReturnType<typeof fixture.open>) => Promise<unknown>>;
  const ways: Ways = {
    'that is served': (ai) => ai.call(recordingPermit(), { feature, wire: chat() }),
    'that fails': (ai) => {
      fixture.sandbox.faults.next({ kind: 'status', status: 400 });
      return ai.call(recordingPermit(), { feature, wire: chat() });
    },
    'that is throttled': (ai) => {
      fixture.sandbox.faults.next({ kind: 'status', status: 429 });
      return ai.call(recordingPermit(), { feature, wire: chat() });
    },
    'that its permit refuses': (ai) =>
      ai.call(recordingPermit({ refuse: new Error('stale') }), { feature, wire: chat() }),
    'that is streamed to its end': async (ai) => read(await ai.call(recordingPermit(), { feature, wire })),
    'that is cut': async (ai) => {
      fixture.sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
      return read(await ai.call(recordingPermit(), { feature, wire }));
    },
    'that hangs up before it is sent': (ai) =>
      ai.call(recordingPermit(), { feature, wire, signal: AbortSignal.abort() }),
    'that hangs up in its stream': async (ai) => {
      const controller = new AbortController();
      fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 3 });
      const answer = await ai.call(recordingPermit(), { feature, wire, signal: controller.signal });
      controller.abort();
      return read(answer);
    },
    'whose list is refused by its taker': (ai) =>
      ai.streamItems(recordingPermit(), {
        feature,
        prompt: { id: 'post', variables: {} },
        item: z.object({ hook: z.string() }),
        list: 'variants',
        most: 2,
        take: () => Promise.reject(new Error('no')),
      }),
  };

  test.each(Object.keys(ways))('%s gives its place back', async (name) => {
    const time = drivenTime();
    const here = fixture.open(time, { patience: 0, tries: 1 });
    await ways[name]?.(here).catch(() => {});
    // The throttle of one that had no room is open again.
    time.advance(60_000);
    await expect(here.call(recordingPermit(), { feature, wire: chat() })).resolves.toBeDefined();
  });

  test('that waits for its place is not in the ledger yet, and is put off when none comes free', async () => {
    const time = drivenTime();
    const long = { idle: 120_000, total: 120_000 };
    const here = fixture.open(time, { patience: 40_000, timeouts: long, caps: { runTime: 120_000 } });
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 1 });
    const first = await here.call(recordingPermit(), { feature, wire });
    const [second, third] = [recordingPermit(), recordingPermit()];
    const late = expect(here.call(second, { feature, wire: chat() })).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      postponed: true,
      retryAfter: 1,
    });
    await time.awaited(40_000);
    expect(second.rows).toEqual([]);
    time.advance(40_000);
    await late;
    expect(second.calls).toBe(0);
    const waiting = here.call(third, { feature, wire: chat() });
    await time.awaited(40_000);
    if (first.kind === 'stream') first.live.stop();
    expect(third.rows).toEqual([]);
    // The provider is busy with it as long as it is read on.
    time.advance(30_100);
    await waiting;
    expect(third.states).toEqual(['served']);
  });
});
