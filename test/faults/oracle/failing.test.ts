import { describe, expect, test } from 'vitest';
import type { Exchange } from '../history.ts';
import { type Facts, SLOT_FREE_WITHIN } from './index.ts';
import {
  answerWith,
  exchangeOf,
  billedCall,
  estimate,
  event,
  meter,
  NOON,
  permit,
  rules,
  traceOf,
  type WrittenRow,
} from './oracle-fixture.ts';
import { longestCalm } from './slots.ts';

/** What the oracle knows of calls that go wrong: what they may cost, who pays, what clients are told, when slots are free. */

const route = 'POST /v1/ai/chat/completions';
const judgeAnswer = (status: number, code: string, retryAfter?: string) => {
  const { answer } = answerWith(status, {}, code);
  return rules({ history: [exchangeOf('1', { answer: { ...answer, retryAfter } })] });
};

const outageUntil = (until: number, node?: number) => [
  { of: 'database', node, from: NOON + 500, until: NOON + until } as const,
];

const outage = (from: number, until: number) => ({ of: 'pause', node: 0, from, until }) as const;

const twoEstimates = (first: number, second: number) => [
  estimate('1', { cost: first }),
  estimate('1', { id: 'second', cost: second }),
];

const paid = (charged: number, more: Parameters<typeof event>[1] = {}) => event('1', { charged, ...more });

const dearRow = (charged: number) =>
  event('1', { completion_tokens: 5_000, cost: 3_002, charged, reserve: 4_000 });

const namedEvent = (charged: number) => paid(charged, { provider_request_id: 'req_1' });

const closerEstimates = (cost: number) => [
  estimate('1'),
  estimate('1', {
    id: 'closer',
    corrects: 'event-1',
    provider_request_id: 'theirs-1',
    cost: cost - 100,
    reserve: 0,
  }),
];

const chat = (more: Partial<Exchange> = {}) => exchangeOf('1', { route, ...more });

describe('an estimate', () => {
  test('that is less than the bill of its call is told, named or not, corrected or not', () => {
    const bill = [billedCall('1')];
    expect(rules({ events: [estimate('1', { cost: 14 })], bill })).toEqual([]);
    expect(rules({ events: [estimate('1', { cost: 13 })], bill })).toEqual(['an estimate below the bill']);
    const named = { provider_request_id: 'theirs-1', cost: 13 };
    expect(rules({ events: [estimate('1', named)], bill })).toEqual(['an estimate below the bill']);
    const correction = event('1', { id: 'correction', corrects: 'event-1', cost: 1, reserve: 0 });
    expect(rules({ events: [estimate('1', { cost: 13 }), correction], bill })).toEqual([
      'an estimate below the bill',
    ]);
  });

  test('of what was asked for is enough where the provider bills thoughts beyond it', () => {
    const thought = { completion_tokens: 120, reasoning_tokens: 100 };
    const bill = [billedCall('1', { fault: { kind: 'usage' }, ...thought })];
    expect(rules({ events: [estimate('1', { cost: 14 })], bill })).toEqual([]);
    expect(rules({ events: [estimate('1', { cost: 13 })], bill })).toEqual(['an estimate below the bill']);
    const asked = [billedCall('1', { fault: { kind: 'missing_usage' }, ...thought })];
    expect(rules({ events: [estimate('1', { cost: 14 })], bill: asked })).toEqual([
      'an estimate below the bill',
    ]);
  });

  test('may be corrected by a closer one, which is no less than the bill either', () => {
    const bill = [billedCall('1')];
    expect(rules({ events: closerEstimates(14), bill })).toEqual([]);
    expect(rules({ events: closerEstimates(13), bill })).toEqual(['an estimate below the bill']);
  });

  test('of a request with several: the dearest call needs the dearest, and one cannot stand for both', () => {
    const dear = billedCall('1', { request_id: 'theirs-dear', completion_tokens: 100 });
    const bill = [billedCall('1'), dear];
    expect(rules({ events: twoEstimates(14, 62), bill })).toEqual([]);
    expect(rules({ events: twoEstimates(62, 13), bill })).toEqual(['an estimate below the bill']);
    expect(rules({ events: twoEstimates(61, 61), bill })).toEqual(['an estimate below the bill']);
  });
});

