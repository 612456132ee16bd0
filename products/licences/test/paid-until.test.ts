import { statement } from '#platform/db';
import { systemRandom } from '#platform/kernel';
import { databaseTime, ids } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { describe, expect, test } from 'vitest';

const { db } = await testDatabase();
const DAY = 86_400_000;
const now = (await databaseTime(db)).getTime();
/** So many days from now. */
const daysFromNow = (days: number) => new Date(now + days * DAY).toISOString();

/** An invoice of the subscription, for its plan until then. */
interface InvoiceInput {
  readonly state: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  readonly until: number;
  readonly due?: number;
  /** When the store asks for the money next; not there: it is put off. */
  readonly attempt?: number;
}

async function paidUntil(
  subscription: object,
  invoices: readonly InvoiceInput[],
): Promise<number | undefined> {
  const of = {
    account_id: ids.next(),
    store: 'stripe',
    mode: 'test',
    store_id: `sub_${Buffer.from(systemRandom.bytes(8)).toString('hex')}`,
  };
  for (const { state, until, due, attempt } of invoices) {
    const id = ids.next();
    await db.asMigrator(
      statement(
        `insert into billing.invoices (account_id, id, store, mode, store_id, state, subscription, reason, currency, subtotal, discount, tax, total, paid,
           issued_at, due_at, next_attempt_at) values ($1, $2, $3, $4, $5, $6, $7, 'subscription_cycle', 'usd', 0, 0, 0, 0, 0, $8, $9, $10)`,
        [
          of.account_id,
          id,
          of.store,
          of.mode,
          `in_${id}`,
          state,
          of.store_id,
          daysFromNow(until - 30),
          due === undefined ? null : daysFromNow(due),
          attempt === undefined ? null : daysFromNow(attempt),
        ],
      ),
    );
    await db.asMigrator(
      statement(
        `insert into billing.invoice_lines (account_id, invoice_id, store_id, product, plan, quantity, unit_amount, amount, discount, tax, proration,
           period_starts_at, period_ends_at) values ($1, $2, $3, 'coditect', 'pro', 1, 0, 0, 0, 0, false, $4, $5)`,
        [of.account_id, id, `il_${id}`, daysFromNow(until - 30), daysFromNow(until)],
      ),
    );
  }
  const [row] = await db.asMigrator(
    statement<{ until: Date | null }>(
      'select coditect.paid_until(jsonb_populate_record(null::billing.subscriptions, $1::text::jsonb)) as until',
      [JSON.stringify({ ...of, ...subscription })],
    ),
  );
  return row?.until == null ? undefined : Math.round((row.until.getTime() - now) / DAY);
}

/** One whose period began ten days ago. */
const createSubscription = (state: string, more: object = {}) => ({
  state,
  period_starts_at: daysFromNow(-10),
  period_ends_at: daysFromNow(20),
  ...more,
});

/** The period before it was paid. */
const LAST: InvoiceInput = { state: 'paid', until: -10 };

interface Case {
  readonly what: string;
  readonly of: object;
  readonly known: readonly InvoiceInput[];
  readonly until: number;
}

const CASES: readonly Case[] = [
  {
    what: 'its period, where nothing is known of its invoices',
    of: createSubscription('active'),
    known: [],
    until: 20,
  },
  {
    what: 'nothing of its period, where that is not paid and nothing else is known',
    of: createSubscription('past_due'),
    known: [],
    until: -10,
  },
  {
    what: 'its trial while that lasts',
    of: createSubscription('trialing', { trial_ends_at: daysFromNow(20) }),
    known: [],
    until: 20,
  },
  {
    what: 'its trial until the period after it is paid',
    of: createSubscription('active', { trial_ends_at: daysFromNow(-10) }),
    known: [{ state: 'draft', until: 20, attempt: 0 }],
    until: -10,
  },
  {
    what: 'a period that is put off, or written off, while the store goes on',
    of: createSubscription('active'),
    known: [LAST, { state: 'draft', until: 20 }],
    until: 20,
  },
  {
    what: 'its period once that is paid',
    of: createSubscription('active'),
    known: [LAST, { state: 'paid', until: 20 }],
    until: 20,
  },
  {
    what: 'the last period until the present one is paid',
    of: createSubscription('active'),
    known: [LAST, { state: 'open', until: 20 }],
    until: -10,
  },
  {
    what: 'a period whose invoice was sent to be paid later',
    of: createSubscription('active'),
    known: [LAST, { state: 'open', until: 20, due: 5 }],
    until: 20,
  },
  {
    what: 'no period whose invoice should have been paid by now',
    of: createSubscription('past_due'),
    known: [LAST, { state: 'open', until: 20, due: -1 }],
    until: -10,
  },
  {
    what: 'none of several periods that nobody paid',
    of: createSubscription('past_due'),
    known: [
      { state: 'paid', until: -40 },
      { state: 'uncollectible', until: -10 },
    ],
    until: -40,
  },
  {
    what: 'its period where the ones before it were paid elsewhere',
    of: createSubscription('active'),
    known: [{ state: 'paid', until: -200 }],
    until: 20,
  },
  {
    what: 'no more than its period, as after a change from years to months',
    of: createSubscription('active'),
    known: [{ state: 'paid', until: 300 }],
    until: 20,
  },
];

describe('what a subscription is paid for', () => {
  test.each(CASES)('is $what', async ({ of, known, until }) => {
    expect(await paidUntil(of, known)).toBe(until);
  });
});
