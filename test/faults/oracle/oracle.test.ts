import { describe, expect, test } from 'vitest';
import {
  ACCOUNT,
  answerWith,
  exchangeOf,
  timeAt,
  billedCall,
  estimate,
  event,
  generation,
  meter,
  permit,
  rules,
  traceOf,
  type WrittenRow,
} from './oracle-fixture.ts';

/** Admission as it is: the window and the permits of one commit. */
function admissionRows(
  used: Readonly<Record<string, number>>,
  ...permits: readonly ReturnType<typeof permit>[]
): WrittenRow[] {
  return [['meters', meter(used)], ...permits.map((row): WrittenRow => ['permits', row])];
}

const windows = (units: number, cost: number) => ({
  monthly: units,
  hourly: units,
  per_minute: units,
  daily_cost: cost,
});

const slide = (id: string, second: number) =>
  permit(id, { feature: 'slide', created_at: timeAt(second), due_at: timeAt(second + 1) });

const draft = (id: string, second: number) =>
  permit(id, { feature: 'draft', subject: 'draft-1', created_at: timeAt(second) });

const reportedEvent = (id: string) => event('1', { id, provider: 'outside', reported_id: 'mine' });

const generationAnswer = (id: string) => answerWith(202, { generation_id: `generation-${id}` });

describe('a world in which all is right has no violation', () => {
  test('two permits that are settled, at what their calls cost', () => {
    const [one, two] = [permit('1'), permit('2')];
    const trace = traceOf(admissionRows(windows(1, 100), one), admissionRows(windows(2, 200), two), [
      ['usage_events', event('1')],
      ['permits', { ...one, state: 'settled' }],
      ['meters', meter(windows(2, 114))],
    ]);
    const rest = {
      permits: [{ ...one, state: 'settled' as const }],
      events: [event('1')],
      bill: [billedCall('1')],
    };
    expect(rules({ trace, ...rest })).toEqual([]);
  });

  test('failed work that gave its quota back, and keeps what it took of a burst', () => {
    const one = permit('1');
    const over: WrittenRow[] = [
      ['permits', { ...one, state: 'voided' }],
      ['meters', meter({ ...windows(1, 0), monthly: 0 })],
    ];
    expect(rules({ trace: traceOf(admissionRows(windows(1, 100), one), over) })).toEqual([]);
  });

  test('a permit whose reserve grows after use was reported that passed its burst: a budget alone is asked', () => {
    const one = permit('1');
    const elsewhere = permit('2', { state: 'settled', units: 4, reserve: 0 });
    const trace = traceOf(
      admissionRows(windows(1, 100), one),
      [
        ['permits', elsewhere],
        ['meters', meter(windows(5, 100))],
      ],
      [
        ['permits', { ...one, reserve: 150 }],
        ['meters', meter(windows(5, 150))],
      ],
    );
    expect(rules({ trace })).toEqual([]);
    const admittedAfter = permit('3', { reserve: 0 });
    const passed = traceOf(
      [
        ['permits', elsewhere],
        ['meters', meter(windows(4, 0))],
      ],
      admissionRows(windows(5, 0), admittedAfter),
    );
    expect(rules({ trace: passed })).toContain('burst passed');
  });

  test('the permits of a dead process are no longer counted, but those of its jobs are', () => {
    const holders = [
      { id: 'holder-1', expires_at: timeAt(0.5) },
      { id: 'holder-2', expires_at: timeAt(900) },
    ];
    const dead = [permit('1'), permit('2')];
    const next = permit('3', { holder: 'holder-2', created_at: timeAt(1) });
    const trace = traceOf(admissionRows(windows(2, 200), ...dead), admissionRows(windows(3, 300), next));
    expect(rules({ holders, trace })).toEqual([]);
    const ofJobs = dead.map((one) => ({ ...one, job_id: 'job' }));
    const counted = traceOf(admissionRows(windows(2, 200), ...ofJobs), admissionRows(windows(3, 300), next));
    expect(rules({ holders, trace: counted })).toEqual(['concurrency passed']);
  });

  test('an estimate that stands for a billed call, and one that was made exact', () => {
    const correction = event('2', {
      id: 'correction',
      corrects: 'event-2',
      cost: 14 - 100,
      reserve: 0,
    });
    const events = [estimate('1'), estimate('2'), correction];
    expect(rules({ events, bill: [billedCall('1'), billedCall('2')] })).toEqual([]);
  });
});