describe('charges', () => {
  const bill = [billedCall('1')];
  const shown = { usage: { completion_tokens: 20 } };
  const sandboxNamed = {
    bill: [billedCall('1', { request_id: 'req_1' })],
    history: [chat(answerWith(200, { ...shown, id: 'chatcmpl-1' }))],
  };

  test('are not asked for where there are none', () => {
    expect(rules({ events: [event('1')], bill })).toEqual([]);
  });

  test('that are more than the call cost, or less than nothing, are told', () => {
    expect(rules({ events: [paid(14)], bill })).toEqual([]);
    expect(rules({ events: [paid(15)], bill })).toEqual(['charged more than it cost']);
    expect(rules({ events: [paid(-1)], bill })).toEqual(['charged more than it cost']);
  });

  test('are what was served, whole, and nothing for the tries before', () => {
    expect(rules({ events: [namedEvent(14)], ...sandboxNamed })).toEqual([]);
    expect(rules({ events: [namedEvent(13)], ...sandboxNamed })).toEqual(['served and charged otherwise']);
    const triedEvents = (charged: number) => [namedEvent(14), estimate('1', { id: 'try', charged })];
    expect(rules({ events: triedEvents(0), ...sandboxNamed })).toEqual([]);
    expect(rules({ events: triedEvents(1), ...sandboxNamed })).toEqual([
      'charged for what the provider broke',
    ]);
  });

  test('and quota are none where the client was told that the provider failed', () => {
    const failed = chat(answerWith(502, {}, 'answer_unusable'));
    const back = [permit('1', { state: 'voided' })];
    expect(rules({ history: [failed], events: [paid(0)], permits: back, bill })).toEqual([]);
    const broke = ['charged for what the provider broke'];
    expect(rules({ history: [failed], events: [paid(14)], permits: back, bill })).toEqual(broke);
    const kept = [permit('1', { state: 'settled' })];
    const charged = { history: [failed], events: [paid(14)], permits: kept, bill };
    expect(rules({ ...charged, events: [paid(0)] })).toEqual(broke);
    const gone = { of: 'database', node: 0, from: failed.asked, until: failed.ended + 9 } as const;
    expect(rules({ ...charged, outages: [gone] })).toEqual(broke);
    const died = { of: 'process', node: 0, from: failed.ended + 5, until: failed.ended + 99 } as const;
    expect(rules({ ...charged, outages: [died] })).toEqual(broke);
    expect(rules({ ...charged, outages: [gone, died] })).toEqual([]);
  });

  test('of a stream that the provider cut are for what was shown', () => {
    const cut = [billedCall('1', { completion_tokens: 5_000, fault: { kind: 'cut_stream', after: 3 } })];
    const history = [chat(answerWith(200, 'data: {"id":"chatcmpl-1"}\n\n'))];
    expect(rules({ history, bill: cut, events: [dearRow(5)] })).toEqual([]);
    const unshown = ['charged for what was not shown'];
    expect(rules({ history, bill: cut, events: [dearRow(3_002)] })).toEqual(unshown);
    const failed =
      'data: {"id":"chatcmpl-1"}\n\ndata: {"error":{"code":"provider_timeout"}}\n\ndata: [DONE]\n\n';
    const ended = { history: [chat(answerWith(200, failed))], bill: cut };
    expect(rules({ ...ended, events: [dearRow(3_002)] })).toEqual(unshown);
  });

  test('of a call whose caller left are what it cost, and its quota is used', () => {
    const history = [chat({ leaves: true })];
    const settled = [permit('1', { state: 'settled' })];
    expect(rules({ history, events: [paid(14)], permits: settled, bill })).toEqual([]);
    const left = ['left, and not charged for it'];
    expect(rules({ history, events: [paid(0)], permits: settled, bill })).toEqual(left);
    const back = [permit('1', { state: 'voided' })];
    expect(rules({ history, events: [paid(14)], permits: back, bill })).toEqual(left);
    const outages = [{ of: 'provider', node: 0, from: NOON, until: NOON + 9 }] as const;
    expect(rules({ history, events: [paid(0)], permits: settled, bill, outages })).toEqual([]);
  });

  test('are what a customer’s budget holds', () => {
    const one = permit('1');
    const settledWith = (cost: number): WrittenRow[] => [
      ['usage_events', event('1', { charged: 5 })],
      ['permits', { ...one, state: 'settled' }],
      ['meters', meter({ monthly: 1, hourly: 1, per_minute: 1, daily_cost: cost })],
    ];
    const before: WrittenRow[] = [
      ['meters', meter({ monthly: 1, hourly: 1, per_minute: 1, daily_cost: 100 })],
      ['permits', one],
    ];
    expect(rules({ trace: traceOf(before, settledWith(5)) })).toEqual([]);
    expect(rules({ trace: traceOf(before, settledWith(14)) })).toEqual(['window and permits differ']);
  });
});

