import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { definePrompt, promptsOf } from '../prompts.ts';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

const prompt = definePrompt(
  '---\nid: post\nversion: 2\nvariables: [topic]\n---\n## user\nTopic: {{topic}}\nVariants: 3\n',
  'post.v2.md',
);
const fixture = makeFixture(createOpenAISandbox, { prompts: { test: promptsOf([prompt]) } });
const item = z.object({ hook: z.string(), hashtags: z.array(z.string()) });
type Item = z.output<typeof item>;

function askItems(take: (item: Item, index: number) => Promise<void> = async () => {}) {
  return {
    feature: 'chat',
    prompt: { id: 'post', variables: { topic: 'tea' } },
    item,
    list: 'variants',
    most: 3,
    take,
  } as const;
}

/** A taker that keeps what it was given. */
function basket() {
  const items: Item[] = [];
  const take = async (one: Item, index: number): Promise<void> => {
    expect(index).toBe(items.length);
    items.push(one);
  };
  return { items, take };
}

const itemsAnswer = (...hooks: string[]): string =>
  JSON.stringify({ variants: hooks.map((hook) => ({ hook, hashtags: ['#tea'] })) });
const usage = streamEvent({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 30 } });

/** How many tokens of the sandbox's answer to `asking` there are. */
async function tokens(): Promise<number> {
  await fixture.open().streamItems(recordingPermit(), askItems());
  return fixture.sandbox.bill().at(-1)?.completion_tokens ?? 0;
}

describe('a streamed list', () => {
  test('is handed on in order, and costs what the bill says', async () => {
    const permit = recordingPermit();
    const { items, take } = basket();
    const answer = await fixture.open().streamItems(permit, askItems(take));
    expect(answer).toMatchObject({ count: 3, prompt: { id: 'post', version: 2 } });
    expect(items).toHaveLength(3);
    expect(answer.usage.completionTokens).toBe(fixture.sandbox.bill().at(-1)?.completion_tokens);
    expect(permit.rows).toMatchObject([{ state: 'served', usage: { estimated: false } }]);
  });

  test('hands on its first element while the model writes the next', async () => {
    let response: { write(text: string): void; end(text: string): void } | undefined;
    const upstream = await scriptedUpstream((answer) => {
      response = answer;
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(delta('{"variants":[{"hook":"a","hashtags":[]},{"hook":'));
    });
    const first = Promise.withResolvers<void>();
    const hooks: string[] = [];
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }).streamItems(
      recordingPermit(),
      askItems(async ({ hook }) => {
        hooks.push(hook);
        first.resolve();
      }),
    );
    await first.promise;
    expect(hooks).toEqual(['a']);
    response?.end(`${delta('"b","hashtags":[]}]}')}${usage}data: [DONE]\n\n`);
    expect(await call).toMatchObject({ count: 2, usage: { completionTokens: 30, estimated: false } });
    await upstream.close();
  });

  test('never hands on two at once, and the stream goes on meanwhile', async () => {
    const permit = recordingPermit();
    let under = 0;
    const answer = await fixture.open().streamItems(
      permit,
      askItems(async () => {
        under += 1;
        expect(under).toBe(1);
        // The whole stream is in before the first element is through.
        await expect.poll(() => permit.states).toEqual(['served']);
        under -= 1;
      }),
    );
    expect(answer.count).toBe(3);
  });

  test('drops what does not fit, and what is more than was asked for', async () => {
    fixture.sandbox.faults.next({
      kind: 'content',
      text: `{"variants":[{"hook":1},${itemsAnswer('a', 'b', 'c', 'd').slice(13)}`,
    });
    const { items, take } = basket();
    expect((await fixture.open().streamItems(recordingPermit(), askItems(take))).count).toBe(3);
    expect(items.map(({ hook }) => hook)).toEqual(['a', 'b', 'c']);
  });

  test('may be wrapped in a code block', async () => {
    fixture.sandbox.faults.next({
      kind: 'content',
      text: `Here you are:\n\`\`\`json\n${itemsAnswer('a')}\n\`\`\``,
    });
    expect((await fixture.open().streamItems(recordingPermit(), askItems())).count).toBe(1);
  });

  test('that a model cuts at its length gives what is complete', async () => {
    const maxOutputTokens = (await tokens()) - 5;
    const answer = await fixture.open({}, { maxOutputTokens }).streamItems(recordingPermit(), askItems());
    expect(answer.count).toBe(2);
  });
});

describe('a list without a usable element', () => {
  test('is asked for again, and each answer is paid for', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'bad_content' }, { kind: 'empty_choices' });
    expect((await fixture.open().streamItems(permit, askItems())).count).toBe(3);
    expect(permit.states).toEqual(['served', 'served', 'served']);
  });

  test('is given up after the policy tries', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ kind: 'bad_content' });
    await expect(fixture.open({}, { tries: 2 }).streamItems(permit, askItems())).rejects.toMatchObject({
      code: 'answer_unusable',
      retryable: false,
    });
    expect(permit.states).toEqual(['served', 'served']);
  });

  test('is asked for again when its stream breaks', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next(
      { kind: 'cut_stream', after: 2 },
      { kind: 'cut_stream', after: 2, abrupt: true },
    );
    expect((await fixture.open().streamItems(permit, askItems())).count).toBe(3);
    expect(permit.states).toEqual(['unknown', 'unknown', 'served']);
  });
});

