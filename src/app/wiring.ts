import { accountsRoutes } from '#platform/accounts';
import type { UpstreamOptions } from '#platform/ai';
import { createAudit } from '#platform/audit';
import { billingRoutes, createBilling } from '#platform/billing';
import type { Database } from '#platform/db';
import { createEntitlements } from '#platform/entitlements';
import type { Mounted } from '#platform/http';
import { createIdempotency } from '#platform/idempotency';
import { createIdentity, identityRoutes, userByEmail } from '#platform/identity';
import { createJobs, deliveryRoutes, jobsRoutes } from '#platform/jobs';
import type { systemRandom } from '#platform/kernel';
import { createCredits, createDenials, createLimits, type Holder, limitsRoutes } from '#platform/limits';
import { mailRoutes } from '#platform/mail';
import { createPermits, permitsRoutes } from '#platform/permits';
import type { Redis } from '#platform/redis';
import { createReports, reportsRoutes } from '#platform/reports';
import { webhooksRoutes } from '#platform/webhooks';
import { products } from '#products';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import { openAccounts } from './accounts.ts';
import { openAi, pricesOf } from './ai.ts';
import { announceOf, type QStash, receiverOf } from './delivery.ts';
import { openMail } from './mail.ts';
import { handleJobs } from './product-jobs.ts';
import { openRates } from './redis.ts';
import { alertOf, openDenied, openTelling, openWebhooks } from './webhooks.ts';

/** What a process stands on. */
export interface WiringParts extends Pick<ServerParts, 'clock' | 'ids' | 'telemetry'> {
  readonly db: Database;
  readonly redis: Redis | undefined;
  readonly random: typeof systemRandom;
  readonly holder: Holder;
  readonly options: AppOptions;
  readonly upstreams: readonly UpstreamOptions[];
  readonly qstash: QStash | undefined;
}

/** The modules of this process. */
export type Modules = ReturnType<typeof wire>;

/** The one place where parts are wired, from the bottom of the house up. */
export function wire(parts: WiringParts) {
  const people = wirePeople(parts);
  const spending = wireSpending({ ...parts, ...people });
  const { ai, denied, denials } = spending;
  const { identity, accounts } = people;
  const services = products.map((product) => ({
    product,
    service: product.service({ ...parts, ...people, ...spending }),
  }));
  for (const { product, service } of services) handleJobs(spending.jobs, product, service);
  const mounted: Mounted[] = [
    ...mountedOf({ ...parts, ...people, ...spending }),
    ...services.map(({ product, service }) => ({ module: product.key, routes: product.routes, service })),
  ];
  return {
    ...parts,
    ...people,
    ...spending,
    mounted,
    rates: openRates(parts),
    idempotency: createIdempotency(parts),
    async close() {
      await ai.close();
      await denied.close();
      denials.close();
      await identity.close();
      accounts.close();
    },
  };
}

/** Who there is, what they hold, and how they are told. */
function wirePeople(parts: WiringParts) {
  const { config } = parts.options;
  const catalogues = products.map(({ catalogue }) => catalogue);
  const audit = createAudit(parts);
  const { mail, sendBy } = openMail(parts);
  const webhooks = openWebhooks({ ...parts, audit });
  const entitlements = createEntitlements({ ...parts, audit, catalogues, webhooks });
  const accounts = openAccounts({ ...parts, audit, mail, catalogues, entitlements });
  const identity = createIdentity({
    ...parts,
    ...accounts,
    audit,
    mail,
    settings: {
      issuer: config.publicUrl ?? 'plinth',
      baseUrl: config.baseUrl,
      emailVerification: config.emailVerification,
      products: catalogues.map(({ product }) => product),
    },
  });
  mail.resolve(identity.resolvers);
  return { catalogues, audit, mail, sendBy, webhooks, entitlements, accounts, identity };
}

/** What costs money, what it may cost, and what it did. */
function wireSpending(parts: WiringParts & ReturnType<typeof wirePeople>) {
  const { db, options, entitlements } = parts;
  const { config } = options;
  const denials = createDenials(parts);
  const denied = openDenied(parts);
  const told = { onBudgetClosed: alertOf(parts), onDenied: denied.note };
  const limits = createLimits({ ...parts, denials, ...told });
  const jobs = openJobs({ ...parts, limits });
  parts.sendBy(jobs);
  const prices = pricesOf(config);
  return {
    denials,
    denied,
    limits,
    jobs,
    telling: openTelling(jobs, parts),
    ai: openAi({ ...parts, config, prices, passing: options.passing }),
    permits: createPermits({ ...parts, limits, prices }),
    billing: createBilling({
      db,
      entitlements,
      usage: limits.usage,
      credits: createCredits(parts),
      accountByEmail: async (email) =>
        (await db.system('admin.grants', [userByEmail(email)]))[0][0]?.default_account_id,
    }),
    reports: createReports({ ...parts, exchangeRatesFile: config.exchangeRatesFile }),
  };
}

/** The routes of the platform, each with the module that answers it. */
function mountedOf(
  parts: WiringParts & ReturnType<typeof wirePeople> & ReturnType<typeof wireSpending>,
): Mounted[] {
  return [
    { module: 'identity', routes: identityRoutes, service: parts.identity },
    { module: 'accounts', routes: accountsRoutes, service: parts.accounts },
    { module: 'limits', routes: limitsRoutes, service: parts.limits },
    { module: 'mail', routes: mailRoutes, service: parts.mail },
    { module: 'webhooks', routes: webhooksRoutes, service: parts.webhooks },
    { module: 'jobs', routes: deliveryRoutes, service: receiverOf(parts, parts.jobs) },
    { module: 'jobs', routes: jobsRoutes, service: parts.jobs },
    { module: 'billing', routes: billingRoutes, service: parts.billing },
    { module: 'permits', routes: permitsRoutes, service: parts.permits },
    { module: 'reports', routes: reportsRoutes, service: parts.reports },
  ];
}

function openJobs(parts: WiringParts & Pick<Parameters<typeof createJobs>[0], 'limits' | 'audit'>) {
  const { config } = parts.options;
  const { logger, metrics } = parts.telemetry;
  const jobs = createJobs({
    ...parts,
    concurrency: config.workerConcurrency,
    batchConcurrency: config.workerBatchConcurrency,
    log: logger,
    metrics,
    announce: announceOf(parts),
  });
  metrics.observeJobsDepth(jobs.depth);
  metrics.observeOldestJobs(jobs.oldest);
  return jobs;
}
