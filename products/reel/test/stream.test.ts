import { describe, expect, it } from 'vitest';
import { engine } from '@plinth/testkit/services';
import { followGenerations, signals } from '../generations/views.ts';
import { creatorOf, reelFixture } from './fixture.ts';

const here = await reelFixture();
const { creator, sandbox } = here;

describe('a stream of a generation', () => {
  it('tells that it waits and that it runs, each variant as it is written, and at last the whole', async () => {
    const idle = await reelFixture({ work: false });
    const by = await idle.creator('reel.pro');
    const id = await by.asked({ variants: 3 });
    const stream = await by.follow(id);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(await stream.next()).toEqual({ id: '0.0', event: 'status', data: { status: 'queued' } });
    idle.sandbox.setLatency(100);
    const worker = idle.work();
    const events = await stream.rest();
    await worker.stop(0);
    expect(events.map((one) => [one.id, one.event])).toEqual([
      ['0.1', 'status'],
      ['1.1', 'variant'],
      ['2.1', 'variant'],
      ['3.1', 'variant'],
      ['3.2', 'status'],
      ['3.3', 'done'],
    ]);
    const whole = await by.read(id);
    expect(events.filter(({ event }) => event === 'variant').map(({ data }) => data)).toEqual(whole.variants);
    expect(events.at(-1)?.data).toEqual(whole);
  });

  it('of a generation that has ended tells it whole; who was told so before gets 204, and need not come back', async () => {
    const by = await creator('reel.basic');
    const id = await by.asked();
    await by.ended(id);
    const events = await (await by.follow(id)).rest();
    expect(events.map(({ event }) => event)).toEqual(['variant', 'status', 'done']);
    const again = await by.follow(id, { lastEventId: events.at(-1)?.id ?? '' });
    expect([again.status, await again.rest()]).toEqual([204, []]);
  });

  it('tells why a generation failed', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'status', status: 400 });
    const events = await (await by.follow(await by.asked())).rest();
    expect(events.at(-2)).toMatchObject({
      event: 'status',
      data: { status: 'failed', error: { code: 'provider_rejected' } },
    });
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'failed', variants: [] } });
  });

  it('tells of a cancel', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'hang' });
    const id = await by.asked();
    const stream = await by.follow(id);
    await by.cancel(id);
    expect((await stream.rest()).slice(-2).map(({ data }) => data['status'])).toEqual([
      'cancelled',
      'cancelled',
    ]);
  });

  it('that many watch here is looked at once for all of them', async () => {
    const idle = await reelFixture({ work: false });
    const by = await idle.creator('reel.basic');
    const key = { accountId: by.by.accountId, id: await by.asked() };
    let looks = 0;
    const counting = new Proxy(idle.db, {
      get(db, name): unknown {
        if (name === 'tenant') looks += 1;
        return Reflect.get(db, name);
      },
    });
    const { watch } = followGenerations(counting);
    const over = new AbortController();
    const watchers = Array.from({ length: 100 }, () => watch(key, { on: 'moved', over: over.signal }));
    await Promise.all(watchers.map((one) => one.next()));
    const before = looks;
    const next = Promise.all(watchers.map((one) => one.next()));
    signals.moved(idle.db, key.id);
    await next;
    // Two, should a second pass meanwhile.
    expect(looks - before).toBeLessThanOrEqual(2);
    over.abort();
  });

  it('of another account’s generation is 404', async () => {
    const [mine, theirs] = [await creator('reel.basic'), await creator('reel.basic')];
    expect((await theirs.follow(await mine.asked())).status).toBe(404);
  });

  it.each(['nonsense', '9.1', '0.7'])(
    'after an event that it never told (%s) is 400',
    async (lastEventId) => {
      const by = await creator('reel.basic');
      expect((await by.follow(await by.asked(), { lastEventId })).status).toBe(400);
    },
  );
});

describe.runIf(engine === 'postgres')('a stream of a generation, where several processes answer', () => {
  it('goes on after the last event that was had, with nothing missed and nothing told twice', async () => {
    const other = await reelFixture({ beside: here, work: false });
    const by = await creator('reel.pro');
    sandbox.setLatency(200);
    const id = await by.asked({ variants: 4 });
    const first = await by.follow(id);
    const had = [];
    for (let one = await first.next(); one !== undefined; one = await first.next()) {
      had.push(one);
      if (one.event === 'variant') break;
    }
    first.leave();
    const lastEventId = had.at(-1)?.id ?? '';
    expect(lastEventId).toBe('1.1');
    const second = await by.follow(id, { lastEventId, url: other.url });
    const all = [...had, ...(await second.rest())];
    sandbox.setLatency(0);
    expect(all.filter(({ event }) => event === 'variant').map(({ id: at }) => at)).toEqual([
      '1.1',
      '2.1',
      '3.1',
      '4.1',
    ]);
    expect(all.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } });
    expect(new Set(all.map(({ id: at }) => at)).size).toBe(all.length);
  });

  it('ends at once when its server stops, and goes on at another', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'hang' });
    const id = await by.asked();
    const leaving = await reelFixture({ beside: here, work: false });
    const stream = await creatorOf(leaving, by.by).follow(id);
    const first = await stream.next();
    // Not after the hour that calls are given to end here.
    await leaving.app.server.stop(3_600);
    await leaving.close();
    expect((await stream.rest()).map(({ event }) => event)).not.toContain('done');
    const next = await by.follow(id, { lastEventId: first?.id ?? '' });
    await by.cancel(id);
    expect((await next.rest()).at(-1)).toMatchObject({ event: 'done', data: { status: 'cancelled' } });
  });
});
