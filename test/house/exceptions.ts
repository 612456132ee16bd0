/** Where a rule of the house does not hold, and why. One that nothing needs any more fails the house test. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  /** A part of what the rule says, where not the whole file is excepted. */
  readonly says?: string;
  readonly because: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  ...[
    ['base/config/product-settings.ts', 'the example of the setting that lists products'],
    ['messages/mail/catalogue.ts', 'examples in previews of mails'],
    ['billing/import-subscriptions.ts', 'the example of a plan in a message'],
    ['operator/reports/revenue-routes.ts', 'examples of plans in descriptions'],
    ['operator/reports/margin-routes.ts', 'the example of a plan in a description'],
  ].map(([path, because = '']) => ({ rule: 'namesNoProduct', path: `server/src/platform/${path}`, because })),
  { rule: 'passedIn', path: 'server/src/platform/base/kernel/clock.ts', because: 'this is the clock' },
  {
    rule: 'passedIn',
    path: 'server/src/platform/base/kernel/random.ts',
    because: 'this is the random source',
  },
  {
    rule: 'databaseTime',
    path: 'server/src/platform/base/db/migrations/0001_app.up.sql',
    because: 'this defines app.now()',
  },
  {
    rule: 'databaseTime',
    path: 'server/src/platform/base/db/migrate.ts',
    because: 'the list of migrations is older than app.now(); nothing is decided by when one was applied',
  },
  {
    rule: 'databaseTime',
    path: 'server/src/platform/base/db/abandoned.ts',
    because:
      'how long a connection has waited is compared with what PostgreSQL itself says of it, which no test moves',
  },
  {
    rule: 'databaseTime',
    path: 'server/src/platform/limits/functions/calls.sql',
    because: 'how long a statement took so far is told, and decides nothing',
  },
  {
    rule: 'vendors',
    path: 'bench/library/plans.ts',
    because: 'plans of statements inside of functions come as notices, which nobody else needs',
  },
  {
    rule: 'vendors',
    path: 'bench/limits/fixture.ts',
    because: 'a bare statement on a bare driver is what admission is measured against',
  },
  {
    rule: 'vendors',
    path: 'bench/limits/correctness.ts',
    because: 'peers are counted on the driver that they come with',
  },
  {
    rule: 'vendors',
    path: 'bench/auth/better-auth.ts',
    because: 'better-auth is measured on the driver that it comes with',
  },
];