describe('what clients are told', () => {
  test('an outage of the database is no defect, and a reader did not hang up', () => {
    expect(judgeAnswer(500, 'internal')).toEqual(['answered with a defect']);
    expect(judgeAnswer(499, 'client_gone')).toEqual(['told that it had hung up']);
    expect(judgeAnswer(503, 'unavailable', '1')).toEqual([]);
    expect(judgeAnswer(503, 'server_stopping', '1')).toEqual([]);
    expect(judgeAnswer(503, 'internal', '1')).toEqual(['a 503 that says nothing of why']);
  });

  test.each([
    [429, 'limit_exceeded'],
    [429, 'rate_limited'],
    [503, 'unavailable'],
    [503, 'provider_unavailable'],
  ])('%i %s says when to come again, in whole seconds', (status, code) => {
    const later = ['told to come again, and not when'];
    expect(judgeAnswer(status, code, '30')).toEqual([]);
    expect(judgeAnswer(status, code)).toEqual(later);
    expect(judgeAnswer(status, code, '0')).toEqual(later);
    expect(judgeAnswer(status, code, '0.5')).toEqual(later);
  });
});

describe('a slot', () => {
  const open: WrittenRow[] = [
    ['meters', meter({ monthly: 1, hourly: 1, per_minute: 1, daily_cost: 100 })],
    ['permits', permit('1')],
  ];
  const over: WrittenRow[] = [
    ['meters', meter({ monthly: 0, hourly: 1, per_minute: 1, daily_cost: 0 })],
    ['permits', permit('1', { state: 'voided' })],
  ];
  const LATE = SLOT_FREE_WITHIN + 1_000;

  /** Opened at noon; its request ends then, and the slot is free after so many milliseconds. */
  const judgeSlot = (free: number, more: Partial<Facts> = {}) =>
    rules({
      history: [chat({ ended: NOON })],
      trace: traceOf(open, over).map((change) =>
        change.tx === 0 ? { ...change, wall: NOON } : { ...change, wall: NOON + free },
      ),
      ...more,
    });

  test('that a request which has ended keeps is told, and one that is never free', () => {
    expect(judgeSlot(SLOT_FREE_WITHIN)).toEqual([]);
    expect(judgeSlot(LATE)).toEqual(['a slot stays taken']);
    expect(judgeSlot(LATE, { trace: traceOf(open) })).toEqual(['a slot stays taken']);
  });

  test('is counted from when the database is back, and of a pause', () => {
    expect(judgeSlot(LATE, { outages: outageUntil(2_000) })).toEqual([]);
    expect(judgeSlot(LATE, { outages: outageUntil(2_000, 0) })).toEqual([]);
    expect(judgeSlot(LATE + 2_000, { outages: outageUntil(1_000) })).toEqual(['a slot stays taken']);
    expect(judgeSlot(LATE, { outages: outageUntil(2_000, 1) })).toEqual(['a slot stays taken']);
  });

  test('of a process that ended meanwhile is its lease’s to tell', () => {
    const outages = [{ of: 'process', node: 0, from: NOON + 100, until: NOON + 200 }] as const;
    expect(judgeSlot(LATE, { outages })).toEqual([]);
  });

  test('of a plain call with a key may stay without its client', () => {
    const history = [chat({ ended: NOON, key: 'k', body: '{"stream":false}' })];
    expect(judgeSlot(LATE, { history })).toEqual([]);
    const streamed = [chat({ ended: NOON, key: 'k', body: '{"stream":true}' })];
    expect(judgeSlot(LATE, { history: streamed })).toEqual(['a slot stays taken']);
  });

  test('has a longest calm between outages that overlap', () => {
    const span = { since: 0, until: 100 };
    expect(longestCalm(span, [])).toBe(100);
    expect(longestCalm(span, [outage(10, 40), outage(20, 30), outage(90, Number.POSITIVE_INFINITY)])).toBe(
      50,
    );
    expect(longestCalm({ since: 0, until: Number.POSITIVE_INFINITY }, [])).toBe(Number.POSITIVE_INFINITY);
  });
});
