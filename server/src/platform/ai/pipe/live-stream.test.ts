import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { createPrices } from '../metering/prices.ts';
import { chat, read } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';

describe('a stream', () => {
  const wire = chat({ stream: true });

  test('ends in the exact usage, without the event that the caller did not ask for', async () => {
    const permit = recordingPermit();
    const { text, end } = await read(await fixture.open().call(permit, { feature, wire }));
    const billed = fixture.sandbox.bill().at(-1);
    expect(end).toBe('complete');
    expect(text).toContain('data: [DONE]');
    expect(text).not.toMatch(/"usage":\s*\{/);
    expect(permit.rows[0]).toMatchObject({
      state: 'served',
      usage: {
        estimated: false,
        promptTokens: billed?.prompt_tokens,
        completionTokens: billed?.completion_tokens,
        providerRequestId: billed?.request_id,
      },
    });
  });

  test('keeps the usage event for a caller who asked for it', async () => {
    const asked = chat({ stream: true, stream_options: { include_usage: true } });
    const { text } = await read(await fixture.open().call(recordingPermit(), { feature, wire: asked }));
    expect(text).toMatch(/"usage":\s*\{/);
  });

  test('is tried again when it fails before its first event', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'status', status: 503 }, { kind: 'empty_choices' });
    const { end } = await read(await fixture.open().call(permit, { feature, wire }));
    expect(end).toBe('complete');
    expect(permit.states).toEqual(['not_served', 'served', 'served']);
  });

  test('is not tried again after its first event: the reader is told, and the call is posted at its reserve', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
    const { end, error } = await read(await fixture.open().call(permit, { feature, wire }));
    expect([end, error]).toEqual(['cut', 'provider_unavailable']);
    expect(permit.states).toEqual(['unknown']);
  });

  test('that just ends, with neither [DONE] nor usage, is a stream that was cut', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'cut_stream', after: 3 });
    expect(await read(await fixture.open().call(permit, { feature, wire }))).toMatchObject({ end: 'cut' });
    expect(permit.states).toEqual(['unknown']);
  });

  test('without usage is counted by what was shown', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'missing_usage' });
    await read(await fixture.open().call(permit, { feature, wire }));
    const billed = fixture.sandbox.bill().at(-1)?.completion_tokens ?? 0;
    const [row] = permit.rows;
    const usage = row?.state === 'served' ? row.usage : undefined;
    expect(usage?.estimated).toBe(true);
    expect(usage?.completionTokens).toBeGreaterThan(billed * 0.7);
    expect(usage?.completionTokens).toBeLessThan(billed * 1.5);
  });

  test('that shows nothing in time is given up before its reader has seen a byte, and tried again', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const slow = await scriptedUpstream((response, { index }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      if (index > 0) response.end(`${delta('tea')}data: [DONE]\n\n`);
    });
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const policy = { timeouts: { firstToken: 2_000 }, backoff: { base: 100, most: 100 } };
    const random = { bytes: () => new Uint8Array(16), uniform: () => 1 };
    const call = fixture.open({ ...time, upstreams, random }, policy).call(permit, { feature, wire });
    await slow.received(1);
    time.advance(2_100);
    await time.awaited(100);
    time.advance(100);
    expect((await read(await call)).end).toBe('complete');
    expect(permit.states).toEqual(['unknown', 'served']);
    await slow.close();
  });

  test('that falls silent is ended', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const answer = await fixture.open(time, { timeouts: { idle: 3_000 } }).call(permit, { feature, wire });
    const reading = read(answer);
    time.advance(3_100);
    expect(await reading).toMatchObject({ end: 'timeout', error: 'provider_timeout' });
    expect(permit.states).toEqual(['unknown']);
  });

  test('that nobody reads is ended, and posted at the most that it may cost until its figures are known', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const goOn = Promise.withResolvers<void>();
    const pausing = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(delta('one'));
      const usage = { prompt_tokens: 12, completion_tokens: 34 };
      const rest = `${streamEvent({ choices: [], usage })}data: [DONE]\n\n`;
      void goOn.promise.then(() => response.end(rest));
    });
    const upstreams = [{ name: 'sandbox', baseUrl: pausing.url, apiKey: 'k' }];
    const here = fixture.open({ ...time, upstreams }, { timeouts: { idle: 3_000 } });
    const answer = await here.call(permit, { feature, wire });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    time.advance(3_100);
    expect(await answer.live.finished).toBe('unread');
    expect(permit.rows).toMatchObject([
      { state: 'unknown', usage: { completionTokens: answer.plan.maxTokens, estimated: true } },
    ]);
    goOn.resolve();
    await expect.poll(() => permit.amended).toMatchObject([{ completionTokens: 34, estimated: false }]);
    await pausing.close();
  });

  test('that its reader leaves is read on: what it really used is known in the end', async () => {
    const slow = await createOpenAISandbox({ perTokenMs: 5 });
    const permit = recordingPermit();
    const controller = new AbortController();
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const answer = await fixture
      .open({ upstreams })
      .call(permit, { feature, wire, signal: controller.signal });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    let parts = 0;
    answer.live.pipe({
      write() {
        parts += 1;
        if (parts === 4) controller.abort();
        return true;
      },
      end: () => {},
      fail: () => {},
    });
    expect(await answer.live.finished).toBe('hung_up');
    expect(permit.rows[0]).toMatchObject({
      state: 'unknown',
      usage: { completionTokens: answer.plan.maxTokens },
    });
    await expect.poll(() => permit.amended).toMatchObject([{ estimated: false }]);
    expect(permit.amended[0]?.completionTokens).toBe(slow.bill().at(-1)?.completion_tokens);
    await slow.close();
  });

  test('of a model that thinks unseen is posted at all that it may have generated when its reader leaves', async () => {
    const catalogue = { input: 1_000_000, output: 1_000_000, thinks: true, source: 'test' };
    const prices = createPrices({ overrides: { 'sandbox/sandbox-small': catalogue } });
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const answer = await fixture.open({ prices }).call(permit, { feature, wire });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    answer.live.stop();
    expect(await answer.live.finished).toBe('hung_up');
    expect(permit.rows).toMatchObject([
      { state: 'unknown', usage: { completionTokens: answer.plan.maxTokens } },
    ]);
  });
});
