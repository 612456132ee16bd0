import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Moderated, SafetyFinding } from '#platform/ai';
import { AppError, type Micros, type PermitId } from '#platform/kernel';
import type { Permit, RateVerdict, StoredAnswer } from '#platform/limits';
import { me, MINE, serve } from '@plinth/testkit/shop';

const CRISIS = 'i want to kill myself';
const findings: SafetyFinding[] = [];
const refused: StoredAnswer[] = [];
const looks: string[] = [];
const asked: string[] = [];
const released: string[] = [];
let moderated: Moderated = { outcome: 'passed' };
let refuses: readonly string[] = [];

const permit = {
  id: 'permit-1' as PermitId,
  reserve: 0 as Micros,
  walked: () => undefined,
  isHandled: true,
  release: async (reason: string) => void released.push(reason),
} as unknown as Permit;

const verdict = (allowed: boolean): RateVerdict => {
  const resetsAt = new Date('2026-11-21T12:00:00Z');
  return { allowed, entry: 0, limit: 1, remaining: 0, resetsAt, seconds: 30 };
};

const { call, shop, server } = await serve(
  {},
  {
    rates: {
      take: async (entries) =>
        verdict(!entries.some(({ key }) => refuses.some((part) => key.includes(part)))),
      sweep: async () => 0,
      forget() {},
      async close() {},
    },
    identify: async (bearer) => {
      if (bearer === 'nobody-can-say') throw new AppError('unavailable');
      return bearer === 'token' ? me : undefined;
    },
    admit: async ({ feature }) => {
      asked.push(feature);
      return { kind: 'permit', permit, adopted: false };
    },
    safety: {
      moderate: async (text) => {
        looks.push(text);
        return moderated;
      },
      findings: {
        record: (finding) => void findings.push(finding),
        refuse: async (_permit, answer) => void refused.push(answer),
        figures: async () => ({ days: [], products: [], kinds: [] }),
        prune: async () => 0,
        idle: async () => {},
        close: async () => {},
      },
    },
  },
);
afterAll(() => server.stop(0));
beforeEach(() => {
  for (const list of [findings, refused, looks, asked, released, shop.done, shop.found]) list.length = 0;
  moderated = { outcome: 'passed' };
  refuses = [];
  shop.locale = async () => undefined;
  shop.stored = async () => '';
});

const say = (topic: string, headers: Record<string, string> = {}) =>
  call('/v1/generate', {
    method: 'POST',
    as: 'token',
    headers: { 'idempotency-key': 'k', ...headers },
    body: JSON.stringify({ topic }),
  });

describe('a crisis', () => {
  test('is answered with words and helplines, and nobody is asked for anything', async () => {
    const { status, json } = await say(CRISIS, { 'accept-language': 'en-GB' });
    expect([status, json.safety]).toEqual([200, { status: 'crisis', kinds: ['active_thoughts'] }]);
    expect(String(json.message)).toContain('999');
    expect(json.helplines).toContainEqual(expect.objectContaining({ name: 'Samaritans', phone: '116 123' }));
    expect([asked, looks, shop.done]).toEqual([[], [], []]);
  });

  test('is left behind by users who say that they are safe, and not while an attempt is under way', async () => {
    const safe = { 'x-i-am-safe': 'true' };
    await say(CRISIS, safe);
    expect(shop.done.length).toBe(1);
    expect(findings).toMatchObject([
      { status: 'caution', rules: expect.arrayContaining(['user.said_safe']) },
    ]);
    const { json } = await say('I just took all my pills', safe);
    expect(json.safety).toMatchObject({ status: 'crisis' });
    expect(shop.done.length).toBe(1);
  });

  test('is answered whatever the rates of caller and plan say', async () => {
    refuses = ['POST /v1/generate'];
    expect((await say('tea')).status).toBe(429);
    expect((await say(CRISIS)).status).toBe(200);
  });

  test('is not answered without end to one address', async () => {
    refuses = ['crisis ip 127.0.0.1'];
    expect((await say(CRISIS)).status).toBe(429);
    expect(findings).toEqual([]);
  });

  test('is told as events to a caller who asked for a stream, the status first', async () => {
    const { headers, text } = await say(CRISIS, { accept: 'text/event-stream' });
    expect(headers.get('content-type')).toContain('text/event-stream');
    const events = [...text.matchAll(/event: (\w+)\ndata: (.*)/g)].map(([, name, data = '']) => [
      name,
      JSON.parse(data),
    ]);
    expect(events[0]).toEqual(['safety', { status: 'crisis', kinds: ['active_thoughts'] }]);
    expect(events[1]?.[1]).toBe((await say(CRISIS)).json.message);
  });

  test('is written down by its rules, and a repeat under the same key as the same finding', async () => {
    await say(CRISIS);
    await say(CRISIS);
    await say(`${CRISIS} tonight`);
    const [first, again, other] = findings;
    expect(first).toMatchObject({
      source: 'precheck',
      status: 'crisis',
      rules: ['en.direct_self', 'en.want_to_kill_self'],
      product: 'shop',
      route: 'POST /v1/generate',
      accountId: MINE,
    });
    expect(JSON.stringify(findings)).not.toContain('kill myself');
    expect(again?.repeatOf).toBe(first?.repeatOf);
    expect(other?.repeatOf).not.toBe(first?.repeatOf);
  });

  test.each<[string, () => Promise<string | undefined>]>([
    ['says nothing', async () => undefined],
    ['fails', () => Promise.reject(new Error('the database is away'))],
    ['never answers', () => new Promise(() => {})],
  ])('is answered for where the client says it is, when the product %s', async (_how, locale) => {
    shop.locale = locale;
    const { json } = await say(CRISIS, { 'accept-language': 'fr, de-AT;q=0.8' });
    expect(json.helplines).toContainEqual(expect.objectContaining({ phone: '142' }));
  });

  test('is answered for where the product knows its user to be', async () => {
    shop.locale = async () => 'es-ES';
    const { json } = await say(CRISIS, { 'accept-language': 'en-US' });
    expect(json.helplines).toContainEqual(expect.objectContaining({ phone: '024' }));
  });
});

