import { accountsDoneAgain } from '#platform/accounts';
import { createAudit } from '#platform/audit';
import { type UpstreamOptions, watchAiSettings } from '#platform/ai';
import { createBackupService } from '#platform/backup';
import { createBlobStorage } from '#platform/blobs';
import { type Config, settingNames, settingText } from '#platform/config';
import { createSales, type ProviderSettings, type StripeConnection } from '#platform/billing';
import type { Database } from '#platform/db';
import {
  createEntitlements,
  createPlanRates,
  createUpgradeFor,
  isRunning,
  productOff,
} from '#platform/entitlements';
import type { Mounted } from '#platform/http';
import { createIdempotency, type KeptAnswers } from '#platform/idempotency';
import {
  createCaptcha,
  createIdentity,
  identityDoneAgain,
  type IdentitySettings,
  type Providers,
  userByEmail,
} from '#platform/identity';
import { createWork, type QStash, type RunningJob } from '#platform/jobs';
import type { systemRandom } from '#platform/kernel';
import { createLimiting, type Holder } from '#platform/limits';
import { keepSchedules } from '#platform/module';
import { createOwnerSignIn } from '#platform/owner';
import { createPermits } from '#platform/permits';
import { createCompliance } from '#platform/compliance';
import { createCustomers } from '#platform/customers';
import { createDiagnosis } from '#platform/diagnosis';
import { createPrivacy, type PrivacyParts } from '#platform/privacy';
import { type OpenPart, type Product, productContext, registerPart } from '#platform/product';
import { createQueue } from '#platform/queue';
import type { Redis } from '#platform/redis';
import { createLedgerArchives, createReports } from '#platform/reports';
import { createDataKeys, type Secrets } from '#platform/secrets';
import { addressRule, createSignInRule } from '#platform/sso';
import { createVectorStorage } from '#platform/vectors';
import { createEvents } from '#platform/webhooks';
import { modules, type Services } from '#modules';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import { openAccounts } from './accounts.ts';
import { openAi } from './ai.ts';
import { openBlobHome } from './blobs.ts';
import { openErasure } from './erasure.ts';
import { mountedOf, serviceOf } from './lists.ts';
import { openMail } from './mail.ts';
import { SANDBOX_STATES } from './sandboxes.ts';
import { openSso } from './sso.ts';

/** Parts that a process needs. */
export interface WiringParts extends Pick<ServerParts, 'clock' | 'ids' | 'telemetry'> {
  readonly db: Database;
  readonly redis: Redis | undefined;
  readonly random: typeof systemRandom;
  readonly secrets: Secrets;
  readonly answers: KeptAnswers;
  readonly holder: Holder;
  readonly options: AppOptions;
  /** All products, of which some may be off. */
  readonly products: readonly Product[];
  /** Where this process is reached: its public address, or the port that it has opened. */
  readonly reachedAt: () => string;
  readonly upstreams: readonly UpstreamOptions[];
  readonly qstash: QStash | undefined;
  readonly providers: Providers;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeConnection | undefined;
  /** Where purchases are made in apps. */
  readonly stores: readonly ProviderSettings[];
}

/** The modules of this process. */
export type Modules = ReturnType<typeof wire>;

/** The one place where parts are wired, from the bottom of the house up. */
export function wire(parts: WiringParts) {
  const people = wirePeople(parts);
  const spending = wireSpending({ ...parts, ...people });
  const { ai, aiSettings } = spending;
  const { identity, accounts, planRates } = people;
  const services = servicesOf({ ...parts, ...people, ...spending });
  const { baseUrl, clamdUrl, values } = parts.options.config;
  const given = { ...parts, ...people, ...spending, baseUrl, clamdUrl, values };
  const open: OpenPart[] = parts.products.flatMap((product) =>
    product.parts.map((part) => ({ product, part, service: part.service(productContext(part, given)) })),
  );
  const { customers } = services;
  const { ledger } = spending.sales;
  for (const part of open) registerPart({ ...people, customers, ledger }, part);
  for (const module of modules) keepSchedules(people.queue, module, serviceOf(services, module.name));
  const mounted: Mounted[] = [
    ...mountedOf(services),
    ...open.map(({ product: { key, catalogue }, part: { id: module, routes, resolveKey }, service }) => ({
      module,
      product: key,
      routes,
      service,
      resolveKey,
      refusal: isRunning(catalogue) ? undefined : () => productOff(catalogue),
    })),
  ];
  return {
    ...parts,
    ...people,
    ...spending,
    baseUrl,
    clamdUrl,
    values,
    services,
    mounted,
    async close() {
      aiSettings.stop();
      await ai.close();
      await spending.limiting.close();
      planRates.close();
      await identity.close();
      accounts.close();
    },
  };
}