describe('a stream that breaks after elements were taken', () => {
  test('is never asked for again: what was whole is taken, the rest is for the next attempt', async () => {
    const length = await tokens();
    const seen = new Set<number>();
    for (let after = 0; after < length; after += 7) {
      const permit = recordingPermit();
      const { items, take } = basket();
      fixture.sandbox.faults.clear();
      fixture.sandbox.faults.next({ kind: 'cut_stream', after, abrupt: after % 2 === 0 });
      const outcome = await fixture
        .open({}, { tries: 2 })
        .streamItems(permit, askItems(take))
        .catch((error: unknown) => error);
      seen.add(items.length);
      if (permit.rows.length === 1) {
        expect(outcome).toMatchObject({ code: 'provider_unavailable', retryable: true });
        expect(permit.states).toEqual(['unknown']);
        expect(items.length).toBeGreaterThan(0);
      } else {
        expect(outcome).toMatchObject({ count: 3 });
        expect(permit.states).toEqual(['unknown', 'served']);
      }
    }
    expect([...seen]).toEqual(expect.arrayContaining([1, 2, 3]));
  });

  test('is the last try when it was: then no later attempt can help', async () => {
    fixture.sandbox.faults.next({ kind: 'cut_stream', after: (await tokens()) - 5 });
    const call = fixture.open({}, { tries: 3 }).streamItems(recordingPermit({ calls: 2 }), askItems());
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable', retryable: false });
  });

  test('is ended when it falls silent', async () => {
    const time = drivenTime();
    const after = (await tokens()) - 5;
    const permit = recordingPermit();
    const taken = Promise.withResolvers<void>();
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after });
    const call = fixture.open(time, { timeouts: { idle: 3_000 } }).streamItems(
      permit,
      askItems(async () => taken.resolve()),
    );
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout', retryable: true });
    await taken.promise;
    time.advance(3_100);
    await failed;
    expect(permit.states).toEqual(['unknown']);
  });

  test('hands on nothing more once a part of it was lost', async () => {
    const permit = recordingPermit();
    const text = itemsAnswer('a', 'b', 'c');
    const upstream = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // All of b: what is left looks whole.
      const before = delta(text.slice(0, text.indexOf('{"hook":"b"')));
      const after = delta(text.slice(text.indexOf('{"hook":"c"')));
      response.end(`${before}data: {"choices":[{"delta":\n\n${after}${usage}data: [DONE]\n\n`);
    });
    const { items, take } = basket();
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }).streamItems(permit, askItems(take));
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(items.map(({ hook }) => hook)).toEqual(['a']);
    // It ran to its end, and its figures are known.
    expect(permit.rows).toMatchObject([{ state: 'served', usage: { completionTokens: 30 } }]);
    await upstream.close();
  });

  test('is no whole one where what was lost was too long to be looked into', async () => {
    const text = itemsAnswer('a', 'b');
    const upstream = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const lost = `data: {"choices":[{"delta":{"content":"${'x'.repeat(70_000)}\n\n`;
      response.end(`${delta(text)}${lost}${usage}data: [DONE]\n\n`);
    });
    const { items, take } = basket();
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }).streamItems(recordingPermit(), askItems(take));
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(items.map(({ hook }) => hook)).toEqual(['a', 'b']);
    await upstream.close();
  });

  test('is not asked for again when it is larger than the policy takes', async () => {
    fixture.sandbox.faults.always({ kind: 'content', text: `{"variants":[{"hook":"${'x'.repeat(5_000)}` });
    const permit = recordingPermit();
    const call = fixture.open({}, { tries: 2, caps: { answerBytes: 1_000 } }).streamItems(permit, askItems());
    await expect(call).rejects.toMatchObject({ code: 'answer_too_large', retryable: false });
    expect(permit.rows).toHaveLength(1);
  });
});

describe('a taker', () => {
  test('that throws ends the stream, and its error comes out as it is', async () => {
    const slow = await createOpenAISandbox({ perTokenMs: 1 });
    const permit = recordingPermit();
    const error = new AppError('conflict');
    let calls = 0;
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }).streamItems(
      permit,
      askItems(async () => {
        calls += 1;
        throw error;
      }),
    );
    await expect(call).rejects.toBe(error);
    expect(calls).toBe(1);
    expect(permit.rows).toMatchObject([{ state: 'unknown', usage: { estimated: true } }]);
    await expect.poll(() => permit.amended).toMatchObject([{ estimated: false }]);
    await slow.close();
  });

  test('that throws at the last element, when the stream is over, is heard too', async () => {
    const permit = recordingPermit();
    const call = fixture.open().streamItems(
      permit,
      askItems(async (_, index) => {
        await expect.poll(() => permit.states).toEqual(['served']);
        if (index === 2) throw new AppError('conflict');
      }),
    );
    await expect(call).rejects.toMatchObject({ code: 'conflict' });
  });

  test('gets nothing more after a hang-up, and the provider call is read on', async () => {
    const slow = await createOpenAISandbox({ perTokenMs: 1 });
    const permit = recordingPermit();
    const controller = new AbortController();
    const { items, take } = basket();
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }).streamItems(permit, {
      ...askItems(async (one, index) => {
        await take(one, index);
        controller.abort();
      }),
      signal: controller.signal,
    });
    await expect(call).rejects.toMatchObject({ code: 'client_gone', retryable: false });
    expect(items).toHaveLength(1);
    expect(permit.rows).toMatchObject([{ state: 'unknown', usage: { estimated: true } }]);
    await expect.poll(() => permit.amended).toMatchObject([{ estimated: false }]);
    await slow.close();
  });
});
