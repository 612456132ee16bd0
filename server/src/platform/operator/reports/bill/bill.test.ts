import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Format } from '#platform/imports';
import { advanceTo, type Member } from '@plinth/testkit/factories';
import { figures, openLimits, permitOf, plannedCall } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { compareBill } from './compare-bill.ts';
import { readBill } from './read-bill.ts';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
  plans: { basic: { uses: 100 } },
});

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const read = (text: string, format: Format = 'csv') => readBill(bytes(text), format);

describe('a bill', () => {
  test.each([
    [
      'of calls',
      'jsonl',
      '{"request_id":"a","at":"2026-11-20T23:59:59.999Z","model":"small","prompt_tokens":4,"completion_tokens":5,"hung_up":false}',
      {
        day: '2026-11-20',
        model: 'small',
        request_id: 'a',
        calls: 1,
        prompt_tokens: 4,
        completion_tokens: 5,
      },
    ],
    [
      'of OpenAI',
      'csv',
      'start_time,start_time_iso,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens\n1763596800,2025-11-20T00:00:00+00:00,gpt-4o-mini-2024-07-18,5,100,10,50.0',
      { day: '2025-11-20', model: 'gpt-4o-mini', calls: 5, prompt_tokens: 100, completion_tokens: 50 },
    ],
    [
      'of OpenAI’s API',
      'jsonl',
      '{"start_time":1763596800,"model":"gpt-4o","num_model_requests":5,"input_tokens":100,"output_tokens":50}',
      { day: '2025-11-20', model: 'gpt-4o', calls: 5, prompt_tokens: 100, completion_tokens: 50 },
    ],
    [
      'of Anthropic',
      'csv',
      'usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens\n2025-11-20,claude-sonnet-4-20250514,10,1,2,3,20',
      { day: '2025-11-20', model: 'claude-sonnet-4', prompt_tokens: 16, completion_tokens: 20 },
    ],
    [
      'whose times have a zone or none',
      'csv',
      'at,model,calls\n2026-11-20 23:30:00,small,1\n2026-11-20T23:30:00-01:00,small,1',
      { day: '2026-11-20', model: 'small', calls: 1 },
      { day: '2026-11-21', model: 'small', calls: 1 },
    ],
  ] as const)('%s is read', async (...[, format, text, ...rows]) => {
    expect(await read(text, format)).toEqual({ rows, problems: [] });
  });

  test.each([
    ['', 'There are no rows.'],
    ['day,model,calls\n', 'There are no rows.'],
    ['day,calls\n2026-11-20,3', 'line 2: There is no model (model, model_version).'],
    ['day,model,calls\n2026-02-30,x,3', 'line 2: day is no day and no time.'],
    ['day,model,calls\n2026-11-20,x,3\n2026-11-20,x,-3', 'line 3: calls is no whole number.'],
    ['day,model,calls\n2026-11-20,x,"1,000"', 'line 2: calls is no whole number.'],
    [
      'day,model,calls\n2026-11-20,x,',
      'line 2: There is no request_id, and there are no calls and no tokens.',
    ],
    ['day,model,request_id\n2026-11-20,x,a\n2026-11-20,x,a', 'line 3: Its request_id is that of line 2.'],
    [
      'day,model,calls,request_id\n2026-11-20,x,1,a\n2026-11-20,x,1,',
      'line 3: Some lines have a request_id and some have none.',
    ],
  ])('%j is refused', async (text, problem) => {
    expect((await read(text)).problems).toEqual([problem]);
  });

  test('that is something else is read no further than ten wrong lines', async () => {
    expect((await read('nonsense\n'.repeat(100), 'jsonl')).problems).toHaveLength(10);
  });
});

/** A call that is posted; answers its permit. */
async function book(member: Member, usage: ReturnType<typeof figures>) {
  const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
  await permit.send(plannedCall(100));
  permit.served(usage);
  await permit.settle();
  return permit;
}

/** Holder of permits of backends that accounts have of their own. */
const OWN = '00000000-0000-7000-8000-000000000001';
const named = (providerRequestId: string | undefined) => figures(20, { providerRequestId });
const TOKENS = { prompt_tokens: 10, completion_tokens: 20 };
const CALL = { calls: 1, ...TOKENS };

/** Calls of two days; one of them became known late, of one the provider never told the id. */
async function bookTwoDays(): Promise<Member> {
  await advanceTo(db, '2027-01-10T23:59:00Z');
  const member = await fixture.member();
  await book(member, named('both'));
  await book(member, named('not-billed'));
  await book(member, named('other-figures'));
  await book(member, named(undefined));
  const late = permitOf(await fixture.admit(member, { reserve: 100 }));
  const event = await late.send(plannedCall(100));
  late.unknown(figures(90, { providerRequestId: undefined, estimated: true }));
  await late.settle();
  await advanceTo(db, '2027-01-11T00:01:00Z');
  // Booked on the next day, and known late.
  await book(member, named('at-midnight'));
  await late.amend(event, named('late'));
  await book(member, named('next-day'));
  await book(member, figures(20, { provider: 'other', providerRequestId: 'other' }));
  const own = await book(member, named('own'));
  await db.asMigrator(statement('update limits.permits set holder = $2 where id = $1', [own.id, OWN]));
  return member;
}

test('is compared with the ledger call by call, and by day and model', async () => {
  const { accountId } = await bookTwoDays();
  const rowOf = (request_id: string | undefined, day = '2027-01-10', more = {}) =>
    ({ ...CALL, request_id, day, model: 'small', ...more }) as const;
  const rows = [
    ...['both', 'late', 'at-midnight', 'lost'].map((id) => rowOf(id)),
    rowOf('other-figures', '2027-01-10', { prompt_tokens: 11 }),
    rowOf('next-day', '2027-01-11'),
    rowOf('lost-too', '2027-01-11'),
  ];
  const asked = { provider: 'sandbox', until: new Date('2027-01-11') };
  const day = { day: '2027-01-10', model: 'small' };
  const difference = { bill: undefined, ledger: undefined, ...day };
  const call = expect.objectContaining(CALL);
  const byCall = await compareBill(db, rows, asked);
  expect(byCall.calls).toHaveLength(3);
  expect(byCall).toEqual({
    days: [
      {
        ...day,
        bill: { calls: 5, prompt_tokens: 51, completion_tokens: 100 },
        ledger: { calls: 6, prompt_tokens: 60, completion_tokens: 120 },
      },
    ],
    calls: expect.arrayContaining([
      { ...difference, request_id: 'not-billed', ledger: call },
      { ...difference, request_id: 'other-figures', bill: rows[4], ledger: call },
      { ...difference, request_id: 'lost', bill: rows[3] },
    ]),
    isArchived: false,
    unnamed: 1,
  });
  const whole = { provider: 'sandbox' };
  const withoutIds = rows.map((row) => ({ ...row, request_id: undefined }));
  const { days } = await compareBill(db, withoutIds, whole);
  expect(days.map(({ bill, ledger }) => [bill?.calls, ledger?.calls])).toEqual([[5, 5]]);
  await db.asMigrator(
    statement(
      `insert into reports.ledger_archives (account_id, month, key, sha256, bytes, events, cost, charged, last_call_at, cells)
         values ($1, '2027-01-01', 'key', '', 0, 0, 0, 0, app.now(), '')`,
      [accountId],
    ),
  );
  expect(await compareBill(db, rows, whole)).toEqual({ days, calls: [], isArchived: true, unnamed: 0 });
});
