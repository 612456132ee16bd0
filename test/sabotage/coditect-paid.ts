import type { Patch } from './patch.ts';

const HEADS = 'src/products/coditect/functions/heads.sql';
const DUNNING = 'test/coditect/dunning.test.ts ::';
const FAILING = `${DUNNING} a licence whose payment fails >`;
const CLOCK =
  'test/coditect/by-the-clock.test.ts :: nobody has to call anything: a plan that was given for later has its licence and mail when it begins, its sessions and their days are written down, and so is its end';
const ADMIN = 'test/coditect/admin.test.ts :: an operator finds users >';

/** What of a licence is paid, who is told of it, and what schedules do by themselves. */
export const CODITECT_PAID: readonly Patch[] = [
  {
    name: 'file-ends-before-the-promised-days',
    file: HEADS,
    find: 'greatest(period_end + coditect.file_grace(), grace_ends_at)',
    replace: '(period_end + coditect.file_grace())',
    expects: `${FAILING} works for the days that it is told of, in its status and by mail, and counts as paid no further`,
  },
  {
    name: 'lapse-ends-no-sessions',
    file: 'src/products/coditect/lifecycle/apply.ts',
    find: "await limits.seats.endBySystemIn(tx, seatsOf(former.account_id), { as: 'suspended' });",
    replace: 'await Promise.resolve();',
    expects: `${FAILING} ends the sessions of machines that ask nothing any more, too`,
  },
  {
    name: 'paid-after-all-and-not-renewed',
    file: 'src/products/coditect/lifecycle/apply.ts',
    find: "...(isRenewed ? (['renewed'] as const) : []),",
    replace: "...(isRenewed && !isChanged ? (['renewed'] as const) : []),",
    expects:
      'src/products/coditect/lifecycle/apply.test.ts :: a licence that works again because another period is paid',
  },
  {
    name: 'plan-for-later-without-its-schedule',
    file: 'src/products/coditect/index.ts',
    find: "beginnings: { cron: '*/5 * * * *', job: 'beginnings' },",
    replace: '',
    expects: CLOCK,
  },
  {
    name: 'day-of-the-databases-zone',
    file: 'src/products/coditect/functions/days.sql',
    find: "select p_day::timestamp at time zone 'UTC'",
    replace: 'select p_day::timestamptz',
    expects:
      'test/coditect/analytics-zones.test.ts :: a day ends at midnight of UTC, whatever zone the database is set to: Pacific/Kiritimati',
  },
  {
    name: 'sign-ups-by-the-databases-zone',
    file: 'src/products/coditect/analytics/store.ts',
    find: "(u.created_at at time zone 'UTC')::date as day",
    replace: 'u.created_at::date as day',
    expects:
      'test/coditect/analytics-zones.test.ts :: a day ends at midnight of UTC, whatever zone the database is set to: Pacific/Kiritimati',
  },
  {
    name: 'subscription-counts-after-its-promised-days',
    file: 'src/products/coditect/functions/days.sql',
    find: 'and (s.suspends_at is null or s.suspends_at >= b.ends)',
    replace: '',
    expects:
      'test/coditect/revenue.test.ts :: a subscription that is not paid counts while its promised days last, and again once it is paid',
  },
  {
    name: 'heartbeats-uncounted',
    file: 'src/platform/limits/seats.ts',
    find: '      onSeat(of.product, answer.kind);\n',
    replace: '',
    expects:
      'test/coditect/sessions/observed.test.ts :: metrics > count seats that are used, acquires, denials, heartbeats, and heartbeats that were refused',
  },
  {
    name: 'year-counted-as-twelve-months',
    file: 'src/products/coditect/plans.ts',
    find: 'yearly: 99_000',
    replace: 'yearly: 118_800',
    expects:
      'test/coditect/plans.test.ts :: what is sold is the table of plans: by price, a year at ten months, tried for 14 days, three machines for a seat',
  },
  {
    name: 'registration-without-a-welcome',
    file: 'src/platform/identity/users/registration.ts',
    find: "'address_taken' : 'welcome'",
    replace: "'address_taken' : 'verify_email'",
    expects:
      'test/identity/emails.test.ts :: a registration > sends a link that verifies the address, by a page whose button a person presses',
  },
  {
    name: 'welcome-counted-by-itself',
    file: 'src/platform/identity/email/email-links.ts',
    find: "kind === 'verify_email' ? ['welcome', kind] : [kind]",
    replace: '[kind]',
    expects:
      'test/identity/emails.test.ts :: a link that verifies an address > is sent five times an hour at most',
  },
  {
    name: 'company-by-one-name-alone',
    file: 'src/platform/accounts/directory/user-routes.ts',
    find: 'query.company ?? query.company_name',
    replace: 'query.company',
    expects: `${ADMIN} by the company that they registered, and by having closed their account`,
  },
];