describe('limits', () => {
  test('a quota that is passed is told', () => {
    const trace = traceOf(admissionRows(windows(4, 0), permit('1', { units: 4, reserve: 0 })));
    expect(rules({ trace })).toEqual(['quota passed']);
  });

  test('a burst that is passed is told', () => {
    const three = permit('1', { units: 3, reserve: 0 });
    const trace = traceOf(
      admissionRows(windows(3, 0), three),
      [
        ['permits', { ...three, state: 'voided' }],
        ['meters', meter({ ...windows(3, 0), monthly: 0 })],
      ],
      admissionRows(
        { ...windows(5, 0), monthly: 2 },
        permit('2', { units: 2, reserve: 0, created_at: timeAt(1) }),
      ),
    );
    expect(rules({ trace })).toEqual(['burst passed']);
  });

  test('a sliding burst that is passed over two minutes is told', () => {
    const trace = traceOf(
      ...[50, 58, 65].map((second, n) => admissionRows({ monthly: n + 1 }, slide(String(n), second))),
    );
    expect(rules({ trace })).toEqual(['sliding burst passed']);
  });

  test('more slots than there are, by permits that have not expired, are told', () => {
    const three = ['1', '2', '3'].map((id) => permit(id));
    expect(rules({ trace: traceOf(admissionRows(windows(3, 300), ...three)) })).toEqual([
      'concurrency passed',
    ]);
  });

  test('a budget that is passed at admission, or by an extension, is told', () => {
    const dear = permit('1', { reserve: 1_001 });
    expect(rules({ trace: traceOf(admissionRows(windows(1, 1_001), dear)) })).toEqual(['budget passed']);
    const grown: WrittenRow[] = [
      ['permits', dear],
      ['meters', meter(windows(1, 1_001))],
    ];
    const trace = traceOf(admissionRows(windows(1, 100), permit('1')), grown);
    expect(rules({ trace })).toEqual(['budget passed']);
  });

  test('a second permit of a draft within its pause is told', () => {
    const trace = traceOf(
      admissionRows({ monthly: 1 }, draft('1', 0)),
      admissionRows({ monthly: 2 }, draft('2', 19)),
    );
    expect(rules({ trace })).toEqual(['cooldown passed']);
  });

  test('a window that holds more than permits took, as a denial that charged leaves it, is told', () => {
    const trace = traceOf(admissionRows(windows(1, 100), permit('1')), [['meters', meter(windows(2, 100))]]);
    expect(rules({ trace })).toEqual(['window and permits differ']);
  });

  test('quota that failed work did not give back is told', () => {
    const over: WrittenRow[] = [
      ['permits', permit('1', { state: 'voided' })],
      ['meters', meter(windows(1, 0))],
    ];
    const trace = traceOf(admissionRows(windows(1, 100), permit('1')), over);
    expect(rules({ trace })).toEqual(['window and permits differ']);
  });

  test('credits below nothing, and credits that are gone for no permit, are told', () => {
    const row = { account_id: ACCOUNT, id: 'grant', product: 'demo', name: 'coins', amount: 5 };
    const negative = traceOf([['credits', { ...row, remaining: -1 }]]);
    expect(rules({ trace: negative })).toEqual(['credits negative', 'credits and permits differ']);
    expect(rules({ trace: traceOf([['credits', { ...row, remaining: 4 }]]) })).toEqual([
      'credits and permits differ',
    ]);
  });
});

