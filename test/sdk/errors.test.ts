import {
  createClient,
  LimitExceeded,
  NoAnswer,
  NotFound,
  PlanRequired,
  PlinthError,
  StaleVersion,
  Unauthenticated,
} from '@plinth/sdk';
import { describe, expect, it } from 'vitest';
import { sdkFixture, thrownBy } from './fixture.ts';

const { customer, clientOf, proxy, sandbox } = await sdkFixture();
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster' } as const;

describe('what a call fails with says by its type and its fields what to do', () => {
  it('a limit: which, how much of it, until when, and the plan that would help', async () => {
    const client = clientOf(await customer('reel.basic'), { retries: { max: 0 } });
    sandbox.faults.next({ kind: 'hang' });
    const { generation_id: id } = await client.reel.create(POST);
    const error = await thrownBy(client.reel.create(POST));
    await client.reel.cancel(id);
    expect(error).toBeInstanceOf(LimitExceeded);
    expect(error).toMatchObject({
      name: 'LimitExceeded',
      status: 429,
      limit: 'concurrent',
      used: 1,
      max: 1,
      resetsAt: expect.any(Date),
      retryAfter: 1,
      upgrade: 'reel.standard',
    });
  });

  it('a plan: which one includes it', async () => {
    const error = await thrownBy(clientOf(await customer()).reel.create(POST));
    expect(error).toBeInstanceOf(PlanRequired);
    expect(error).toMatchObject({ status: 402, code: 'plan_required', upgrade: 'reel.basic' });
  });

  it('a version that somebody has changed since', async () => {
    const client = clientOf(await customer('reel.basic'));
    const { draft_id: id } = await client.reel.create(POST);
    const draft = await client.reel.drafts.get(id);
    await client.reel.drafts.update(draft, { title: 'Mine' });
    expect(await thrownBy(client.reel.drafts.update(draft, { title: 'Too late' }))).toBeInstanceOf(
      StaleVersion,
    );
    expect((await client.reel.drafts.update({ id }, { title: 'Whatever was there' })).title).toBe(
      'Whatever was there',
    );
  });

  it('a key that is no good, and a thing that is another’s', async () => {
    const other = clientOf(await customer('reel.basic'));
    const { generation_id: theirs } = await other.reel.create(POST);
    expect(await thrownBy(clientOf({ key: 'pl_nonsense' }).me.get())).toBeInstanceOf(Unauthenticated);
    expect(await thrownBy(clientOf(await customer()).reel.generation(theirs))).toBeInstanceOf(NotFound);
  });

  it('any other: the code, the details, and the id by which it is found in the log', async () => {
    const error = await thrownBy(clientOf(await customer('reel.basic')).reel.create({ ...POST, topic: '' }));
    expect(error).toBeInstanceOf(PlinthError);
    expect(error).toMatchObject({ code: 'validation_failed', status: 400, requestId: expect.any(String) });
    expect((error as PlinthError).details).not.toEqual({});
  });

  it('an address without its scheme, in a sentence that says what to write', () => {
    for (const baseUrl of [
      '127.0.0.1:6174',
      'localhost:6174',
      'api.example.com',
      'ftp://a.example',
      'http:///v1',
    ])
      expect(() => createClient({ baseUrl, apiKey: 'k' })).toThrow(
        `baseUrl is "${baseUrl}": write its scheme before it, as https://api.example.com`,
      );
  });

  it('a server that is not there, one that does not answer, and one that is no Plinth', async () => {
    const nowhere = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'k', retries: { max: 0 } });
    expect(await thrownBy(nowhere.me.get())).toBeInstanceOf(NoAnswer);
    proxy.next('GET /v1/me', { kind: 'unanswered' });
    const hasty = clientOf(await customer(), { timeout: 100, retries: { max: 0 } });
    expect(await thrownBy(hasty.me.get())).toBeInstanceOf(NoAnswer);
    proxy.next('GET /v1/me', { kind: 'answered', status: 200 });
    expect(await thrownBy(clientOf(await customer()).me.get())).toMatchObject({ code: 'unreadable_answer' });
  });
});
