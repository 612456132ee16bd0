import type { Patch } from './patch.ts';

const GRACE = 'src/platform/billing/projection/grace.ts';
const FAILURES = 'src/platform/billing/projection/failures.test.ts ::';
const PROMISES = 'src/platform/billing/projection/grace.test.ts ::';
const CREDIT = 'src/platform/billing/projection/gone-credit.ts';
const GONE = 'src/platform/billing/projection/gone-credit.test.ts ::';
const DUNNING_STATE = 'src/platform/billing/projection/dunning-state.ts';
const RULES = 'src/platform/billing/projection/dunning-state.test.ts ::';
const ROWS = 'src/platform/billing/projection/projection.test.ts ::';

/** What a payment provider's objects amount to: rows, plans, notices. */
export const PROJECTION: readonly Patch[] = [
  {
    name: 'lost-renewal-for-ever',
    file: DUNNING_STATE,
    find: 'later(period_ends_at, RENEWAL_LEEWAY)',
    replace: 'later(period_ends_at, 1_000 * RENEWAL_LEEWAY)',
    expects: `${RULES} a subscription > that is active lasts three days past its period: a late renewal cuts nobody off, a lost one gives no plan for ever`,
  },
  {
    name: 'own-tries-move-grace',
    file: GRACE,
    find: 'Math.min(failed, Math.max(invoice.attempts, 1))',
    replace: 'failed',
    expects: `${RULES} a failed payment > of a customer who tries another card moves nothing`,
  },
  {
    name: 'tries-without-a-charge-are-free',
    file: GRACE,
    find: 'areChargesKnown(records, invoice) ? attemptsWithoutCharge(records, invoice) : 0',
    replace: '0',
    expects: `${RULES} a failed payment > that made no charge counts as any other: there is no card, or a bank asks for the person`,
  },
  {
    name: 'tries-counted-before-their-charge',
    file: GRACE,
    find: 'isUnpaid && areChargesKnown(records, invoice) ?',
    replace: 'isUnpaid ?',
    expects:
      'src/platform/billing/projection/notifications/notifications.test.ts :: notices > are of failures without a charge too, and one event is of their invoice',
  },
  {
    name: 'written-off-is-forgiven',
    file: GRACE,
    find: "if (state !== 'uncollectible') return state === 'open';",
    replace:
      "if (state !== 'uncollectible') return state === 'open';\n  if (issued_at > new Date(0)) return false;",
    expects: `${RULES} a failed payment > is owed for when the provider has written it off, until something later is paid`,
  },
  {
    name: 'grace-anew-each-period',
    file: DUNNING_STATE,
    find: 'later(paidUntil(subscription, records, invoices), given_up ? 0 : UNKNOWN_GRACE)',
    replace: 'later(period_starts_at, given_up ? 0 : UNKNOWN_GRACE)',
    expects: `${RULES} a failed payment > of which no invoice is left gives no new grace with each period, and keeps what was promised`,
  },
  {
    name: 'due-when-sent',
    file: GRACE,
    find: 'invoice.due_at !== null && invoice.due_at > now ? invoice.due_at : now',
    replace: 'now',
    expects: `${RULES} a failed payment > of an invoice that is sent leaves seven days from when it is due`,
  },
  {
    name: 'none-of-a-plan-is-one',
    file: 'src/platform/billing/projection/grants.ts',
    find: '{ ...grant, quantity: 1, endsAt: grant.startsAt }',
    replace: '{ ...grant, quantity: 1 }',
    expects: `${RULES} a change that waits > of a quantity of none gives nothing, before or after`,
  },
  {
    name: 'moved-away-and-kept',
    file: 'src/platform/billing/projection/write-rows.ts',
    find: "if (ref.kind === 'subscription' && subscription === undefined)",
    replace: 'if (false)',
    expects: `${ROWS} rows > of a subscription that is moved to what we do not sell are gone, and its plan is over`,
  },
  {
    name: 'foreign-money-in-the-history',
    file: 'src/platform/billing/projection/notifications/audit-events.ts',
    find: 'new Set(isOurs ? payment.charges',
    replace: 'new Set(isOurs || payment.id ? payment.charges',
    expects: `${ROWS} money that goes back > of an invoice that is not ours is in no history, and of one that is read later it is`,
  },
  {
    name: 'appealed-is-open-again',
    file: 'src/platform/billing/providers/stripe/read/payment.ts',
    find: "if (status.startsWith('appeal_')) return 'lost';",
    replace: "if (status.startsWith('appeal_')) return 'open';",
    expects:
      'src/platform/billing/providers/stripe/read/payment.test.ts :: a payment > a dispute that Stripe calls appeal_under_review ([{"amount":-3995,"fee":1500,"currency":"usd"}]) is lost',
  },
  {
    name: 'inquiry-takes-what-was-bought',
    file: 'src/platform/billing/projection/billing-records.ts',
    find: "state !== 'inquiry' && charges.has(charge)",
    replace: 'charges.has(charge)',
    expects: `${RULES} an add-on > is gone while it is disputed, and comes back when that is won`,
  },
  {
    name: 'lost-dispute-for-ever',
    file: DUNNING_STATE,
    find: "(state === 'lost' && !paidSince(at))",
    replace: "state === 'lost'",
    expects: `${RULES} a dispute > that is lost suspends until something is paid after it`,
  },
  {
    name: 'paused-for-nothing',
    file: DUNNING_STATE,
    find: "invoices.filter(({ state }) => state === 'paid').map(({ id }) => id)",
    replace: 'invoices.map(({ id }) => id)',
    expects: `${RULES} a subscription > that is paused lasts as long as it was paid for`,
  },
  {
    name: 'change-comes-after-the-end',
    file: 'src/platform/billing/projection/grants.ts',
    find: ' || next_at >= until',
    replace: '',
    expects: `${RULES} a change that waits > never comes where the plan ends before`,
  },
  {
    name: 'partial-refund-takes-all',
    file: 'src/platform/billing/projection/grants.ts',
    find: 'if (left <= 0) return occurred_at;',
    replace: 'return occurred_at;',
    expects: `${RULES} an add-on > is gone when all of its money is back, and stays while some is kept`,
  },
  {
    name: 'objects-of-an-account-cross',
    file: 'src/platform/billing/projection/projection.ts',
    find: "select pg_advisory_xact_lock(hashtextextended('billing ' || $1::uuid, 0))",
    replace: 'select $1::uuid',
    expects: `${ROWS} two objects of one account that are applied at once see each other, whoever commits first`,
  },
  {
    name: 'rows-written-for-another-account',
    file: 'src/platform/billing/projection/write-rows.ts',
    find: 'where present.account_id = excluded.account_id and',
    replace: 'where',
    expects: `${ROWS} rows > of an account are no other’s, and what one is granted no other has`,
  },
  {
    name: 'retold-object-by-object',
    file: 'src/platform/billing/projection/projection.ts',
    find: 'applied.isRebuild === true || ',
    replace: '',
    expects: `${ROWS} rows > that are told again from nothing are the same, and nobody hears of it again`,
  },
  {
    name: 'old-history-told-as-news',
    file: 'src/platform/billing/projection/notifications/notifications.ts',
    find: 'now.getTime() - ended_at.getTime() < NEWS',
    replace: 'true',
    expects:
      'src/platform/billing/projection/notifications/notifications.test.ts :: notices > do not tell of an end of long ago, as a payment provider that was just connected knows many',
  },
  {
    name: 'recovery-told-to-who-knew-nothing',
    file: 'src/platform/billing/projection/notifications/notify.ts',
    find: '(!ONLY_IF_TOLD.has(last.kind) || wasTold)',
    replace: 'true',
    expects: `${FAILURES} a renewal that fails > that we learn of when it is paid is noted, and nobody is written to`,
  },
  {
    name: 'paused-bill-put-off',
    file: 'src/platform/billing/providers/stripe/read/subscription.ts',
    find: "pause_collection?.behavior === 'void'",
    replace: 'pause_collection',
    expects:
      'src/platform/billing/providers/stripe/read/subscription.test.ts :: a subscription > is paused where nothing will be charged for it, and not where the bill is only put off',
  },
  {
    name: 'fee-in-the-wrong-currency',
    file: 'src/platform/billing/providers/stripe/read/payment.ts',
    find: 'return Math.round((fee * of.amount) / Math.abs(told.amount));',
    replace: 'return fee;',
    expects:
      'src/platform/billing/providers/stripe/read/payment.test.ts :: a payment > says what was kept of it in its own currency, and that it does not know yet',
  },
  {
    name: 'included-tax-counted-as-income',
    file: 'src/platform/billing/providers/stripe/read/invoice.ts',
    find: 'amount: of.amount - sumOf(included),',
    replace: 'amount: of.amount,',
    expects:
      'src/platform/billing/providers/stripe/read/invoice.test.ts :: an invoice > adds up, whether taxes come on top or are in the price',
  },
  {
    name: 'grace-from-the-vendors-clock',
    file: GRACE,
    find: 'const first = latest(later(from, FIRST_GRACE), promisedUntil(records, subscription));',
    replace: 'const first = later(invoice.issued_at, FIRST_GRACE);',
    expects: `${RULES} a failed payment > leaves seven days from when it was told, and a later one three at least`,
  },
  {
    name: 'later-failure-shortens-grace',
    file: GRACE,
    find: '    end = latest(end, next);',
    replace: '    end = next;',
    expects: `${PROMISES} whatever a provider tries, and whenever it is heard of, no plan ends before a date that a mail has named`,
  },
  {
    name: 'grace-without-end',
    file: GRACE,
    find: 'earlier(later(now, LATER_GRACE), most)',
    replace: 'later(now, LATER_GRACE)',
    expects: `${RULES} a failed payment > of a provider that tries often takes no day that was promised, and leaves none after fourteen`,
  },
  {
    name: 'grace-that-is-over-comes-back',
    file: GRACE,
    find: 'if (over !== undefined && over <= now) return [];',
    replace: '',
    expects: `${RULES} a failed payment > that is told once the days are over brings none back`,
  },
  {
    name: 'promise-stays-with-the-former-account',
    file: 'src/platform/billing/projection/move-customer.ts',
    find: '    statement(`update billing.told_failures ${MOVED} and invoice in (${INVOICES})`, values),\n',
    replace: '',
    expects: `${FAILURES} a renewal that fails > keeps the date that was told where the purchase goes to another account`,
  },
  {
    name: 'vendors-end-before-the-promise',
    file: DUNNING_STATE,
    find: 'return given_up ? latest(ended, promised) : ended;',
    replace: 'return ended;',
    expects: `${RULES} a failed payment > that the provider does not try again leaves the days that were promised, and so does its end`,
  },
  {
    name: 'unpaid-change-is-owed',
    file: GRACE,
    find: 'if (isOfCheckout(subscription, invoice) || isOfWaitingChange(subscription, invoice)) return [];',
    replace: 'if (isOfCheckout(subscription, invoice)) return [];',
    expects: `${RULES} a failed payment > of a change that is not made is owed by nobody`,
  },
  {
    name: 'credit-outlives-its-money',
    file: CREDIT,
    find: 'const gone = period.disputed + period.refunded;',
    replace: 'const gone = period.refunded;',
    expects: `${GONE} the credit of a smaller plan > is gone with it while it is disputed`,
  },
  {
    name: 'credit-goes-with-any-money',
    file: CREDIT,
    find: 'endsOf(records, one, (amount) => amount > 0).has(end)',
    replace: 'endsOf(records, one, (amount) => amount > 0).size >= Math.min(1, end)',
    expects: `${GONE} the credit of a smaller plan > is theirs when the money of another period goes back`,
  },
  {
    name: 'spent-credit-is-kept',
    file: DUNNING_STATE,
    find: '[...disputesOf(records, payments), ...disputesOfCredit(records, invoices)]',
    replace: '[...disputesOf(records, payments), ...disputesOfCredit(records, [])]',
    expects: `${GONE} what was bought with credit whose money is disputed > is suspended with it until that is won, or it is paid for`,
  },
  {
    name: 'taken-credit-stays-taken',
    file: 'src/platform/billing/providers/stripe/credit-holder.ts',
    find: 'const asked = amount - taken;',
    replace: 'const asked = amount;',
    expects:
      'test/selling/gone-credit.test.ts :: credit of a plan whose payment a bank takes back > is gone once, and theirs again when the dispute is won',
  },
];
