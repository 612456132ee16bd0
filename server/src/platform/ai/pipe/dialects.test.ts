import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { createTelemetry, readTraceparent, runInTrace } from '#platform/telemetry';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { delta, plainAnswer, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const wire = chat({ stream: true });

/** The words of a stream, without what differs from call to call. */
function words(text: string): string {
  return [...text.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, content = '']) => content).join('');
}

async function streamCall(): Promise<{
  text: string;
  end: string;
  permit: ReturnType<typeof recordingPermit>;
}> {
  const permit = recordingPermit();
  const { text, end } = await read(await fixture.open().call(permit, { feature, wire }));
  return { text, end, permit };
}

describe('a streamed answer', () => {
  test.each([
    'error_null',
    'plain',
    'no_done',
    'comments',
    'crlf',
    'done_in_two',
    'gzip',
    'br',
    'deflate',
    'raw_deflate',
  ] as const)('in the dialect %s has the same words, end and exact cost', async (as) => {
    const usual = await streamCall();
    fixture.sandbox.faults.next({ kind: 'dialect', as });
    const { text, end, permit } = await streamCall();
    const billed = fixture.sandbox.bill().at(-1);
    expect(end).toBe('complete');
    expect(words(text)).toBe(words(usual.text));
    expect(text).toContain('data: [DONE]');
    expect(text).not.toMatch(/"usage":\s*\{/);
    const [usualRow] = usual.permit.rows;
    const micros = usualRow?.state === 'served' ? usualRow.usage.cost : undefined;
    expect(permit.rows).toMatchObject([
      {
        state: 'served',
        usage: {
          estimated: false,
          promptTokens: billed?.prompt_tokens,
          completionTokens: billed?.completion_tokens,
          cost: micros,
        },
      },
    ]);
  });

  test('whose provider tells of an error in its midst has broken, whatever it ends in, and the reader hears why', async () => {
    fixture.sandbox.faults.next({ kind: 'dialect', as: 'error_event' });
    const permit = recordingPermit();
    const answer = await fixture.open().call(permit, { feature, wire });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    const told: unknown[] = [];
    answer.live.pipe({ write: () => true, end: () => told.push('end'), fail: (error) => told.push(error) });
    expect(await answer.live.finished).toBe('cut');
    expect(told).toMatchObject([{ code: 'provider_unavailable', upstream: { code: 'engine_lost' } }]);
    expect(permit.states).toEqual(['unknown']);
  });

  test('with an event that is no JSON has broken: the event is not passed on', async () => {
    fixture.sandbox.faults.next({ kind: 'malformed_json', after: 2 });
    const { text, end } = await streamCall();
    expect(end).toBe('cut');
    expect(text).not.toContain('"delta":\n');
  });

  test('that stays open after [DONE] is over, and a connection that breaks then breaks nothing', async () => {
    const stays = await scriptedUpstream((response, { index }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const usage = streamEvent({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } });
      response.write(`${delta('tea')}${usage}data: [DONE]\n\n`, () => {
        if (index === 0) response.destroy();
      });
    });
    const upstreams = [{ name: 'sandbox', baseUrl: stays.url, apiKey: 'k' }];
    for (let turn = 0; turn < 2; turn += 1) {
      const permit = recordingPermit();
      const { end } = await read(await fixture.open({ upstreams }).call(permit, { feature, wire }));
      expect([end, permit.states]).toEqual(['complete', ['served']]);
    }
    await stays.close();
  });

  test('with a role and nothing else has shown nothing, and is tried again when it breaks', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'cut_stream', abrupt: true });
    const { end } = await read(await fixture.open().call(permit, { feature, wire }));
    expect([end, permit.states]).toEqual(['complete', ['unknown', 'served']]);
  });
});

test('an event longer than the part held back is passed on in parts, and counted the same however it is cut', async () => {
  const word = 'x'.repeat(100_000);
  const upstream = await scriptedUpstream((response, { index }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = `${delta('tea')}${delta(word)}${delta('cup')}data: [DONE]\n\n`;
    if (index > 0) return void response.end(text);
    response.write(text.slice(0, 90_000), () => setImmediate(() => response.end(text.slice(90_000))));
  });
  const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
  const seen: unknown[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const permit = recordingPermit();
    const { text, end } = await read(await fixture.open({ upstreams }).call(permit, { feature, wire }));
    const [row] = permit.rows;
    seen.push([text.length, end, row?.state === 'served' ? row.usage.cost : row?.state]);
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).toMatchObject([expect.any(Number), 'complete', expect.any(Number)]);
  await upstream.close();
});

