import { createOpenAISandbox, type Fault } from '#sandbox/openai';
import { describe, expect, test } from 'vitest';
import { RESPONSES } from '../dialects/responses.ts';
import { readWire, type WireRequest } from '../wire.ts';
import { plain, read } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);

function request(fields: object = {}): WireRequest {
  const body = { model: 'small', input: 'Say something about tea.', ...fields };
  return readWire(RESPONSES, JSON.stringify(body));
}

function call(permit: RecordingPermit, fields: object = {}) {
  return fixture.open({}, { tries: 1 }).call(permit, { feature: 'chat', wire: request(fields) });
}

/** The figures of the only call of a permit, in the names of the bill. */
function posted({ rows: [row] }: RecordingPermit) {
  if (row === undefined || !('usage' in row) || row.usage === undefined) return row?.state;
  const { promptTokens, completionTokens, reasoningTokens, cachedTokens } = row.usage;
  return {
    prompt_tokens: promptTokens,
    cached_tokens: cachedTokens,
    completion_tokens: completionTokens,
    reasoning_tokens: reasoningTokens,
  };
}

const THINKING = { reasoning: { effort: 'low' }, max_output_tokens: 200 };

describe('the ledger has what the provider bills', () => {
  test.each<[string, object, Fault | undefined]>([
    ['of a plain answer', {}, undefined],
    ['of a stream', { stream: true }, undefined],
    ['of thoughts', THINKING, undefined],
    ['of thoughts in a stream', { ...THINKING, stream: true }, undefined],
    ['of an answer that was cut', { max_output_tokens: 20, stream: true }, undefined],
    ['of a cached prompt', { stream: true }, { kind: 'usage', cached_tokens: 5 }],
    ['of a stream in two packets', { stream: true }, { kind: 'split_done', ms: 1 }],
    ['of a plain answer to a streamed request', { stream: true }, { kind: 'dialect', as: 'plain' }],
    ['of a stream with errors that are null', { stream: true }, { kind: 'dialect', as: 'error_null' }],
    ['of a stream between comments', { stream: true }, { kind: 'dialect', as: 'comments' }],
    ['of a stream in brotli', { stream: true }, { kind: 'dialect', as: 'br' }],
  ])('%s', async (_, fields, fault) => {
    if (fault !== undefined) fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    const answer = await call(permit, fields);
    if (answer.kind === 'stream') {
      const { end, text } = await read(answer);
      expect(end).toBe('complete');
      expect(text).toMatch(/event: response\.(?:completed|incomplete)\r?\ndata: \{.*\}(?:\r?\n){2}/);
    }
    expect(permit.states).toEqual(['served']);
    expect(fixture.sandbox.bill().at(-1)).toMatchObject(posted(permit) as object);
  });

  test('where usage is missing: an estimate of as much at least as was shown', async () => {
    fixture.sandbox.faults.always({ kind: 'missing_usage' });
    for (const stream of [false, true]) {
      const permit = recordingPermit();
      const answer = await call(permit, { stream });
      if (answer.kind === 'stream') expect((await read(answer)).end).toBe('complete');
      expect(permit.rows).toMatchObject([{ usage: { estimated: true } }]);
      const { completion_tokens: generated = 0 } = fixture.sandbox.bill().at(-1) ?? {};
      const { completion_tokens: counted } = posted(permit) as { completion_tokens: number };
      expect(counted).toBeGreaterThan(generated / 2);
      expect(counted).toBeLessThan(generated * 2);
    }
  });
});

describe('a failure is no answer', () => {
  test.each(['error_event', 'failed'] as const)('in mid-stream: %s', async (as) => {
    fixture.sandbox.faults.next({ kind: 'dialect', as });
    const permit = recordingPermit();
    const answer = await call(permit, { stream: true });
    const { end, text, error } = await read(answer);
    expect([end, error]).toEqual(['cut', 'provider_unavailable']);
    expect(text).toContain('response.output_text.delta');
    expect(text).not.toMatch(/response\.(?:completed|failed)|event: error/);
    expect(permit.states).toEqual(['unknown']);
    // No more than the provider bills of it.
    const { completion_tokens: billed = 0 } = fixture.sandbox.bill().at(-1) ?? {};
    const { charged = 0, cost = 0 } =
      (permit.rows[0] as { usage?: { charged?: number; cost?: number } }).usage ?? {};
    expect(billed).toBeGreaterThan(0);
    expect(charged).toBeGreaterThan(0);
    expect(charged).toBeLessThanOrEqual(cost);
  });

  test('before anything was shown: tried again, and charged to nobody', async () => {
    fixture.sandbox.faults.next({ kind: 'dialect', as: 'failed' });
    const permit = recordingPermit();
    const here = fixture.open({}, { tries: 2 });
    const answer = plain(await here.call(permit, { feature: 'chat', wire: request() }));
    expect(permit.states).toEqual(['not_served', 'served']);
    expect(answer.body.toString()).toContain('"status":"completed"');
  });

  test.each<[string, Fault]>([
    ['a stream that is cut', { kind: 'cut_stream', after: 3 }],
    ['a connection that is lost', { kind: 'cut_stream', after: 3, abrupt: true }],
    ['an event that is no JSON', { kind: 'malformed_json', after: 3 }],
  ])('%s is told, and charged as far as it was shown, or as its figures say', async (_, fault) => {
    fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    expect(await read(await call(permit, { stream: true }))).toMatchObject({ end: 'cut' });
    expect(permit.states).toEqual([fault.kind === 'cut_stream' ? 'unknown' : 'served']);
  });
});

describe('a response repeats its request', () => {
  test('and words of a caller’s tool end no stream', async () => {
    const tools = [
      {
        type: 'function',
        name: 'note',
        parameters: { type: 'object', const: { type: 'response.completed', usage: { input_tokens: 1 } } },
      },
    ];
    const permit = recordingPermit();
    const answer = await call(permit, { stream: true, tools, tool_choice: 'none' });
    expect((await read(answer)).text).toContain('event: response.completed');
    expect(fixture.sandbox.bill().at(-1)).toMatchObject(posted(permit) as object);
  });
});

test('nothing is stored, and the account is named by a hash, whatever the caller writes', async () => {
  const upstream = await scriptedUpstream((response) => response.writeHead(503).end());
  const here = fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: upstream.url }] }, { tries: 1 });
  const wire = request({ store: true, safety_identifier: 'me', max_output_tokens: 50 });
  await here.call(recordingPermit(), { feature: 'chat', wire }).catch(() => {});
  expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({
    store: false,
    safety_identifier: expect.stringMatching(/^[\w-]{43}$/) as string,
    max_output_tokens: 50,
  });
  await upstream.close();
});
