import { describe, expect, test } from 'vitest';
import {
  ACCOUNT,
  answered,
  asked,
  at,
  billed,
  estimate,
  event,
  generation,
  meter,
  permit,
  rules,
  traced,
  type Written,
} from './made-up.ts';

/** Admission as it is: the window and the permits of one commit. */
function admitted(
  used: Readonly<Record<string, number>>,
  ...permits: readonly ReturnType<typeof permit>[]
): Written[] {
  return [['meters', meter(used)], ...permits.map((row): Written => ['permits', row])];
}

const windows = (units: number, cost: number) => ({
  monthly: units,
  hourly: units,
  per_minute: units,
  daily_cost: cost,
});

const slide = (id: string, second: number) =>
  permit(id, { feature: 'slide', created_at: at(second), due_at: at(second + 1) });

const draft = (id: string, second: number) =>
  permit(id, { feature: 'draft', subject: 'draft-1', created_at: at(second) });

const reported = (id: string) => event('1', { id, provider: 'outside', reported_id: 'mine' });

const made = (id: string) => answered(202, { generation_id: `generation-${id}` });

describe('a world in which all is right has no violation', () => {
  test('two permits that are settled, at what their calls cost', () => {
    const [one, two] = [permit('1'), permit('2')];
    const trace = traced(admitted(windows(1, 100), one), admitted(windows(2, 200), two), [
      ['usage_events', event('1')],
      ['permits', { ...one, state: 'settled' }],
      ['meters', meter(windows(2, 114))],
    ]);
    const rest = {
      permits: [{ ...one, state: 'settled' as const }],
      events: [event('1')],
      bill: [billed('1')],
    };
    expect(rules({ trace, ...rest })).toEqual([]);
  });

  test('failed work that gave its quota back, and keeps what it took of a burst', () => {
    const one = permit('1');
    const over: Written[] = [
      ['permits', { ...one, state: 'voided' }],
      ['meters', meter({ ...windows(1, 0), monthly: 0 })],
    ];
    expect(rules({ trace: traced(admitted(windows(1, 100), one), over) })).toEqual([]);
  });

  test('a permit whose reserve grows after use was reported that passed its burst: a budget alone is asked', () => {
    const one = permit('1');
    const elsewhere = permit('2', { state: 'settled', units: 4, reserve: 0 });
    const trace = traced(
      admitted(windows(1, 100), one),
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
    const passed = traced(
      [
        ['permits', elsewhere],
        ['meters', meter(windows(4, 0))],
      ],
      admitted(windows(5, 0), admittedAfter),
    );
    expect(rules({ trace: passed })).toContain('burst passed');
  });

  test('the permits of a dead process are no longer counted, but those of its jobs are', () => {
    const holders = [
      { id: 'holder-1', expires_at: at(0.5) },
      { id: 'holder-2', expires_at: at(900) },
    ];
    const dead = [permit('1'), permit('2')];
    const next = permit('3', { holder: 'holder-2', created_at: at(1) });
    const trace = traced(admitted(windows(2, 200), ...dead), admitted(windows(3, 300), next));
    expect(rules({ holders, trace })).toEqual([]);
    const ofJobs = dead.map((one) => ({ ...one, job_id: 'job' }));
    const counted = traced(admitted(windows(2, 200), ...ofJobs), admitted(windows(3, 300), next));
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
    expect(rules({ events, bill: [billed('1'), billed('2')] })).toEqual([]);
  });
});

describe('limits', () => {
  test('a quota that is passed is told', () => {
    const trace = traced(admitted(windows(4, 0), permit('1', { units: 4, reserve: 0 })));
    expect(rules({ trace })).toEqual(['quota passed']);
  });

  test('a burst that is passed is told', () => {
    const three = permit('1', { units: 3, reserve: 0 });
    const trace = traced(
      admitted(windows(3, 0), three),
      [
        ['permits', { ...three, state: 'voided' }],
        ['meters', meter({ ...windows(3, 0), monthly: 0 })],
      ],
      admitted({ ...windows(5, 0), monthly: 2 }, permit('2', { units: 2, reserve: 0, created_at: at(1) })),
    );
    expect(rules({ trace })).toEqual(['burst passed']);
  });

  test('a sliding burst that is passed over two minutes is told', () => {
    const trace = traced(
      ...[50, 58, 65].map((second, n) => admitted({ monthly: n + 1 }, slide(String(n), second))),
    );
    expect(rules({ trace })).toEqual(['sliding burst passed']);
  });

  test('more slots than there are, by permits that have not expired, are told', () => {
    const three = ['1', '2', '3'].map((id) => permit(id));
    expect(rules({ trace: traced(admitted(windows(3, 300), ...three)) })).toEqual(['concurrency passed']);
  });

  test('a budget that is passed at admission, or by an extension, is told', () => {
    const dear = permit('1', { reserve: 1_001 });
    expect(rules({ trace: traced(admitted(windows(1, 1_001), dear)) })).toEqual(['budget passed']);
    const grown: Written[] = [
      ['permits', dear],
      ['meters', meter(windows(1, 1_001))],
    ];
    const trace = traced(admitted(windows(1, 100), permit('1')), grown);
    expect(rules({ trace })).toEqual(['budget passed']);
  });

  test('a second permit of a draft within its pause is told', () => {
    const trace = traced(admitted({ monthly: 1 }, draft('1', 0)), admitted({ monthly: 2 }, draft('2', 19)));
    expect(rules({ trace })).toEqual(['cooldown passed']);
  });

  test('a window that holds more than permits took, as a denial that charged leaves it, is told', () => {
    const trace = traced(admitted(windows(1, 100), permit('1')), [['meters', meter(windows(2, 100))]]);
    expect(rules({ trace })).toEqual(['window and permits differ']);
  });

  test('quota that failed work did not give back is told', () => {
    const over: Written[] = [
      ['permits', permit('1', { state: 'voided' })],
      ['meters', meter(windows(1, 0))],
    ];
    const trace = traced(admitted(windows(1, 100), permit('1')), over);
    expect(rules({ trace })).toEqual(['window and permits differ']);
  });

  test('credits below nothing, and credits that are gone for no permit, are told', () => {
    const row = { account_id: ACCOUNT, id: 'grant', product: 'demo', name: 'coins', amount: 5 };
    const negative = traced([['credits', { ...row, remaining: -1 }]]);
    expect(rules({ trace: negative })).toEqual(['credits negative', 'credits and permits differ']);
    expect(rules({ trace: traced([['credits', { ...row, remaining: 4 }]]) })).toEqual([
      'credits and permits differ',
    ]);
  });
});

describe('the ledger', () => {
  test('a billed call that no row knows is told', () => {
    expect(rules({ bill: [billed('1')] })).toEqual(['billed and not posted']);
    const voided = event('1', { state: 'voided', provider_request_id: null, cost: 0 });
    expect(rules({ events: [voided], bill: [billed('1')] })).toEqual(['billed and not posted']);
  });

  test('each billed call that no row names needs an estimate of its own', () => {
    const bill = [billed('1'), billed('1', { request_id: 'theirs-again' })];
    expect(rules({ events: [event('1')], bill })).toEqual(['billed and not posted']);
    expect(rules({ events: [estimate('1')], bill })).toEqual(['billed and not posted']);
    expect(rules({ events: [event('1'), estimate('1', { id: 'other' })], bill })).toEqual([]);
  });

  test('a billed call that is posted twice is told', () => {
    const events = [event('1'), event('1', { id: 'again' })];
    expect(rules({ events, bill: [billed('1')] })).toEqual(['billed once, posted twice']);
  });

  test('figures that are not the provider’s are told, of a correction too', () => {
    expect(rules({ events: [event('1', { completion_tokens: 21 })], bill: [billed('1')] })).toEqual([
      'ledger and bill differ',
    ]);
    const correction = event('1', { id: 'correction', corrects: 'event-1', cost: 14 });
    expect(rules({ events: [estimate('1'), correction], bill: [billed('1')] })).toEqual([
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
    const history = [asked('1', answered(429, {}, 'limit_exceeded'))];
    expect(rules({ history })).toEqual([]);
    expect(rules({ history, permits: [permit('1', { state: 'voided' })] })).toEqual(['charged on denial']);
  });

  test('one key with two answers is told', () => {
    const generations = [generation('1'), generation('2')];
    const same = [asked('1', { key: 'k', ...made('1') }), asked('2', { key: 'k', ...made('1') })];
    expect(rules({ history: same, generations })).toEqual([]);
    const other = [asked('1', { key: 'k', ...made('1') }), asked('2', { key: 'k', ...made('2') })];
    expect(rules({ history: other, generations })).toEqual(['one key, two answers']);
  });

  test('one key with two effects is told, even if nobody heard of one of them', () => {
    const history = [asked('1', { key: 'k' }), asked('2', { key: 'k' })];
    const settled = { state: 'settled' as const };
    expect(rules({ history, permits: [permit('1', settled), permit('2', { state: 'voided' })] })).toEqual([]);
    expect(rules({ history, permits: [permit('1', settled), permit('2', settled)] })).toEqual([
      'one key, two effects',
    ]);
  });

  test('what was accepted and is not there is told', () => {
    const history = [asked('1', answered(202, { generation_id: 'generation-1' }))];
    expect(rules({ history })).toEqual(['accepted and lost']);
    expect(rules({ history, generations: [generation('1')] })).toEqual([]);
  });

  test('a generation that was cancelled, and was written all the same, is told', () => {
    const route = 'POST /v1/generations/:id/cancel';
    const history = [asked('1', { route, ...answered(200, { generation_id: 'generation-1' }) })];
    expect(rules({ history, generations: [generation('1')] })).toEqual(['accepted and lost']);
    expect(rules({ history, generations: [generation('1', { status: 'cancelled' })] })).toEqual([]);
  });

  test('an answer of a model that no posted row stands for is told', () => {
    const route = 'POST /v1/ai/chat/completions';
    const history = [asked('1', { route, ...answered(200, { usage: { completion_tokens: 20 } }) })];
    expect(rules({ history })).toEqual(['served and not posted']);
    expect(rules({ history, events: [event('1')], bill: [billed('1')] })).toEqual([]);
    const streamed = (text: string) => [asked('1', { route, ...answered(200, text) })];
    expect(rules({ history: streamed('data: {}\n\n') })).toEqual([]);
    expect(rules({ history: streamed('data: {}\n\ndata: [DONE]\n\n') })).toEqual(['served and not posted']);
  });
});

describe('permits over HTTP', () => {
  const route = 'POST /v1/permits/:id/settle';
  const end = { permit_id: '1', status: 'settled', units: 1, cost_micros: 14 };
  const settled = [permit('1', { state: 'settled' })];
  const spent = { events: [event('1')], bill: [billed('1')] };

  test('a settlement whose permit is open, or whose rows cost something else, is told', () => {
    const history = [asked('1', { route, ...answered(200, end) })];
    expect(rules({ history, permits: settled, ...spent })).toEqual([]);
    expect(rules({ history, permits: [permit('1', { state: 'voided' })], ...spent })).toEqual([
      'a permit and what was said of it differ',
    ]);
    const dearer = [asked('1', { route, ...answered(200, { ...end, cost_micros: 15 }) })];
    expect(rules({ history: dearer, permits: settled, ...spent })).toEqual([
      'a settlement and its rows differ',
    ]);
  });

  test('the same end that is told in two ways is told', () => {
    const other = { ...end, status: 'voided' };
    const history = [end, other].map((body) => asked('1', { route, ...answered(200, body) }));
    expect(rules({ history, permits: settled, ...spent })).toEqual(['one end, two answers']);
  });

  test('usage that was reported and is not there, or is there twice, is told', () => {
    const report = {
      data: [
        { id: 'mine', status: 'posted' },
        { id: 'not', status: 'refused' },
      ],
    };
    const history = [asked('1', { route: 'POST /v1/usage-events', ...answered(200, report) })];
    expect(rules({ history })).toEqual(['reported and not posted']);
    expect(rules({ history, events: [reported('a')] })).toEqual([]);
    expect(rules({ history, events: [reported('a'), reported('b')] })).toEqual([
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
    expect(rules({ usage: used, trace: traced(admitted(windows(1, 100), permit('1'))) })).toEqual([]);
    const calls = [{ id: 'event-1', status: 'posted', cost_micros: 13 }];
    const told = { usage: new Map([[ACCOUNT, { limits: [], events: calls }]]), bill: [billed('1')] };
    expect(rules({ ...told, events: [event('1')] })).toEqual(['usage and rows differ']);
    expect(rules({ ...told, events: [event('1', { cost: 13 })] })).toEqual(['ledger and bill differ']);
  });
});
