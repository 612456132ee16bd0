import { describe, expect, test, vi } from 'vitest';
import { DESTINATION, numbersOf, outcomesOf, type PromisedJob, qstashFixture, stateOf } from './fixture.ts';

const fixture = await qstashFixture({ settings: { WORKER_CONCURRENCY: '1', QSTASH_PARALLELISM: '2' } });
const { qstash, sandbox } = fixture;
const SOON = { timeout: 120_000, interval: 20 };

/** A post whose job is announced and not delivered. */
async function announcedPost() {
  const by = await fixture.customer('reel.pro');
  qstash.hold();
  const post = await fixture.create(by);
  await vi.waitFor(() => expect(numbersOf(fixture, post)).toHaveLength(1), SOON);
  return { post, body: JSON.stringify({ account_id: by.accountId, job_id: post.jobId }) };
}

describe('what is not signed by QStash for us', () => {
  test('is 401, and runs nothing', async () => {
    const { post, body } = await announcedPost();
    const foreign = JSON.stringify({ ...(JSON.parse(body) as object), account_id: crypto.randomUUID() });
    const wrong = {
      'no signature': undefined,
      'a made-up one': 'eyJhbGciOiJub25lIn0.e30.',
      'one by another key': qstash.sign({ url: DESTINATION, body, key: 'sig_of_somebody_else' }),
      'one for another URL': qstash.sign({ url: 'https://other.test/worker/generate', body }),
      'one of an hour ago': qstash.sign({ url: DESTINATION, body, at: Date.now() - 3_600_000 }),
      'one for another body': qstash.sign({ url: DESTINATION, body: foreign }),
    };
    for (const [what, signature] of Object.entries(wrong)) {
      const response = await fixture.deliver(signature, body);
      const { error } = (await response.json()) as { error: { code: string } };
      expect({ what, status: response.status, code: error.code }).toEqual({
        what,
        status: 401,
        code: 'signature_invalid',
      });
    }
    expect(await stateOf(fixture, post)).toBe('ready');
    qstash.release();
    expect(await post.ended()).toBe('completed');
  });

  test('while what is signed with the next key runs: keys are rolled without a gap', async () => {
    const { post, body } = await announcedPost();
    const { next: key } = qstash.keys;
    const response = await fixture.deliver(qstash.sign({ url: DESTINATION, body, key }), body);
    expect([response.status, await response.json()]).toEqual([200, { outcome: 'done' }]);
    qstash.release();
    expect(await post.ended()).toBe('completed');
  });
});

describe('what is signed, and no job of ours', () => {
  test.each(['', 'a word', '[]', '{}', '{"account_id":"1","job_id":"2"}'])(
    'is 489 and not to be tried again: %j',
    async (body) => {
      const response = await fixture.deliver(qstash.sign({ url: DESTINATION, body }), body);
      expect(response.status).toBe(489);
      expect(response.headers.get('upstash-nonretryable-error')).toBe('true');
      await response.body?.cancel();
    },
  );

  test('is absent when the job is unknown, or of another account', async () => {
    const { post, body } = await announcedPost();
    const told = JSON.parse(body) as { account_id: string; job_id: string };
    for (const one of [
      { ...told, job_id: crypto.randomUUID() },
      { ...told, account_id: crypto.randomUUID() },
    ]) {
      const text = JSON.stringify(one);
      const response = await fixture.deliver(qstash.sign({ url: DESTINATION, body: text }), text);
      expect(await response.json()).toEqual({ outcome: 'absent' });
    }
    expect(await stateOf(fixture, post)).toBe('ready');
    qstash.release();
    await post.ended();
  });
});

describe('a process that is full', () => {
  test('says so, and QStash comes back when it was told to', async () => {
    const by = await fixture.customer('reel.pro');
    sandbox.faults.next({ kind: 'latency', ms: 2_000 });
    const first = await fixture.create(by);
    await vi.waitFor(async () => expect(await stateOf(fixture, first)).toBe('running'), SOON);
    const second = await fixture.create(by);
    await vi.waitFor(() => expect(outcomesOf(fixture, second)).toEqual([503]), SOON);
    expect(await first.ended()).toBe('completed');
    await qstash.idle();
    qstash.elapse(14_999);
    await qstash.idle();
    expect(outcomesOf(fixture, second)).toEqual([503]);
    qstash.elapse(1);
    expect(await second.ended()).toBe('completed');
    await qstash.idle();
    expect(outcomesOf(fixture, second)).toEqual([503, 'done']);
  });
});

test('a process that is full the last time that QStash tries has the job announced anew', async () => {
  const by = await fixture.customer('reel.pro');
  sandbox.faults.next({ kind: 'latency', ms: 2_000 });
  const first = await fixture.create(by);
  await vi.waitFor(async () => expect(await stateOf(fixture, first)).toBe('running'), SOON);
  qstash.hold();
  const second = await fixture.create(by);
  await vi.waitFor(() => expect(numbersOf(fixture, second)).toEqual(['0-1']), SOON);
  const message = qstash.messages().at(-1)?.body.toString() ?? '';
  const signature = qstash.sign({ url: DESTINATION, body: message });
  const last = await fixture.deliver(signature, message, { 'upstash-retried': '3' });
  expect([last.status, await last.json()]).toEqual([200, { outcome: 'announced_anew' }]);
  await vi.waitFor(() => expect(numbersOf(fixture, second)).toEqual(['0-1', '0-2']), SOON);
  expect(await first.ended()).toBe('completed');
  qstash.release();
  expect(await second.ended()).toBe('completed');
});

describe('the order', () => {
  test('stays ours: few wait at QStash, and of those that wait here another account’s one goes before the fifth of one', async () => {
    const [busy, other] = [await fixture.customer('reel.pro'), await fixture.customer('reel.pro')];
    qstash.hold();
    const many: PromisedJob[] = [];
    for (let n = 0; n < 5; n += 1) many.push(await fixture.create(busy));
    const countAnnounced = () => many.flatMap((post) => numbersOf(fixture, post)).length;
    // Two may run, so that as many as run may wait too: four.
    await vi.waitFor(() => expect(countAnnounced()).toBe(4), SOON);
    const one = await fixture.create(other);
    qstash.release();
    for (const post of [...many, one]) {
      const ended = post.ended();
      // A message that met a full process comes back.
      await vi.waitFor(async () => {
        qstash.elapse(15_000);
        await qstash.idle();
        expect(outcomesOf(fixture, post)).toContain('done');
      }, SOON);
      expect(await ended).toBe('completed');
    }
    const order = qstash.messages().map(({ deduplicationId = '' }) => deduplicationId.slice(0, 36));
    expect(order.indexOf(one.jobId)).toBeLessThan(order.indexOf(many[4]?.jobId ?? ''));
  });
});

test('without signing keys the call is not there', async () => {
  const bare = await qstashFixture({
    settings: {
      JOBS_DELIVERY: 'worker',
      QSTASH_TOKEN: '',
      QSTASH_CURRENT_SIGNING_KEY: '',
      QSTASH_NEXT_SIGNING_KEY: '',
    },
  });
  const { post, body } = await announcedPost();
  const response = await bare.deliver(qstash.sign({ url: DESTINATION, body }), body);
  expect(response.status).toBe(404);
  await response.body?.cancel();
  qstash.release();
  await post.ended();
});