describe('a plain answer', () => {
  test.each(['gzip', 'br', 'deflate', 'raw_deflate'] as const)('in %s is read', async (as) => {
    fixture.sandbox.faults.next({ kind: 'dialect', as });
    const answer = plain(await fixture.open().call(recordingPermit(), { feature, wire: chat() }));
    expect(JSON.parse(answer.body.toString('utf8'))).toMatchObject({ object: 'chat.completion' });
    expect(answer.usage).toMatchObject({ estimated: false });
  });

  test('in an encoding that nobody knows can not be used', async () => {
    const odd = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-encoding': 'zstd-of-1997' }).end(plainAnswer('tea'));
    });
    const upstreams = [{ name: 'sandbox', baseUrl: odd.url, apiKey: 'k' }];
    const call = fixture.open({ upstreams }, { tries: 1 }).call(recordingPermit(), { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'answer_unusable' });
    await odd.close();
  });

  test('that is an error with status 200 was not served', async () => {
    const upstream = await scriptedUpstream((response, { index }) => {
      const minimax = { choices: null, base_resp: { status_code: 1_013, status_msg: 'internal error' } };
      const openrouter = { error: { code: 502, message: 'Provider returned error' } };
      const failed = { choices: [{ message: { content: 'Te' }, finish_reason: 'error' }] };
      const said = [minimax, openrouter, failed][index];
      response.end(said === undefined ? plainAnswer('tea') : JSON.stringify(said));
    });
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const permit = recordingPermit();
    await fixture.open({ upstreams }, { tries: 4 }).call(permit, { feature, wire: chat() });
    expect(permit.states).toEqual(['not_served', 'not_served', 'not_served', 'served']);
    await upstream.close();
  });

  test('with "error": null is an answer', async () => {
    const upstream = await scriptedUpstream((response) => {
      response.end(plainAnswer('tea').replace('{', '{"error":null,'));
    });
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const permit = recordingPermit();
    await fixture.open({ upstreams }).call(permit, { feature, wire: chat() });
    expect(permit.states).toEqual(['served']);
    await upstream.close();
  });
});

describe('a redirect', () => {
  test.each([307, 308])('with %i within the provider is followed, once, with its body', async (status) => {
    fixture.sandbox.faults.next({ kind: 'redirect', status });
    const permit = recordingPermit();
    await fixture.open().call(permit, { feature, wire: chat() });
    expect(permit.rows).toMatchObject([{ state: 'served', usage: { estimated: false } }]);
    fixture.sandbox.faults.next({ kind: 'redirect', status }, { kind: 'redirect', status });
    await expect(
      fixture.open({}, { tries: 1 }).call(recordingPermit(), { feature, wire }),
    ).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  test.each([
    [301, '/v1/chat/completions'],
    [308, 'http://127.0.0.1:9/v1/chat/completions'],
    [308, '//elsewhere.example/v1'],
  ])('with %i to %s is not: another place must not get our key', async (status, location) => {
    fixture.sandbox.faults.next({ kind: 'redirect', status, location });
    const permit = recordingPermit();
    const call = fixture.open({}, { tries: 1 }).call(permit, { feature, wire });
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(permit.states).toEqual(['not_served']);
  });
});

test('a provider with a query in its URL and a header of its own for the key gets both with each call', async () => {
  const paths: (string | undefined)[] = [];
  const azure = await scriptedUpstream((response, { request }) => {
    paths.push(request.url);
    response.end(plainAnswer('tea'));
  });
  const baseUrl = `${azure.url.replace('/v1', '/openai/deployments/small')}/?api-version=2025-04-01`;
  const upstreams = [{ name: 'sandbox', baseUrl, apiKey: 'secret', authHeader: 'api-key' }];
  await fixture.open({ upstreams }).call(recordingPermit(), { feature, wire: chat() });
  expect(paths).toEqual(['/openai/deployments/small/chat/completions?api-version=2025-04-01']);
  const [sent] = azure.requests;
  expect(sent?.headers).toMatchObject({ 'api-key': 'secret', 'accept-encoding': 'identity' });
  expect(sent?.headers['authorization']).toBeUndefined();
  await azure.close();
});

test('the trace of the caller goes on to the provider', async () => {
  const upstream = await scriptedUpstream((response) => void response.end(plainAnswer('tea')));
  const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await fixture.open({ upstreams }).call(recordingPermit(), { feature, wire: chat(), traceparent });
  await fixture.open({ upstreams }).call(recordingPermit(), { feature, wire: chat() });
  expect(upstream.requests.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined]);
  await upstream.close();
});

test('a call that is traced here names its own span to the provider', async () => {
  const upstream = await scriptedUpstream((response) => void response.end(plainAnswer('tea')));
  const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const tracing = {
    endpoint: 'http://127.0.0.1:9',
    headers: {},
    resource: {},
    ratio: 1,
    slow: 1_000,
  };
  const { tracer } = createTelemetry({ logLevel: 'silent', tracing });
  const trace = tracer?.begin('a call', 'server', { remote: readTraceparent(traceparent) });
  const call = fixture.open({ upstreams }).call;
  await runInTrace(trace, () => call(recordingPermit(), { feature, wire: chat(), traceparent }));
  const [sent = ''] = upstream.requests.map(({ headers }) => headers['traceparent']);
  expect(sent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[\da-f]{16}-01$/);
  await upstream.close();
});
