import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox, type Fault } from '#sandbox/openai';
import type { Ai } from '../ai.ts';
import type { AiParts } from '../parts.ts';
import { chat, read } from '@plinth/testkit/fixtures/ai/open';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const NAMES = ['one', 'two', 'three'] as const;
const keyCalled = (name: string, weight = 1) => ({ key: `sk-${name}-0123456789`, name, weight });
const refusal = (name: string, status: number, facts: object = {}): Fault => ({
  kind: 'status',
  status,
  key: keyCalled(name).key,
  ...facts,
});

/** A gateway over an upstream with three keys. */
function open(
  parts: Partial<AiParts> & {
    readonly baseUrl?: string;
    readonly keys?: ReturnType<typeof keyCalled>[];
  } = {},
  policy: Parameters<typeof fixture.open>[1] = {},
): Ai {
  const { baseUrl = fixture.sandbox.url, keys = NAMES.map((name) => keyCalled(name)), ...rest } = parts;
  return fixture.open({ upstreams: [{ name: 'sandbox', baseUrl, keys }], ...rest }, policy);
}

const call = (ai: Ai, permit: RecordingPermit = recordingPermit(), fields: object = {}) =>
  ai.call(permit, { feature: 'chat', wire: chat(fields) });

/** A provider that answers each key as the test says, and keeps which keys it was called with. */
async function provider(
  answer: (name: string) => { status: number; headers?: Record<string, string> } | 'ok',
) {
  const used: string[] = [];
  const upstream = await scriptedUpstream((response, { request }) => {
    const name = /sk-(\w+)-/.exec(request.headers.authorization ?? '')?.[1] ?? 'none';
    used.push(name);
    const how = answer(name);
    if (how === 'ok') response.end(plainAnswer('tea'));
    else response.writeHead(how.status, how.headers).end('{"error":{"message":"no"}}');
  });
  return { used, baseUrl: upstream.url, close: () => upstream.close() };
}

function linesOf() {
  const lines: string[] = [];
  const keep = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  return { lines, logger };
}