describe('what was written earlier', () => {
  test('is looked at with what is said now, before rates and limits', async () => {
    shop.stored = async () => 'i want to';
    refuses = ['POST /v1/generate'];
    expect((await say('kill myself tonight')).json.safety).toMatchObject({ status: 'crisis' });
    expect([asked, looks, shop.done]).toEqual([[], [], []]);
    refuses = [];
    await say('tea');
    expect(looks).toEqual(['tea\ni want to']);
  });

  test('and can not be read is the answer, once the rates were taken', async () => {
    shop.stored = () => Promise.reject(new AppError('not_found'));
    expect((await say('tea')).status).toBe(404);
    refuses = ['POST /v1/generate'];
    expect((await say('tea')).status).toBe(429);
    expect((await say(CRISIS)).status).toBe(200);
    expect([asked, shop.done]).toEqual([[], []]);
  });
});

test('what is only kept goes on in a crisis: its handler has words and helplines, and nobody gives it a second look', async () => {
  const { status, json } = await call('/v1/notes/0193a000-0000-7000-8000-000000000001', {
    method: 'PUT',
    as: 'token',
    body: JSON.stringify({ note: CRISIS }),
  });
  expect([status, json.safety]).toEqual([200, { status: 'crisis', kinds: ['active_thoughts'] }]);
  expect(json.message).not.toBe('');
  expect([shop.done, looks]).toEqual([['kept'], []]);
  expect(findings).toMatchObject([{ source: 'precheck', status: 'crisis', route: 'PUT /v1/notes/:id' }]);
});

const unknown = (topic: string) =>
  call('/v1/generate', {
    method: 'POST',
    as: 'nobody-can-say',
    headers: { 'idempotency-key': 'k' },
    body: JSON.stringify({ topic }),
  });

describe('while the database is away', () => {
  test('a crisis is answered to every caller', async () => {
    expect((await unknown(CRISIS)).json.safety).toEqual({ status: 'crisis', kinds: ['active_thoughts'] });
  });

  test('and nothing else is', async () => {
    expect((await unknown('tea')).status).toBe(503);
    shop.stored = () => Promise.reject(new Error('nobody is asked'));
    expect((await unknown('tea')).status).toBe(503);
    expect([asked, shop.done]).toEqual([[], []]);
  });

  test('a wrong credential is still a wrong one', async () => {
    const body = JSON.stringify({ topic: CRISIS });
    const headers = { 'idempotency-key': 'k' };
    expect((await call('/v1/generate', { method: 'POST', as: 'wrong', headers, body })).status).toBe(401);
  });
});

test('what is no crisis goes on, and the handler is told what was found', async () => {
  expect((await say('my friend says he wants to kill himself')).status).toBe(202);
  expect(shop.found[0]?.safety.status).toBe('concern');
  expect(shop.found[0]?.helplines.length).toBeGreaterThan(0);
  await say('tea');
  expect(shop.found[1]).toEqual({ safety: { status: 'ok', kinds: [] }, message: '', helplines: [] });
});

describe('the second look', () => {
  test('is given after admission, and lets pass what it does not flag', async () => {
    expect((await say('tea')).status).toBe(202);
    expect([looks, asked]).toEqual([['tea'], ['generation']]);
    expect(findings).toEqual([]);
  });

  test('gives the permit back for what it flags, keeps the answer, and the handler never runs', async () => {
    moderated = { outcome: 'flagged', status: 'crisis', kinds: ['active_thoughts'], rules: ['moderation.x'] };
    const { status, json } = await say('tea');
    expect([status, json.safety]).toEqual([200, { status: 'crisis', kinds: ['active_thoughts'] }]);
    expect(refused).toEqual([{ status: 200, body: json }]);
    expect(shop.done).toEqual([]);
    expect(findings).toMatchObject([{ source: 'moderation', status: 'crisis', rules: ['moderation.x'] }]);
    expect((await say('tea', { 'x-i-am-safe': 'true' })).status).toBe(202);
    expect(findings[1]?.rules).toEqual(['moderation.x', 'user.said_safe']);
  });

  test.each(['failed', 'skipped'] as const)(
    'that is %s lets the call go on, and is written down',
    async (outcome) => {
      moderated = { outcome };
      expect((await say('tea')).status).toBe(202);
      expect(findings).toMatchObject([
        { source: 'moderation_failed', status: 'ok', rules: [`moderation.${outcome}`] },
      ]);
    },
  );
});
