import { accountsRoutes } from '#platform/accounts';
import type { UpstreamOptions } from '#platform/ai';
import { createAudit } from '#platform/audit';
import {
  billingRoutes,
  createBilling,
  inboxRoutes,
  overageRoutes,
  type StripeLink,
  subscriptionsRoutes,
} from '#platform/billing';
import type { Database } from '#platform/db';
import { createEntitlements, createPlanRates } from '#platform/entitlements';
import { erasureRoutes } from '#platform/erasure';
import type { Mounted } from '#platform/http';
import { createIdempotency, type KeptAnswers } from '#platform/idempotency';
import {
  createCaptcha,
  createIdentity,
  identityRoutes,
  type Providers,
  userByEmail,
} from '#platform/identity';
import { createJobs, deliveryRoutes, jobsRoutes } from '#platform/jobs';
import type { systemRandom } from '#platform/kernel';
import {
  createCredits,
  createDenials,
  createLimits,
  createOperatorBudgets,
  type Holder,
  limitsRoutes,
} from '#platform/limits';
import { mailRoutes } from '#platform/mail';
import { createPermits, permitsRoutes } from '#platform/permits';
import { productContext } from '#platform/product';
import type { Redis } from '#platform/redis';
import { createReports, reportsRoutes } from '#platform/reports';
import type { Secrets } from '#platform/secrets';
import { addressRule, createSignInRule, ssoRoutes } from '#platform/sso';
import { webhooksRoutes } from '#platform/webhooks';
import { products } from '#products';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import { openAccounts } from './accounts.ts';
import { openAi } from './ai.ts';
import { watchAiSettings } from './ai-settings.ts';
import { openEndings, openInbox, openOverage, openSubscriptions } from './billing.ts';
import { announceOf, type QStash, receiverOf } from './delivery.ts';
import { openErasure } from './erasure.ts';
import { openMail } from './mail.ts';
import { handleChanges, handleJobs } from './product-jobs.ts';
import { openRates } from './redis.ts';
import { openSso } from './sso.ts';
import { alertOf, openDenied, openTelling, openWebhooks } from './webhooks.ts';

/** What a process stands on. */
export interface WiringParts extends Pick<ServerParts, 'clock' | 'ids' | 'telemetry'> {
  readonly db: Database;
  readonly redis: Redis | undefined;
  readonly random: typeof systemRandom;
  readonly secrets: Secrets;
  readonly answers: KeptAnswers;
  readonly holder: Holder;
  readonly options: AppOptions;
  readonly upstreams: readonly UpstreamOptions[];
  readonly qstash: QStash | undefined;
  readonly providers: Providers;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeLink | undefined;
}

/** The modules of this process. */
export type Modules = ReturnType<typeof wire>;