describe('an upstream with several keys', () => {
  test('is called by their weights, exactly', async () => {
    const upstream = await provider(() => 'ok');
    const ai = open({ ...upstream, keys: [keyCalled('one', 3), keyCalled('two', 2), keyCalled('three')] });
    for (let n = 0; n < 30; n += 1) await call(ai);
    const counts = NAMES.map((name) => upstream.used.filter((used) => used === name).length);
    expect(counts).toEqual([15, 10, 5]);
    // In turn, not one after the other.
    expect(new Set(upstream.used.slice(0, 3)).size).toBeGreaterThan(1);
    await upstream.close();
  });

  test.each<[number, object]>([
    [429, { retry_after: 600 }],
    [401, {}],
    [403, {}],
    [402, {}],
    [429, { code: 'insufficient_quota' }],
    [400, { message: 'API key not valid. Please pass a valid API key.' }],
  ])('of which one answers %i %j: no caller hears of it, and it is no try', async (status, facts) => {
    const time = drivenTime();
    const ai = open(time, { tries: 1, patience: 0 });
    const permits = Array.from({ length: 6 }, () => recordingPermit());
    fixture.sandbox.faults.always(refusal('two', status, facts));
    for (const permit of permits) await call(ai, permit);
    const states = permits.flatMap((permit) => permit.states);
    // The one is asked once.
    expect(states.filter((state) => state === 'throttled')).toHaveLength(1);
    expect(states.filter((state) => state === 'served')).toHaveLength(6);
    expect(permits.map(({ calls }) => calls)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('serves twenty callers at once while one key has no room, streamed and plain, and the bill has each call once', async () => {
    const ai = open({}, { tries: 1, patience: 0 });
    fixture.sandbox.faults.always(refusal('two', 429, { retry_after: 60 }));
    const before = fixture.sandbox.bill().length;
    const permits = Array.from({ length: 20 }, () => recordingPermit());
    await Promise.all(
      permits.map(async (permit, index) => {
        const answer = await call(ai, permit, { stream: index % 2 === 0 });
        if (answer.kind === 'stream') expect(await read(answer)).toMatchObject({ end: 'complete' });
      }),
    );
    const served = permits.flatMap(({ rows }) =>
      rows.flatMap((row) => (row.state === 'served' ? [row.usage] : [])),
    );
    const billed = fixture.sandbox.bill().slice(before);
    expect(served.map(({ providerRequestId: id }) => String(id)).toSorted()).toEqual(
      billed.map(({ request_id: id }) => id).toSorted(),
    );
  });

  test('goes on with its next model when no key of the first has room, and says 429 when that has none either', async () => {
    const upstream = await provider(() => ({ status: 429, headers: { 'retry-after': '30' } }));
    const ai = open(upstream, { models: ['sandbox-large', 'sandbox-small'], patience: 0 });
    const permit = recordingPermit();
    const error = await call(ai, permit).catch((one: unknown) => one);
    expect(error).toMatchObject({ postponed: true, retryAfter: 30, upstream: { status: 429 } });
    expect(permit.rows.map(({ call: { model } }) => model)).toEqual([
      ...Array.from({ length: 3 }, () => 'sandbox-large'),
      ...Array.from({ length: 3 }, () => 'sandbox-small'),
    ]);
    await upstream.close();
  });

  test('waits for the key that has room soonest, where all of them cool', async () => {
    const time = drivenTime();
    const waits: Record<string, string> = { one: '30', two: '4', three: '20' };
    const busy = new Set<string>(NAMES);
    const upstream = await provider((name) =>
      busy.has(name) ? { status: 429, headers: { 'retry-after': waits[name] ?? '' } } : 'ok',
    );
    const answer = call(open({ ...time, ...upstream }, { patience: 5_000 }));
    await time.awaited(4_000);
    busy.clear();
    time.advance(4_000);
    await answer;
    expect(upstream.used.at(-1)).toBe('two');
    await upstream.close();
  });

  test('leaves the breaker of the model alone, whose fault it is not', async () => {
    const time = drivenTime();
    const breaker = { window: 60_000, minimum: 1, rate: 0.1, open: 5_000 };
    const ai = open({ ...time, breaker }, { patience: 0 });
    fixture.sandbox.faults.next(...NAMES.map((name) => refusal(name, 401)));
    await expect(call(ai)).rejects.toMatchObject({ code: 'provider_unavailable', postponed: true });
    time.advance(60_000);
    await call(ai);
  });

  test.each([
    [429, 1],
    [403, 1],
    [401, 0],
  ])('and a %i of one: another model of it still asks that key (%i call)', async (status, asked) => {
    const faults = { isOn: true };
    const upstream = await provider((name) =>
      name === 'one' && faults.isOn ? { status, headers: { 'retry-after': '60' } } : 'ok',
    );
    const policies = {
      'test.chat': { models: ['sandbox-large'] },
      'test.brief': { models: ['sandbox-small'] },
    };
    const ai = open({ ...drivenTime(), ...upstream, policies, keys: [keyCalled('one'), keyCalled('two')] });
    await call(ai);
    faults.isOn = false;
    upstream.used.length = 0;
    for (let n = 0; n < 2; n += 1) await ai.call(recordingPermit(), { feature: 'brief', wire: chat() });
    expect(upstream.used.filter((name) => name === 'one')).toHaveLength(asked);
    await upstream.close();
  });

  test('keeps the longest of the times that calls under way together were told', async () => {
    const time = drivenTime();
    const waits = ['1', '600'];
    const owed: (() => void)[] = [];
    const upstream = await scriptedUpstream((response, { request }) => {
      const isOne = request.headers.authorization?.includes('-one-') === true;
      if (!isOne) return response.end(plainAnswer('tea'));
      owed.push(() => response.writeHead(429, { 'retry-after': waits.shift() }).end('{}'));
    });
    const ai = open({ ...time, baseUrl: upstream.url, keys: [keyCalled('one'), keyCalled('two')] });
    const calls = Array.from({ length: 4 }, () => call(ai));
    await upstream.received(4);
    for (const answer of owed) answer();
    await Promise.all(calls);
    const before = upstream.requests.length;
    time.advance(590_000);
    for (let n = 0; n < 3; n += 1) await call(ai);
    expect(upstream.requests).toHaveLength(before + 3);
    await upstream.close();
  });
});

describe('a key that is refused', () => {
  test('is told to the operator by its name, and never by itself', async () => {
    const { lines, logger } = linesOf();
    const ai = open({ logger });
    fixture.sandbox.faults.next(refusal('one', 401));
    await call(ai);
    await call(ai);
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error a provider refuses a key: it is left out meanwhile {"provider":"sandbox","key":"one","status":401,"milliseconds":60000}',
    ]);
    expect(lines.join('\n')).not.toContain('sk-');
  });

  test('is tried by one call after a minute, then after two, and is taken again by the first that it serves', async () => {
    const time = drivenTime();
    const isRefused = { value: true };
    const upstream = await provider((name) => (name === 'one' && isRefused.value ? { status: 401 } : 'ok'));
    const ai = open({ ...time, ...upstream, keys: [keyCalled('one'), keyCalled('two')] });
    const asked = async () => {
      upstream.used.length = 0;
      await Promise.all(Array.from({ length: 6 }, () => call(ai, recordingPermit())));
      return upstream.used.filter((name) => name === 'one').length;
    };
    await call(ai);
    const counts: number[] = [];
    for (const pause of [59_000, 1_000, 60_000, 60_000]) {
      time.advance(pause);
      isRefused.value = counts.length < 3;
      counts.push(await asked());
    }
    expect(counts.slice(0, 3)).toEqual([0, 1, 0]);
    expect(counts[3]).toBe(1);
    expect(await asked()).toBe(3);
    await upstream.close();
  });

  test('while no other is left is tried each minute', async () => {
    const time = drivenTime();
    const upstream = await provider(() => ({ status: 401 }));
    const ai = open({ ...time, ...upstream, keys: [keyCalled('one'), keyCalled('two')] }, { patience: 0 });
    const counts: number[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      upstream.used.length = 0;
      await expect(call(ai, recordingPermit())).rejects.toMatchObject({ postponed: true });
      counts.push(upstream.used.length);
      time.advance(60_000);
    }
    expect(counts.every((count) => count > 0)).toBe(true);
    await upstream.close();
  });
});

test('whichever keys answer 429 or 401, while one serves no caller hears of it, and none is called while it cools', async () => {
  const steps = fc.array(
    fc.record({
      pause: fc.integer({ min: 0, max: 90_000 }),
      faults: fc.dictionary(
        fc.constantFrom('one', 'two'),
        fc.record({ status: fc.constantFrom(429, 401, 403), wait: fc.integer({ min: 1, max: 300 }) }),
      ),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (walk) => {
      const time = drivenTime();
      let faults: (typeof walk)[number]['faults'] = {};
      const cools = new Map<string, number>();
      const early: string[] = [];
      const upstream = await provider((name) => {
        const now = time.clock.monotonic();
        if (now < (cools.get(name) ?? 0)) early.push(name);
        const fault = faults[name];
        if (fault === undefined) return 'ok';
        const isThrottled = fault.status === 429;
        cools.set(name, now + (isThrottled ? fault.wait * 1_000 : 60_000));
        return {
          status: fault.status,
          ...(isThrottled ? { headers: { 'retry-after': String(fault.wait) } } : {}),
        };
      });
      const ai = open({ ...time, ...upstream }, { tries: 1, patience: 0 });
      for (const step of walk) {
        time.advance(step.pause);
        faults = step.faults;
        const permit = recordingPermit();
        await call(ai, permit);
        expect(permit.states.at(-1)).toBe('served');
        expect(permit.calls).toBe(1);
      }
      expect(early).toEqual([]);
      await upstream.close();
    }),
    { numRuns: 40 },
  );
});
