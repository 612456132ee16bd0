import { type ChatChunk, type Client, createClient, type GenerationEvent, NoAnswer } from '@plinth/sdk';
import { describe, expect, it } from 'vitest';
import { sdkFixture, thrownBy } from './fixture.ts';

const { proxy, customer, person, clientOf, sandbox, url } = await sdkFixture();
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 3 } as const;
const HELLO = { model: 'small', messages: [{ role: 'user', content: 'Say hello to the launch crew.' }] };
const CHAT = 'POST /v1/ai/chat/completions';

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const told: T[] = [];
  for await (const one of stream) told.push(one);
  return told;
}

/** A generation that was asked for, and whose variants come one after the other. */
async function startGeneration(options: Parameters<typeof clientOf>[1] = {}) {
  const client = clientOf(await customer('reel.pro'), options);
  sandbox.setLatency(50);
  const { generation_id: id } = await client.reel.create(POST);
  return { client, id, way: `GET /v1/generations/${id}` };
}

const variantsIn = (events: readonly GenerationEvent[]) =>
  events.flatMap((one) => (one.event === 'variant' ? [one.data] : []));

describe('a generation is told', () => {
  it('whole, although the connection broke twice: nothing is missed and nothing comes twice', async () => {
    const { client, id, way } = await startGeneration();
    const breaks = { kind: 'cut_after', text: 'event: variant' } as const;
    proxy.next(way, breaks, breaks);
    const events = await collect(client.reel.events(id));
    expect(proxy.passedOf(way)).toHaveLength(3);
    expect(new Set(events.map((one) => one.id)).size).toBe(events.length);
    const last = events.at(-1);
    expect(last?.event).toBe('done');
    expect(variantsIn(events)).toEqual((await client.reel.generation(id)).variants);
  });

  it('whole, although the connection fell silent and never said that it was gone', async () => {
    const { client, id, way } = await startGeneration({ retries: { max: 20 } });
    proxy.next(way, { kind: 'silent_after', text: 'event: variant' });
    const events = await collect(client.reel.events(id, { timeout: 500 }));
    expect(proxy.passedOf(way).length).toBeGreaterThan(1);
    expect(new Set(events.map((one) => one.id)).size).toBe(events.length);
    expect(variantsIn(events)).toHaveLength(3);
  });

  it('from where another reader of it was, and to who has had all of it nothing', async () => {
    const { client, id } = await startGeneration();
    const events = await collect(client.reel.events(id));
    const first = events.findIndex(({ event }) => event === 'variant');
    const rest = await collect(client.reel.events(id, { after: events[first]?.id ?? '' }));
    expect(rest).toEqual(events.slice(first + 1));
    expect(await collect(client.reel.events(id, { after: events.at(-1)?.id ?? '' }))).toEqual([]);
  });

  it('until its reader has heard enough', async () => {
    const { client, id, way } = await startGeneration();
    for await (const { event } of client.reel.events(id)) if (event === 'status') break;
    expect(proxy.passedOf(way)).toHaveLength(1);
    expect((await client.reel.ended(id)).variants).toHaveLength(3);
  });

  it('as far as it comes, where the connection breaks and breaks', async () => {
    const { client, id, way } = await startGeneration();
    await client.reel.ended(id);
    proxy.next(way, ...Array.from({ length: 9 }, () => ({ kind: 'cut_after', text: 'retry:' }) as const));
    expect(await thrownBy(collect(client.reel.events(id)))).toBeInstanceOf(NoAnswer);
    expect(proxy.passedOf(way).length).toBeLessThan(9);
  });
});

const chunksOf = (client: Client) => collect(client.ai.chatStream(HELLO));

const textOf = (chunks: readonly ChatChunk[]) =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