describe('the ledger', () => {
  test('a billed call that no row knows is told', () => {
    expect(rules({ bill: [billedCall('1')] })).toEqual(['billed and not posted']);
    const voided = event('1', { state: 'voided', provider_request_id: null, cost: 0 });
    expect(rules({ events: [voided], bill: [billedCall('1')] })).toEqual(['billed and not posted']);
  });

  test('each billed call that no row names needs an estimate of its own', () => {
    const bill = [billedCall('1'), billedCall('1', { request_id: 'theirs-again' })];
    expect(rules({ events: [event('1')], bill })).toEqual(['billed and not posted']);
    expect(rules({ events: [estimate('1')], bill })).toEqual(['billed and not posted']);
    expect(rules({ events: [event('1'), estimate('1', { id: 'other' })], bill })).toEqual([]);
  });

  test('a billed call that is posted twice is told', () => {
    const events = [event('1'), event('1', { id: 'again' })];
    expect(rules({ events, bill: [billedCall('1')] })).toEqual(['billed once, posted twice']);
  });

  test('figures that are not the provider’s are told, of a correction too', () => {
    expect(rules({ events: [event('1', { completion_tokens: 21 })], bill: [billedCall('1')] })).toEqual([
      'ledger and bill differ',
    ]);
    const correction = event('1', { id: 'correction', corrects: 'event-1', cost: 14 });
    expect(rules({ events: [estimate('1'), correction], bill: [billedCall('1')] })).toEqual([
      'ledger and bill differ',
    ]);
  });

  test('a posted row that is no estimate and on no bill is told', () => {
    expect(rules({ events: [event('1')] })).toEqual(['posted and not billed']);
  });

  test('a call without an end, a voided call that costs, and an estimate beyond its reserve are told', () => {
    const none = { provider_request_id: null };
    expect(rules({ events: [event('1', { ...none, state: 'sent' })] })).toEqual(['a call without an end']);
    expect(rules({ events: [event('1', { ...none, state: 'voided' })] })).toEqual(['a voided call costs']);
    expect(rules({ events: [estimate('1', { cost: 101 })] })).toEqual(['an estimate beyond its reserve']);
  });
});

describe('answers', () => {
  test('a denial under whose request there is a permit or a call is told', () => {
    const history = [exchangeOf('1', answerWith(429, {}, 'limit_exceeded'))];
    expect(rules({ history })).toEqual([]);
    expect(rules({ history, permits: [permit('1', { state: 'voided' })] })).toEqual(['charged on denial']);
  });

  test('one key with two answers is told', () => {
    const generations = [generation('1'), generation('2')];
    const same = [
      exchangeOf('1', { key: 'k', ...generationAnswer('1') }),
      exchangeOf('2', { key: 'k', ...generationAnswer('1') }),
    ];
    expect(rules({ history: same, generations })).toEqual([]);
    const other = [
      exchangeOf('1', { key: 'k', ...generationAnswer('1') }),
      exchangeOf('2', { key: 'k', ...generationAnswer('2') }),
    ];
    expect(rules({ history: other, generations })).toEqual(['one key, two answers']);
  });

  test('one key with two effects is told, even if nobody heard of one of them', () => {
    const history = [exchangeOf('1', { key: 'k' }), exchangeOf('2', { key: 'k' })];
    const settled = { state: 'settled' as const };
    expect(rules({ history, permits: [permit('1', settled), permit('2', { state: 'voided' })] })).toEqual([]);
    expect(rules({ history, permits: [permit('1', settled), permit('2', settled)] })).toEqual([
      'one key, two effects',
    ]);
  });

  test('what was accepted and is not there is told', () => {
    const history = [exchangeOf('1', answerWith(202, { generation_id: 'generation-1' }))];
    expect(rules({ history })).toEqual(['accepted and lost']);
    expect(rules({ history, generations: [generation('1')] })).toEqual([]);
  });

  test('a generation that was cancelled, and was written all the same, is told', () => {
    const route = 'POST /v1/generations/:id/cancel';
    const history = [exchangeOf('1', { route, ...answerWith(200, { generation_id: 'generation-1' }) })];
    expect(rules({ history, generations: [generation('1')] })).toEqual(['accepted and lost']);
    expect(rules({ history, generations: [generation('1', { status: 'cancelled' })] })).toEqual([]);
  });

  test('an answer of a model that no posted row stands for is told', () => {
    const route = 'POST /v1/ai/chat/completions';
    const history = [exchangeOf('1', { route, ...answerWith(200, { usage: { completion_tokens: 20 } }) })];
    expect(rules({ history })).toEqual(['served and not posted']);
    expect(rules({ history, events: [event('1')], bill: [billedCall('1')] })).toEqual([]);
    const streamExchange = (text: string) => [exchangeOf('1', { route, ...answerWith(200, text) })];
    expect(rules({ history: streamExchange('data: {}\n\n') })).toEqual([]);
    expect(rules({ history: streamExchange('data: {}\n\ndata: [DONE]\n\n') })).toEqual([
      'served and not posted',
    ]);
  });
});

