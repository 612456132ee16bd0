import { describe, expect, test } from 'vitest';
import '#platform/limits';
import { AppError } from '#platform/kernel';
import { createOpenAISandbox } from '#sandbox/openai';
import { createPrices } from '../metering/prices.ts';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { ProviderError } from '../errors.ts';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, plainAnswer, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const DONE = 'data: [DONE]\n\n';

describe('what the ledger is told of each fault', () => {
  test.each([
    [{ kind: 'status', status: 429 } as const, 'throttled'],
    [{ kind: 'status', status: 500 } as const, 'not_served'],
    [{ kind: 'status', status: 503 } as const, 'not_served'],
    [{ kind: 'status', status: 504 } as const, 'unknown'],
    [{ kind: 'reset' } as const, 'unknown'],
    [{ kind: 'reset', billed: true } as const, 'unknown'],
    [{ kind: 'cut_stream' } as const, 'unknown'],
    [{ kind: 'malformed_json' } as const, 'unknown'],
    [{ kind: 'empty_choices' } as const, 'served'],
  ])('%o, then an answer: %s, served', async (fault, state) => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next(fault);
    plain(await fixture.open().call(permit, { feature, wire: chat() }));
    expect(permit.states).toEqual([state, 'served']);
  });

  test('an answer without usage is counted by ourselves, and says so', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'missing_usage' });
    const answer = plain(await fixture.open().call(permit, { feature, wire: chat() }));
    expect(answer.usage.estimated).toBe(true);
    expect(answer.usage.promptTokens).toBeGreaterThan(0);
    expect(answer.usage.completionTokens).toBeGreaterThan(0);
    expect(answer.usage.cost).toBeLessThanOrEqual(answer.plan.call.reserve);
  });

  test.each([
    ['left out', {}],
    ['null', { completion_tokens: null }],
    ['nothing', { completion_tokens: 0, total_tokens: 10 }],
  ])(
    'an answer whose completion is %s in its usage is counted by ourselves, streamed too',
    async (_, said) => {
      const usage = { prompt_tokens: 10, ...said };
      const careless = await scriptedUpstream((response, { index }) => {
        response.setHeader('content-type', index === 0 ? 'application/json' : 'text/event-stream');
        const end = streamEvent({ choices: [], usage });
        response.end(
          index === 0
            ? plainAnswer('a cup of 茶', usage)
            : `${delta('a cu')}${delta('p of 茶')}${end}${DONE}`,
        );
      });
      const here = fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: careless.url, apiKey: 'k' }] });
      const permit = recordingPermit();
      plain(await here.call(permit, { feature, wire: chat() }));
      await read(await here.call(permit, { feature, wire: chat({ stream: true }) }));
      expect(permit.states).toEqual(['served', 'served']);
      const counts = new Set<number>();
      for (const row of permit.rows) {
        const { estimated, completionTokens = 0, cost = 0 } = (row.state === 'served' && row.usage) || {};
        expect(estimated).toBe(true);
        expect(completionTokens).toBeGreaterThan(0);
        counts.add(completionTokens);
        expect(cost).toBeLessThanOrEqual(row.call.reserve);
      }
      // By the tokenizer, however the words were framed and cut.
      expect(counts.size).toBe(1);
      await careless.close();
    },
  );

  test.each([
    [
      'that says an error beside its words',
      { more: '"error":{"message":"no"}', streamed: false, state: 'not_served' },
    ],
    [
      'nested too deep to be told as a stream',
      { more: `"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}`, streamed: true, state: 'served' },
    ],
  ])('a plain answer %s is none', async (_what, { more, streamed, state }) => {
    const body = plainAnswer('tea').replace('{', `{${more},`);
    const broken = await scriptedUpstream((response) => void response.end(body));
    const upstreams = [{ name: 'sandbox', baseUrl: broken.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }, { tries: 1 });
    const permit = recordingPermit();
    await expect(call.call(permit, { feature, wire: chat({ stream: streamed }) })).rejects.toBeInstanceOf(
      ProviderError,
    );
    expect(permit.states).toEqual([state]);
    await broken.close();
  });

  test('our own count of an answer never books more than was reserved', async () => {
    const permit = recordingPermit();
    const verbose = await scriptedUpstream(
      (response) => void response.end(plainAnswer('x'.repeat(200_000), null)),
    );
    const upstreams = [{ name: 'sandbox', baseUrl: verbose.url, apiKey: 'k' }];
    const prices = createPrices({
      overrides: {
        'sandbox/sandbox-small': { input: 1_000_000, bytes_per_token: 8, output: 1_000_000, source: 'test' },
      },
    });
    const answer = plain(
      await fixture
        .open({ upstreams, prices }, { maxOutputTokens: 10 })
        .call(permit, { feature, wire: chat() }),
    );
    expect(answer.usage.estimated).toBe(true);
    expect(answer.usage.cost).toBe(answer.plan.call.reserve);
    await verbose.close();
  });

  test('an empty answer is posted by the usage that came with it', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ kind: 'empty_choices' });
    await expect(
      fixture.open({}, { tries: 1 }).call(permit, { feature, wire: chat() }),
    ).rejects.toMatchObject({
      code: 'answer_unusable',
    });
    expect(permit.rows[0]).toMatchObject({
      usage: { promptTokens: fixture.sandbox.bill().at(-1)?.prompt_tokens, estimated: false },
    });
  });

  test('a call that reaches nobody was not served', async () => {
    const permit = recordingPermit();
    const gone = await createOpenAISandbox();
    await gone.close();
    const call = fixture
      .open({ upstreams: [{ name: 'sandbox', baseUrl: gone.url, apiKey: 'k' }] })
      .call(permit, {
        feature,
        wire: chat(),
      });
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(permit.states).toEqual(['not_served', 'not_served', 'not_served']);
  });

  test('a call that is not answered in time may have been served', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const silent = await scriptedUpstream(() => {});
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const policy = { tries: 1, timeouts: { total: 30_000 } };
    const call = fixture.open({ ...time, upstreams }, policy).call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout', retryable: false });
    await silent.received(1);
    time.advance(29_000);
    expect(permit.states).toEqual(['sent']);
    time.advance(1_100);
    await failed;
    expect(permit.states).toEqual(['unknown']);
    await silent.close();
  });

  test('a call whose connection does not stand in time was not served', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const call = fixture
      .open(time, { tries: 1, timeouts: { total: 1_000 } })
      .call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout' });
    await time.awaited(1);
    time.advance(1_100);
    await failed;
    expect(permit.states).toEqual(['not_served']);
  });

  test('a caller who hangs up before the answer leaves a call that may have been served', async () => {
    const controller = new AbortController();
    const permit = recordingPermit();
    const silent = await scriptedUpstream(() => {});
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const call = fixture
      .open({ upstreams })
      .call(permit, { feature, wire: chat(), signal: controller.signal });
    const failed = expect(call).rejects.toMatchObject({ code: 'client_gone' });
    await silent.received(1);
    controller.abort();
    await failed;
    expect(permit.states).toEqual(['unknown']);
    await silent.close();
  });

  test('what a provider refuses for good is not tried again', async () => {
    const permit = recordingPermit();
    const call = fixture.open().call(permit, { feature, wire: chat({ temperature: 99 }) });
    await expect(call).rejects.toMatchObject({ code: 'provider_rejected', retryable: false });
    expect(permit.states).toEqual(['throttled']);
  });

  test('a budget that has no room stops the call before it is sent', async () => {
    const before = fixture.sandbox.bill().length;
    const permit = recordingPermit({ refuse: new Error('limit_exceeded') });
    await expect(fixture.open().call(permit, { feature, wire: chat() })).rejects.toThrow('limit_exceeded');
    expect(fixture.sandbox.bill()).toHaveLength(before);
  });

  test('a budget without room for another try tells why the first one failed, for that one may have cost', async () => {
    fixture.sandbox.faults.next({ kind: 'reset', billed: true });
    const permit = recordingPermit({ refuse: new AppError('limit_exceeded'), refusesFrom: 1 });
    await expect(fixture.open().call(permit, { feature, wire: chat() })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(permit.states).toEqual(['unknown']);
  });
});