/** The one place where parts are wired, from the bottom of the house up. */
export function wire(parts: WiringParts) {
  const people = wirePeople(parts);
  const spending = wireSpending({ ...parts, ...people });
  const { ai, aiSettings, denied, denials } = spending;
  const { identity, accounts, planRates } = people;
  const services = products.map((product) => ({
    product,
    service: product.service(productContext(product.key, { ...parts, ...people, ...spending })),
  }));
  for (const { product, service } of services) {
    handleJobs(spending.jobs, product, service);
    handleChanges(people.entitlements, product, service);
  }
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
    async close() {
      aiSettings.stop();
      await ai.close();
      await denied.close();
      denials.close();
      planRates.close();
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
  const { freeAccountsPerUser } = config;
  const entitlements = createEntitlements({ ...parts, audit, catalogues, webhooks, freeAccountsPerUser });
  const planRates = createPlanRates({ ...parts, catalogues });
  const accounts = openAccounts({ ...parts, audit, mail, catalogues, entitlements });
  const identity = createIdentity({
    ...parts,
    ...accounts,
    audit,
    mail,
    captcha: captchaOf(parts),
    log: parts.telemetry.logger,
    signInRule: createSignInRule({ audit }),
    addressRule,
    settings: {
      issuer: config.publicUrl ?? 'plinth',
      baseUrl: config.baseUrl,
      returnTo: config.signIn.returnTo,
      emailVerification: config.emailVerification,
      sessionDays: config.sessionDays,
      passkeys: { ...config.passkeys, rpName: config.mail.from.name },
      passwordRules: {
        words: ['plinth', ...catalogues.map(({ product }) => product), ...config.passwords.words],
        breachesUrl: config.passwords.breachesUrl,
      },
      products: catalogues.map(({ product }) => product),
    },
  });
  mail.resolve(identity.resolvers);
  const sso = openSso({ ...parts, audit, mail, accounts, identity });
  return { catalogues, audit, mail, sendBy, webhooks, entitlements, planRates, accounts, identity, sso };
}

/** What costs money, what it may cost, and what it did. */
function wireSpending(parts: WiringParts & ReturnType<typeof wirePeople>) {
  const { db, options, entitlements } = parts;
  const { config } = options;
  const denials = createDenials(parts);
  const denied = openDenied(parts);
  const { logger } = parts.telemetry;
  const told = {
    onBudgetClosed: alertOf(parts),
    onDenied: denied.note,
    onForgotten: (facts: object, why: string, err: unknown) =>
      logger.error({ ...facts, why, err }, 'the database was never told what this says: book it by hand'),
  };
  const limits = createLimits({ ...parts, denials, ...told, failures: config.ai.failures });
  const jobs = openJobs({ ...parts, limits });
  parts.telemetry.metrics.observeBudgets(() => createOperatorBudgets(parts).list());
  parts.sendBy(jobs);
  const idempotency = createIdempotency(parts);
  const { freeAccountsPerUser } = config;
  const inbox = openInbox({ ...parts, jobs, freeAccountsPerUser });
  const ai = openAi({ ...parts, config, passing: options.passing });
  return {
    denials,
    denied,
    limits,
    jobs,
    idempotency,
    erasure: openErasure({ ...parts, jobs, idempotency }),
    telling: openTelling(jobs, parts),
    ai,
    aiSettings: watchAiSettings({ ...parts, config, ai }),
    permits: createPermits({ ...parts, limits, prices: ai.prices }),
    billing: createBilling({
      db,
      entitlements,
      usage: limits.usage,
      credits: createCredits(parts),
      selling: parts.stripe && { mode: parts.stripe.client.mode, freeAccountsPerUser },
      accountByEmail: async (email) =>
        (await db.system('admin.grants', [userByEmail(email)]))[0][0]?.default_account_id,
    }),
    inbox,
    endings: openEndings({ ...parts, jobs, inbox }),
    overage: openOverage({ ...parts, jobs, limits }),
    subscriptions: openSubscriptions({ ...parts, inbox, limits, freeAccountsPerUser }),
    reports: createReports({
      ...parts,
      exchangeRatesFile: config.exchangeRatesFile,
      mode: parts.stripe?.client.mode ?? 'live',
    }),
  };
}

/** The routes of the platform, each with the module that answers it. */
function mountedOf(
  parts: WiringParts & ReturnType<typeof wirePeople> & ReturnType<typeof wireSpending>,
): Mounted[] {
  return [
    { module: 'identity', routes: identityRoutes, service: parts.identity },
    { module: 'accounts', routes: accountsRoutes, service: parts.accounts },
    { module: 'sso', routes: ssoRoutes, service: parts.sso },
    { module: 'limits', routes: limitsRoutes, service: parts.limits },
    { module: 'mail', routes: mailRoutes, service: parts.mail },
    { module: 'webhooks', routes: webhooksRoutes, service: parts.webhooks },
    { module: 'jobs', routes: deliveryRoutes, service: receiverOf(parts, parts.jobs) },
    { module: 'jobs', routes: jobsRoutes, service: parts.jobs },
    { module: 'billing', routes: billingRoutes, service: parts.billing },
    { module: 'billing', routes: subscriptionsRoutes, service: parts.subscriptions },
    { module: 'billing', routes: overageRoutes, service: parts.overage },
    { module: 'billing', routes: inboxRoutes, service: parts.inbox },
    { module: 'permits', routes: permitsRoutes, service: parts.permits },
    { module: 'reports', routes: reportsRoutes, service: parts.reports },
    { module: 'erasure', routes: erasureRoutes, service: parts.erasure },
  ];
}

function captchaOf({ options, telemetry }: WiringParts) {
  const { captcha: settings } = options.config;
  if (settings === undefined) return undefined;
  return createCaptcha({
    settings,
    onAway: (err) =>
      telemetry.logger.warn({ err }, 'the CAPTCHA service is away; log-ins are only slowed down'),
  });
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