describe('permits over HTTP', () => {
  const route = 'POST /v1/permits/:id/settle';
  const end = { permit_id: '1', status: 'settled', units: 1, cost_micros: 14 };
  const settled = [permit('1', { state: 'settled' })];
  const spent = { events: [event('1')], bill: [billedCall('1')] };

  test('a settlement whose permit is open, or whose rows cost something else, is told', () => {
    const history = [exchangeOf('1', { route, ...answerWith(200, end) })];
    expect(rules({ history, permits: settled, ...spent })).toEqual([]);
    expect(rules({ history, permits: [permit('1', { state: 'voided' })], ...spent })).toEqual([
      'a permit and what was said of it differ',
    ]);
    const dearer = [exchangeOf('1', { route, ...answerWith(200, { ...end, cost_micros: 15 }) })];
    expect(rules({ history: dearer, permits: settled, ...spent })).toEqual([
      'a settlement and its rows differ',
    ]);
  });

  test('the same end that is told in two ways is told', () => {
    const other = { ...end, status: 'voided' };
    const history = [end, other].map((body) => exchangeOf('1', { route, ...answerWith(200, body) }));
    expect(rules({ history, permits: settled, ...spent })).toEqual(['one end, two answers']);
  });

  test('usage that was reported and is not there, or is there twice, is told', () => {
    const report = {
      data: [
        { id: 'mine', status: 'posted' },
        { id: 'not', status: 'refused' },
      ],
    };
    const history = [exchangeOf('1', { route: 'POST /v1/usage-events', ...answerWith(200, report) })];
    expect(rules({ history })).toEqual(['reported and not posted']);
    expect(rules({ history, events: [reportedEvent('a')] })).toEqual([]);
    expect(rules({ history, events: [reportedEvent('a'), reportedEvent('b')] })).toEqual([
      'reported once, posted twice',
    ]);
  });
});

describe('ends', () => {
  test('a permit, a job or a generation that is still open at the end is told', () => {
    expect(rules({ permits: [permit('1')] })).toEqual(['a permit without an end']);
    const job = { account_id: ACCOUNT, id: 'job-1', kind: 'reel.generate', state: 'running' };
    expect(rules({ jobs: [job] })).toEqual(['a job without an end']);
    expect(rules({ generations: [generation('1', { status: 'running' })] })).toEqual([
      'a generation without an end',
    ]);
  });

  test('work and permit that end differently are told', () => {
    const settled = [permit('1', { state: 'settled' })];
    expect(rules({ generations: [generation('1')], permits: settled })).toEqual([]);
    expect(rules({ generations: [generation('1', { status: 'failed' })], permits: settled })).toEqual([
      'work and permit differ',
    ]);
    expect(rules({ generations: [generation('1', { written: 0 })], permits: settled })).toEqual([
      'completed without its variants',
    ]);
  });

  test('a generation that the API tells otherwise than its row is told', () => {
    const generations = [generation('1')];
    expect(rules({ generations, told: new Map([['generation-1', 'completed']]) })).toEqual([]);
    expect(rules({ generations, told: new Map([['generation-1', 'running']]) })).toEqual([
      'generation and row differ',
    ]);
  });

  test('usage that the API tells and no row explains is told', () => {
    const limits = [{ product: 'demo', limit: 'monthly', used: 1 }];
    const used = new Map([[ACCOUNT, { limits, events: [] }]]);
    expect(rules({ usage: used })).toEqual(['usage and rows differ']);
    expect(rules({ usage: used, trace: traceOf(admissionRows(windows(1, 100), permit('1'))) })).toEqual([]);
    const calls = [{ id: 'event-1', status: 'posted', cost_micros: 13 }];
    const told = { usage: new Map([[ACCOUNT, { limits: [], events: calls }]]), bill: [billedCall('1')] };
    expect(rules({ ...told, events: [event('1')] })).toEqual(['usage and rows differ']);
    expect(rules({ ...told, events: [event('1', { cost: 13 })] })).toEqual(['ledger and bill differ']);
  });
});