/** Wires accounts, their plans, and their mails. */
function wirePeople(parts: WiringParts) {
  const { config } = parts.options;
  const catalogues = parts.products.map(({ catalogue }) => catalogue);
  const audit = createAudit(parts);
  const queue = createQueue<RunningJob>(parts);
  const mail = openMail({ ...parts, queue });
  const events = createEvents({
    ...parts,
    audit,
    queue,
    log: parts.telemetry.logger,
    allowLoopback: config.environment !== 'production',
    crashHook: parts.options.crashHook,
  });
  const { webhooks } = events;
  const { freeAccountsPerUser } = config;
  const entitlements = createEntitlements({ ...parts, audit, catalogues, webhooks, freeAccountsPerUser });
  const planRates = createPlanRates({ ...parts, catalogues });
  const accounts = openAccounts({ ...parts, audit, mail, catalogues, entitlements });
  const identity = createIdentity({
    ...parts,
    ...accounts,
    tierOf: entitlements.tierOf,
    audit,
    mail,
    captcha: captchaOf(parts),
    log: parts.telemetry.logger,
    signInRule: createSignInRule({ audit }),
    addressRule,
    settings: identitySettings(config, parts.products),
  });
  mail.resolve(identity.resolvers);
  const sso = openSso({ ...parts, audit, mail, accounts, identity });
  const home = openBlobHome(config, { ...parts, baseUrl: parts.reachedAt });
  const { logger: log } = parts.telemetry;
  return {
    catalogues,
    audit,
    queue,
    mail,
    events,
    ...events,
    entitlements,
    planRates,
    accounts,
    identity,
    sso,
    dataKeys: createDataKeys(parts),
    home,
    archives: createLedgerArchives({ ...parts, home, log, months: config.ledgerMonths }),
  };
}

function identitySettings(config: Config, products: readonly Product[]): IdentitySettings {
  const names = products.map(({ key }) => key);
  return {
    issuer: config.publicUrl ?? 'plinth',
    baseUrl: config.baseUrl,
    returnTo: config.signIn.returnTo,
    emailVerification: config.emailVerification,
    sessionDays: config.sessionDays,
    passkeys: { ...config.passkeys, rpName: config.mail.from.name },
    passwordRules: {
      words: ['plinth', ...names, ...config.passwords.words],
      breachesUrl: config.passwords.breachesUrl,
    },
    products: names,
    runningProducts: products.filter(({ catalogue }) => isRunning(catalogue)).map(({ key }) => key),
    productScopes: products.flatMap(({ routes }) => routes.flatMap(({ shape }) => shape.scope ?? [])),
  };
}

/** Wires the calls that cost money, their limits, and the ledger. */
function wireSpending(parts: WiringParts & ReturnType<typeof wirePeople>) {
  const { db, options } = parts;
  const { config, crashHook } = options;
  const { logger: log } = parts.telemetry;
  const limiting = createLimiting({ ...parts, failures: config.ai.failures });
  const { limits } = limiting;
  const upgradeFor = createUpgradeFor(parts.entitlements);
  const blobs = createBlobStorage({
    ...parts,
    limits,
    log,
    upgradeFor,
    metrics: parts.telemetry.metrics,
  });
  const work = createWork({
    ...parts,
    limits,
    concurrency: config.workerConcurrency,
    batchConcurrency: config.workerBatchConcurrency,
    delivery: config.delivery,
    crashHook,
  });
  const { jobs } = work;
  const idempotency = createIdempotency(parts);
  const ai = openAi({ ...parts, config, crashHook });
  const sales = createSales({
    ...parts,
    signToken: parts.identity.signToken,
    limits,
    jobs,
    log,
    freeAccountsPerUser: config.freeAccountsPerUser,
    longestGraceDays: config.longestGraceDays,
    ...config.sales,
    metrics: parts.telemetry.metrics,
    storeSandboxAccounts: config.storeSandboxAccounts,
    accountByEmail: async (email) =>
      (await db.system('admin.grants', [userByEmail(email)]))[0][0]?.default_account_id,
  });
  return {
    limiting,
    ...limiting,
    blobs,
    vectors: createVectorStorage({ ...parts, limits, upgradeFor }),
    work,
    ...work,
    idempotency,
    erasure: openErasure({ ...parts, jobs, idempotency, blobs }),
    ai,
    aiSettings: watchAiSettings({ ...parts, config, ai }),
    permits: createPermits({ ...parts, limits, prices: ai.prices }),
    sales,
    ...sales,
    reports: createReports({
      ...parts,
      exchangeRatesFile: config.exchangeRatesFile,
      mode: parts.stripe?.client.mode ?? 'live',
    }),
    privacy: openPrivacy({ ...parts, log }),
  };
}

/** Each module's service in this process, by its name. */
function servicesOf(
  parts: WiringParts & ReturnType<typeof wirePeople> & ReturnType<typeof wireSpending>,
): Services {
  const { config, diagnose, version } = parts.options;
  return {
    ...parts,
    webhooks: parts.events,
    limits: parts.limiting,
    jobs: parts.work,
    billing: parts.sales,
    compliance: createCompliance(parts),
    customers: createCustomers(parts),
    diagnosis: createDiagnosis({ ...parts, config, look: async () => (await diagnose?.(parts.db)) ?? [] }),
    backup: createBackupService({
      ...parts,
      version,
      dataDir: config.dataDir,
      stateFiles: SANDBOX_STATES,
      settings: () =>
        Object.fromEntries(settingNames().map((name) => [name, settingText(config.values, name)])),
      doneAgain: [identityDoneAgain, accountsDoneAgain],
    }),
    owner: createOwnerSignIn({
      ...parts,
      dataDir: config.dataDir,
      isOpen: config.environment !== 'production',
    }),
  };
}

function openPrivacy(parts: Omit<PrivacyParts, 'declared'> & Pick<WiringParts, 'products'>) {
  const declared = parts.products
    .flatMap((product) => product.parts)
    .flatMap(({ product, release }) => (release === undefined ? [] : [{ ...release, product }]));
  return createPrivacy({ ...parts, declared });
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
