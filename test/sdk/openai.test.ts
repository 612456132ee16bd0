import OpenAI from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import type { Fault } from '#sandbox/openai';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp();
const customer = await app.customer('gateway.scale');
const client = clientOf(app.url, customer);
const messages = [{ role: 'user' as const, content: 'Say hello to the launch crew.' }];

function clientOf(url: string, { key }: Pick<Customer, 'key'>): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });
}

/** What the package makes of a failure. */
async function failureOf(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

const failureWith = (model: string, fault: Fault) => {
  app.sandbox.faults.next(fault);
  return failureOf(client.chat.completions.create({ model, messages }));
};

describe('the official openai package', () => {
  it('lists every name that a call may ask for, aliases too, and each of them is taken', async () => {
    const { data } = await client.models.list();
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['small', 'large', 'sandbox-small', 'sandbox/sandbox-small']));
    for (const model of ids) {
      const listed = data.find(({ id }) => id === model);
      expect(await client.models.retrieve(model)).toEqual(listed);
      if (!JSON.stringify(listed).includes('/v1/ai/chat/completions')) continue;
      const { choices } = await client.chat.completions.create({ model, messages, max_tokens: 10 });
      expect(choices).toHaveLength(1);
    }
  });

  it.each(['gpt-17', 'nobody/has/this'])(
    'is told that %s is no model, by its name, and where the list is',
    async (model) => {
      const named = {
        status: 404,
        code: 'model_unknown',
        type: 'invalid_request_error',
        param: 'model',
        message: expect.stringContaining(`"${model}"`) as string,
      };
      const errors = [
        await failureOf(client.chat.completions.create({ model, messages })),
        await failureOf(client.models.retrieve(model)),
      ];
      for (const error of errors) {
        expect(error).toMatchObject(named);
        expect(error.message).toContain('GET /v1/ai/models');
      }
    },
  );

  it.each([`pl_${'a'.repeat(20)}`, `sk-${'b'.repeat(20)}`, 'averylongwordofnomodel'])(
    'is told nothing back of what stands in place of a model and looks like none: %s',
    async (model) => {
      const error = await failureOf(client.chat.completions.create({ model, messages }));
      expect(error).toMatchObject({ status: 404, code: 'model_unknown' });
      expect(error.message).not.toContain(model);
    },
  );

  it.each([
    [400, 'invalid_value', { type: 'invalid_request_error', param: 'messages[0].content' }],
    [400, 'context_length_exceeded', { type: 'invalid_request_error', param: 'messages' }],
    [404, 'model_not_found', { type: 'invalid_request_error', param: 'model' }],
    [422, 'out_of_range', { type: 'unprocessable', param: 'top_p' }],
  ])('gets a refusal with %i and the code %s as the provider gave it', async (status, code, more) => {
    const said = { ...more, code };
    const error = await failureWith('sandbox-small', {
      kind: 'status',
      status,
      message: 'It said so itself.',
      ...said,
    });
    expect(error).toMatchObject({ status, ...said, message: `${status} It said so itself.` });
  });

  it('is told by 429 of a provider that throttles where no other is left, with its time to wait', async () => {
    const fault = { kind: 'status', status: 429, retry_after: 20, model: 'sandbox-large' } as const;
    const error = await failureWith('sandbox-large', fault);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: 'requests', code: 'rate_limit_exceeded' });
    expect(error.headers?.get('retry-after')).toBe('20');
    // The provider is not asked again meanwhile, and the next caller is told the same.
    const next = await failureOf(client.chat.completions.create({ model: 'sandbox-large', messages }));
    expect(next).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'provider_rate_limited' });
    expect(Number(next.headers?.get('retry-after'))).toBeGreaterThan(0);
  });

  it('gets our own errors in the form that it knows', async () => {
    const body = { model: 'small', messages, n: 99 };
    expect(await failureOf(client.chat.completions.create(body))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'n',
      code: 'validation_failed',
    });
    const stranger = clientOf(app.url, { key: 'nobody' });
    expect(await failureOf(stranger.models.list())).toMatchObject({
      status: 401,
      type: 'authentication_error',
      code: 'unauthenticated',
      param: null,
    });
  });
});

describe('an upstream of the settings', () => {
  const paths: (string | undefined)[] = [];
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('is called with the query of its URL, its own header for the key, and the trace of the caller', async () => {
    const azure = await scriptedUpstream((response, { request }) => {
      paths.push(request.url);
      response.end(plainAnswer('Hello.'));
    });
    afterAll(() => azure.close());
    const upstream = {
      name: 'azure',
      base_url: `${azure.url}?api-version=2025-04-01`,
      api_key: 'secret',
      auth_header: 'api-key',
      models: ['gpt-4o'],
    };
    const other = await testApp({ settings: { AI_UPSTREAMS: JSON.stringify([upstream]) } });
    const there = clientOf(other.url, await other.customer('gateway.scale'));
    await there.chat.completions.create({ model: 'gpt-4o', messages }, { headers: { traceparent } });
    expect(paths).toEqual(['/v1/chat/completions?api-version=2025-04-01']);
    expect(azure.requests[0]?.headers).toMatchObject({ 'api-key': 'secret', traceparent });
    expect(azure.requests[0]?.headers['authorization']).toBeUndefined();
  });
});
