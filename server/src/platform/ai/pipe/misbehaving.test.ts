import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { chat } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';

describe('a provider that misbehaves', () => {
  test('with an answer of 10 MB costs its caller what is billed, as far as that can be read, and is not asked again', async () => {
    const permit = recordingPermit();
    let written = 0;
    const endless = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (written < 10_485_760 && !response.destroyed) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, 120))) return void response.once('drain', more);
        }
        response.end('"}}],"usage":{"prompt_tokens":7,"completion_tokens":9}}');
      };
      more();
    });
    const here = fixture.open(
      { upstreams: [{ name: 'sandbox', baseUrl: endless.url, apiKey: 'k' }] },
      { tries: 3, caps: { answerBytes: 262_144 } },
    );
    await expect(here.call(permit, { feature, wire: chat() })).rejects.toMatchObject({
      code: 'answer_too_large',
    });
    expect(permit.states).toEqual(['unknown']);
    await expect.poll(() => permit.amended).toMatchObject([{ estimated: false, completionTokens: 9 }]);
    await endless.close();
  });

  test.each([
    ['a NUL in it', 'chat\u0000cmpl'],
    ['half a character', 'chat\ud800'],
    ['a megabyte', 'x'.repeat(1_048_576)],
  ])(
    'and gives its call an id with %s leaves the ledger without one: no database could hold it',
    async (_what, id) => {
      const body = { id, choices: [{ index: 0, message: { role: 'assistant', content: 'tea' } }] };
      const usage = { prompt_tokens: 3, completion_tokens: 1 };
      const odd = await scriptedUpstream((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...body, usage }));
      });
      const here = fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: odd.url, apiKey: 'k' }] });
      const answer = await here.call(recordingPermit(), { feature, wire: chat() });
      if (answer.kind !== 'plain') throw new Error('expected a plain answer');
      expect(answer.usage).toMatchObject({ promptTokens: 3, estimated: false });
      expect(answer.usage.providerRequestId).toBeUndefined();
      await odd.close();
    },
  );

  test('faster than its reader is paused: not more than a buffer is held', async () => {
    const permit = recordingPermit();
    let written = 0;
    const eager = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = (): void => {
        while (written < 67_108_864 && !response.destroyed) {
          written += 16_384;
          if (!response.write(delta('x'.repeat(16_384)))) return void response.once('drain', more);
        }
      };
      more();
    });
    const time = drivenTime();
    const here = fixture.open(
      { ...time, upstreams: [{ name: 'sandbox', baseUrl: eager.url, apiKey: 'k' }] },
      { timeouts: { idle: 5_000 } },
    );
    const answer = await here.call(permit, { feature, wire: chat({ stream: true }) });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    let taken = 0;
    answer.live.pipe({
      write() {
        taken += 1;
        return taken < 4;
      },
      end: () => {},
      fail: () => {},
    });
    let before = -1;
    await expect
      .poll(() => {
        const isStill = before === written;
        before = written;
        return isStill;
      })
      .toBe(true);
    expect(taken).toBe(4);
    expect(written).toBeLessThan(20_000_000);
    time.advance(5_100);
    expect(await answer.live.finished).toBe('unread');
    await eager.close();
  });
});