describe('a chat is streamed', () => {
  it('to the same words as the plain answer has, and counts once', async () => {
    const client = clientOf(await customer());
    const chunks = await chunksOf(client);
    expect(chunks.length).toBeGreaterThan(1);
    const { choices } = await client.ai.chat(HELLO);
    expect(choices[0]).toMatchObject({ message: { content: textOf(chunks) } });
    expect((await client.usage()).events).toHaveLength(2);
  });

  it('and one that is cut says so, and is not said again', async () => {
    const client = clientOf(await customer());
    const before = proxy.passedOf(CHAT).length;
    proxy.next(CHAT, { kind: 'cut_after', text: 'data: ' });
    expect(await thrownBy(chunksOf(client))).toBeInstanceOf(NoAnswer);
    expect(proxy.passedOf(CHAT).length - before).toBe(1);
  });

  it('and one whose answer was lost as a whole is not paid twice', async () => {
    const client = clientOf(await customer());
    proxy.next(CHAT, { kind: 'answer_lost' });
    expect(await thrownBy(chunksOf(client))).toMatchObject({ code: 'outcome_unknown', status: 409 });
    expect((await client.usage()).events).toHaveLength(1);
  });

  it('and what breaks at the provider’s is told as an error', async () => {
    const client = clientOf(await customer());
    sandbox.faults.next({ kind: 'cut_stream', after: 2, abrupt: true });
    const error = await thrownBy(chunksOf(client));
    expect(error).toMatchObject({ name: 'PlinthError', code: expect.stringMatching(/^provider_/) });
  });

  it('and a plain one whose answer was lost is answered again from store, and paid once', async () => {
    const client = clientOf(await customer());
    proxy.next(CHAT, { kind: 'answer_lost' });
    const { choices } = await client.ai.chat(HELLO);
    expect(choices).toHaveLength(1);
    expect((await client.usage()).events).toHaveLength(1);
  });
});

it('a list is read page after page, to its end', async () => {
  const by = await customer('reel.basic');
  const client = createClient({ baseUrl: url, apiKey: by.key });
  const content = { platform: 'x', hook: 'A hook', body: 'A body', cta: 'Go', hashtags: [] } as const;
  for (let made = 0; made < 5; made += 1) await client.reel.library.save(content);
  const assets = await collect(client.each('GET /v1/library/assets', { query: { limit: 2 } }));
  expect(new Set(assets.map(({ id }) => id)).size).toBe(5);
});

const SAY = 'POST /v1/mirror/messages';
/** A session of the mirror, and a message to it. */
async function openSession() {
  const client = clientOf(await person());
  const session = await client.call('POST /v1/mirror/sessions', { body: {} });
  if (!('id' in session)) throw new Error('no session');
  return { client, body: { session_id: session.id, content: 'I miss my garden.' } };
}

describe('a reply of the mirror', () => {
  it('comes in words that are the reply, and a repeat of its key as a whole', async () => {
    const { client, body } = await openSession();
    const options = { idempotencyKey: crypto.randomUUID() };
    const events = await collect(client.prism.say(body, options));
    const done = events.at(-1);
    if (done?.event !== 'done') throw new Error('it did not end');
    const words = events.map((one) => (one.event === 'words' ? one.data.text : ''));
    expect(words.join('').trim()).toBe(done.data.reply?.content);
    expect(await collect(client.prism.say(body, options))).toEqual([{ event: 'done', data: done.data }]);
  });

  it('that is cut says so, is not sent again, and is whole in the session', async () => {
    const { client, body } = await openSession();
    const before = proxy.passedOf(SAY).length;
    proxy.next(SAY, { kind: 'cut_after', text: 'event: words' });
    expect(await thrownBy(collect(client.prism.say(body)))).toBeInstanceOf(NoAnswer);
    expect(proxy.passedOf(SAY)).toHaveLength(before + 1);
    const read = () => client.call('GET /v1/mirror/sessions/{id}', { params: { id: body.session_id } });
    await expect
      .poll(async () => (await read()).messages.map(({ status }) => status))
      .toEqual(['answered', 'whole']);
  });

  it('of a person in a crisis has helplines in its place, and goes on where they say that they are safe', async () => {
    const { client, body } = await openSession();
    const crisis = { ...body, content: 'I want to kill myself.' };
    const [safety, done] = await collect(client.prism.say(crisis));
    expect(safety).toMatchObject({ event: 'safety', data: { status: 'crisis' } });
    expect(done).toMatchObject({ event: 'done', data: { reply: null, support: { helplines: [{}] } } });
    const events = await collect(client.prism.say(crisis, { isSafe: true }));
    expect(events.at(-1)).toMatchObject({
      data: { reply: { status: 'whole' }, support: { helplines: [{}] } },
    });
  });
});
