/**
 * What runs on more than one database. The first engine, PostgreSQL 18, has every test; a start in this list names a file, or all
 * files of a folder. Nothing else is run twice: above the port, code can't tell which engine is below.
 */

/**
 * Through PgBouncer in transaction mode: the port itself, whole programs, and what leans on signals between connections. A flow that
 * does neither reaches its rows by the port alone, and can't fail here by itself.
 */
export const POOLED: readonly string[] = [
  'server/src/platform/base/db/database.test.ts',
  'server/src/platform/base/db/signals.test.ts',
  'server/src/platform/base/db/logins.test.ts',
  'testkit/services/pooler.test.ts',
  'test/process/nodes.test.ts',
  'test/identity/revocation.test.ts',
  'test/permits/session.test.ts',
  'test/webhooks/delivery.test.ts',
  'products/reel/test/stream.test.ts',
];

/**
 * On the embedded database: the port, what the program does otherwise there (one batch at a time, rates in memory, a start that
 * recovers all jobs), what orders by a collation or searches, the program as it is started and killed there, and every route once,
 * since a handler that waits for itself on the one connection would hang. The rest of SQL is PostgreSQL's own there.
 */
export const EMBEDDED: readonly string[] = [
  'server/src/main.test.ts',
  'server/src/platform/base/db/',
  'server/src/platform/messages/idempotency/',
  'server/src/platform/work/jobs/jobs.test.ts',
  'server/src/platform/work/jobs/recovery.test.ts',
  'server/src/platform/limits/admission/admission.test.ts',
  'server/src/platform/limits/rates/rates.test.ts',
  'server/src/platform/limits/settlement/settlement.test.ts',
  'server/src/platform/limits/settlement/sweep.test.ts',
  'server/src/platform/billing/inbox/inbox.test.ts',
  'server/src/platform/operator/reports/archives/',
  'server/src/platform/work/vectors/vectors.test.ts',
  'products/reel/library/pages.test.ts',
  'server/src/server/operations.test.ts',
  'test/console/browser.test.ts',
  'test/console/coditect.test.ts',
  'test/console/developer.test.ts',
  'test/console/every-page.test.ts',
  'test/console/keys.test.ts',
  'test/console/members.test.ts',
  'test/console/operator.test.ts',
  'test/console/orbit.test.ts',
  'test/console/overview.test.ts',
  'test/console/plan.test.ts',
  'test/console/prism.test.ts',
  'test/console/products-off.test.ts',
  'test/console/reel.test.ts',
  'test/console/refusal.test.ts',
  'test/crash/',
  'test/process/older.test.ts',
  'products/reel/test/search.test.ts',
  'products/reel/test/stream.test.ts',
  'testkit/services/services.test.ts',
  'test/walkers/routes.test.ts',
  'test/walkers/tables.test.ts',
];

/**
 * Tests of pages that run on the embedded database alone, but at night. The ways that a console is shown by (a plan bought, a limit met,
 * a key revoked, a dead letter replayed, a denial explained, two in one scope) run on both; the other pages on the first engine alone.
 */
export const EMBEDDED_ALONE: readonly string[] = [
  'test/console/browser.test.ts',
  'test/console/coditect.test.ts',
  'test/console/developer.test.ts',
  'test/console/every-page.test.ts',
  'test/console/members.test.ts',
  'test/console/prism.test.ts',
  'test/console/products-off.test.ts',
  'test/console/reel.test.ts',
];

/** On PATH's PostgreSQL, which may be of another version: rights and roles, migrations, and functions that its planner sees otherwise. */
export const OTHER_VERSION: readonly string[] = [
  'server/src/platform/base/db/abandoned.test.ts',
  'server/src/platform/base/db/database.test.ts',
  'server/src/platform/base/db/function-set.test.ts',
  'server/src/platform/base/db/logins.test.ts',
  'server/src/platform/base/db/member.test.ts',
  'server/src/platform/base/db/migrate',
  'server/src/platform/base/db/signals.test.ts',
  'server/src/platform/work/jobs/jobs.test.ts',
  'server/src/platform/work/jobs/lanes.test.ts',
  'server/src/platform/limits/admission/admission.test.ts',
  'server/src/platform/limits/usage/credits.test.ts',
  'server/src/platform/limits/settlement/settlement.test.ts',
  'server/src/platform/limits/settlement/sweep.test.ts',
  'server/src/platform/operator/reports/rollup.test.ts',
  'products/reel/library/pages.test.ts',
  'test/walkers/tables.test.ts',
];

/**
 * On the first engine alone, even at night. The client sees HTTP, whichever database is behind it; who may call what is decided before
 * one is asked; and the layers of isolation between tenants are the same statements and policies on each, which tables.test.ts tries there.
 * What stores tell is folded by the same statements, which the tests beside them try on each. Fuzz is of requests; and a
 * program's own embedded database can't be looked into from outside.
 */
export const ONCE: readonly string[] = [
  'test/sdk/',
  'test/walkers/access.test.ts',
  'test/walkers/isolation.test.ts',
  'test/walkers/leaks-auth.test.ts',
  'test/docs/browser.test.ts',
  'test/billing/browser.test.ts',
  'test/billing/closing.test.ts',
  'test/billing/forged.test.ts',
  'test/billing/inbox.test.ts',
  'test/billing/money.test.ts',
  'test/billing/nodes.test.ts',
  'test/billing/every-order.test.ts',
  'test/billing/overage-sold.test.ts',
  'test/billing/plans.test.ts',
  'test/billing/revenue.test.ts',
  'test/selling/changes.test.ts',
  'test/selling/checkout.test.ts',
  'test/selling/doctor.test.ts',
  'test/selling/sync.test.ts',
  'test/selling/tax.test.ts',
  'test/selling/verbs.test.ts',
  'test/reports/revenue-http.test.ts',
  'server/src/platform/billing/inbox/locks.test.ts',
  'server/src/platform/billing/inbox/nodes.test.ts',
  'server/src/platform/billing/inbox/upkeep.test.ts',
  'test/fuzz/',
  'test/import/program.test.ts',
  'test/process/image.test.ts',
  'test/process/point-in-time.test.ts',
];
