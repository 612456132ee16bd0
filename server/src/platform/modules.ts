import { accountsModule } from '#platform/accounts';
import { aiModule } from '#platform/ai';
import { auditModule } from '#platform/audit';
import { brandsModule } from '#platform/brands';
import { backupModule } from '#platform/backup';
import { blobsModule } from '#platform/blobs';
import { billingModule } from '#platform/billing';
import { complianceModule } from '#platform/compliance';
import { customersModule } from '#platform/customers';
import { dbDataRules, dbMigrations, dbSystemUses, openDatabase } from '#platform/db';
import { diagnosisModule } from '#platform/diagnosis';
import { entitlementsModule } from '#platform/entitlements';
import { erasureModule } from '#platform/erasure';
import { declareExamples } from '#platform/http';
import { idempotencyModule } from '#platform/idempotency';
import { identityModule } from '#platform/identity';
import { jobsModule, type RunningJob } from '#platform/jobs';
import { limitsModule } from '#platform/limits';
import { mailModule } from '#platform/mail';
import { defineModule, inOrder, type Made, type Maker } from '#platform/module';
import { ownerModule } from '#platform/owner';
import { permitsModule } from '#platform/permits';
import { plansModule } from '#platform/plans';
import { portalModule } from '#platform/portal';
import { privacyModule } from '#platform/privacy';
import { productSystemUses } from '#platform/product';
import { createQueue } from '#platform/queue';
import { reportsModule } from '#platform/reports';
import { secretsDataRules, secretsMigrations, secretsSystemUses } from '#platform/secrets';
import { ssoModule } from '#platform/sso';
import { vectorsModule } from '#platform/vectors';
import { webhooksModule } from '#platform/webhooks';

declareExamples('platform', new URL('./examples.json', import.meta.url));

/**
 * The modules of the platform, the lowest first: each may import those before it. Every list of the program is made from this
 * one: migrations, routes and who answers them, what becomes of rows, uses of `db.system`, schedules, the layers that the house
 * test keeps, and the drawing in ARCHITECTURE.md. Those that `defineModule` itself stands on are defined here.
 */
export const modules = inOrder([
  defineModule({ name: 'kernel', purpose: 'errors, ids, clock, money, crypto: pure, no I/O' }),
  defineModule({
    name: 'texts',
    purpose: 'days that a text names, its tokens, near words, what names look like, lines that changed',
  }),
  defineModule({ name: 'config', purpose: 'settings, from the environment and its files' }),
  defineModule({ name: 'telemetry', purpose: 'logs, metrics and traces' }),
  defineModule({
    name: 'redis',
    purpose: 'a Redis that may be away: scripts, messages, a deadline and a breaker',
  }),
  defineModule({
    name: 'db',
    purpose: 'two engines behind one port, scopes, migrations, signals, logins',
    migrations: dbMigrations,
    dataRules: dbDataRules,
    systemUses: dbSystemUses,
    schedules: {
      // A PostgreSQL looks after itself.
      statistics: {
        cron: '37 * * * *',
        run: (db) => db.script('vacuum analyze'),
        when: (db) => db.engine === 'pglite',
      },
    },
    create: openDatabase,
  }),
  defineModule({
    name: 'secrets',
    purpose: 'what the database keeps is sealed under master keys; resealing',
    migrations: secretsMigrations,
    dataRules: secretsDataRules,
    systemUses: secretsSystemUses,
  }),
  defineModule({
    name: 'imports',
    purpose: 'files of records, line by line, with what is wrong in which line',
  }),
  defineModule({
    name: 'files',
    purpose: 'files of strangers: read in a locked-down process, ZIP within caps; clamd',
  }),
  defineModule({ name: 'http', purpose: 'route(): what a call is; pages' }),
  defineModule({
    name: 'signing',
    purpose: 'keys that sign what leaves the server, their rotation; canonical JSON',
  }),
  defineModule({
    name: 'queue',
    purpose: 'work that is left for later: enqueue, handle, schedule; jobs runs it',
    create: createQueue<RunningJob>,
  }),
  defineModule({ name: 'module', purpose: 'defineModule(): what a module is' }),
  idempotencyModule,
  mailModule,
  auditModule,
  brandsModule,
  webhooksModule,
  identityModule,
  accountsModule,
  ssoModule,
  entitlementsModule,
  limitsModule,
  blobsModule,
  vectorsModule,
  jobsModule,
  erasureModule,
  aiModule,
  billingModule,
  reportsModule,
  privacyModule,
  complianceModule,
  customersModule,
  portalModule,
  diagnosisModule,
  permitsModule,
  plansModule,
  ownerModule,
  backupModule,
  defineModule({
    name: 'product',
    purpose: 'defineProduct(): what a product is, and the kit that products are made with',
    systemUses: productSystemUses,
  }),
]);

type Listed = (typeof modules)[number];

/** The modules' services in a process, by name: a wiring that forgets one does not compile. */
export type Services = {
  readonly [M in Listed as M['create'] extends Maker ? M['name'] : never]: Made<M['create']>;
};
