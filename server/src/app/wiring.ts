import { accountsDoneAgain, createAccounts } from '#platform/accounts';
import { createAudit } from '#platform/audit';
import { type UpstreamOptions, watchAiSettings } from '#platform/ai';
import { createBackupService } from '#platform/backup';
import { createBrands } from '#platform/brands';
import { type BlobStorage, createBlobStorage } from '#platform/blobs';
import { type Config, settingNames, settingText } from '#platform/config';
import { createSales, preparePrices, type ProviderSettings, type StripeConnection } from '#platform/billing';
import type { Database } from '#platform/db';
import {
  type Catalogue,
  createEntitlements,
  createPlanRates,
  createUpgradeFor,
  isRunning,
  productOff,
} from '#platform/entitlements';
import { createErasure, type Subject } from '#platform/erasure';
import type { Mounted } from '#platform/http';
import { createIdempotency, type Idempotency, type KeptAnswers } from '#platform/idempotency';
import { createIdentity, identityDoneAgain, type IdentitySettings, type Providers } from '#platform/identity';
import { createWork, type Jobs, type QStash, type RunningJob } from '#platform/jobs';
import type { systemRandom } from '#platform/kernel';
import { createLimiting, createMemberCapacity, type Holder } from '#platform/limits';
import { createMail, transportOf } from '#platform/mail';
import { keepSchedules } from '#platform/module';
import { createOwnerSignIn } from '#platform/owner';
import { createPermits } from '#platform/permits';
import { createPlans, plansFileOf } from '#platform/plans';
import { createCompliance } from '#platform/compliance';
import { createCustomers } from '#platform/customers';
import { createPortal } from '#platform/portal';
import { createDiagnosis } from '#platform/diagnosis';
import { createPrivacy, type PrivacyParts } from '#platform/privacy';
import { type OpenPart, type Product, productContext, registerPart } from '#platform/product';
import { createQueue } from '#platform/queue';
import type { Redis } from '#platform/redis';
import { createLedgerArchives, createReports } from '#platform/reports';
import { createDataKeys, type Secrets } from '#platform/secrets';
import { addressRule, createSignInRule, createSso } from '#platform/sso';
import { createVectorStorage } from '#platform/vectors';
import { createEvents } from '#platform/webhooks';
import { modules, type Services } from '#modules';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import { openAi } from './ai.ts';
import { openBlobHome } from './blobs.ts';
import { captchaOf } from './captcha.ts';
import { allDataRules, mountedOf, serviceOf } from './lists.ts';
import { SANDBOX_STATES } from './sandboxes.ts';
import { brandDefaults } from './products.ts';
import { openVectorHome } from './vectors.ts';

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
      services.plans.close();
      await ai.close();
      await spending.limiting.close();
      planRates.close();
      await identity.close();
      accounts.close();
      people.brands.close();
    },
  };
}

/** Wires mails, events, and the queue that their deliveries wait in. */
function wireMessages(parts: WiringParts, sold: () => readonly Catalogue[]) {
  const { config, crashHook } = parts.options;
  const { logger: log } = parts.telemetry;
  const isOpen = config.environment !== 'production';
  const audit = createAudit(parts);
  const queue = createQueue<RunningJob>(parts);
  const transport = transportOf(config.mail);
  const { baseUrl } = config;
  const brands = createBrands({
    ...parts,
    audit,
    log,
    baseUrl,
    defaults: brandDefaults(config, sold),
  });
  const mail = createMail({
    ...parts,
    queue,
    log,
    crashHook,
    isOpen,
    settings: config.mail,
    transport,
    ...brands,
  });
  const events = createEvents({ ...parts, audit, queue, log, crashHook, allowLoopback: isOpen });
  return { audit, queue, brands, mail, events, ...events };
}

/** Name of the one product that runs here. */
function onlyNameOf(catalogues: readonly Catalogue[]): string | undefined {
  const [only, ...others] = catalogues.filter(isRunning);
  return others.length === 0 ? only?.name : undefined;
}

/** Wires accounts, their plans, and how people sign in. */
function wirePeople(parts: WiringParts) {
  const { config } = parts.options;
  const { logger: log } = parts.telemetry;
  let catalogues: readonly Catalogue[] = parts.products.map(({ catalogue }) => catalogue);
  const messages = wireMessages(parts, () => catalogues);
  const { audit, brands, mail, webhooks } = messages;
  const sold = { ...parts, audit, catalogues, webhooks };
  const entitlements = createEntitlements({ ...sold, freeAccountsPerUser: config.freeAccountsPerUser });
  catalogues = entitlements.liveCatalogues.list;
  const planRates = createPlanRates({ ...parts, catalogues });
  const accounts = createAccounts({
    ...parts,
    audit,
    mail,
    webhooks,
    capacity: createMemberCapacity({ catalogues, entitlements }),
    organizationsPerUser: config.organizationsPerUser,
    // After the #: browsers keep it to themselves, so that the token is in no log of a server or proxy.
    invitationLink: (token) => `${config.baseUrl}/v1/invitations/accept#${token}`,
  });
  const identity = createIdentity({
    ...parts,
    ...accounts,
    tierOf: entitlements.tierOf,
    audit,
    mail,
    captcha: captchaOf(parts),
    log,
    signInRule: createSignInRule({ audit }),
    addressRule,
    welcomes: () => brands.brandOf().welcomes,
    product: onlyNameOf(catalogues),
    settings: identitySettings(config, { products: parts.products, brandName: () => brands.brandOf().name }),
  });
  mail.resolve(identity.resolvers);
  const sso = createSso({
    ...parts,
    ...messages,
    accounts,
    identity,
    log,
    baseUrl: config.baseUrl,
    dnsServers: config.ssoDnsServers,
    allowLoopback: config.environment !== 'production',
  });
  const home = openBlobHome(config, { ...parts, baseUrl: parts.reachedAt });
  return {
    catalogues,
    ...messages,
    entitlements,
    planRates,
    accounts,
    accountByName: accounts.accountByName,
    identity,
    sso,
    dataKeys: createDataKeys(parts),
    home,
    archives: createLedgerArchives({ ...parts, home, log, months: config.ledgerMonths }),
  };
}

function identitySettings(
  config: Config,
  { products, brandName }: { readonly products: readonly Product[]; readonly brandName: () => string },
): IdentitySettings {
  const names = products.map(({ key }) => key);
  return {
    issuer: config.publicUrl ?? 'plinth',
    baseUrl: config.baseUrl,
    returnTo: config.signIn.returnTo,
    signInByMail: config.signIn.byMail,
    emailVerification: config.emailVerification,
    sessionDays: config.sessionDays,
    passkeys: { ...config.passkeys, rpName: brandName },
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
  const { config, crashHook } = parts.options;
  const { logger: log } = parts.telemetry;
  const { showModelCost } = config;
  const limiting = createLimiting({ ...parts, showModelCost, failures: config.ai.failures });
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
  });
  return {
    limiting,
    ...limiting,
    blobs,
    vectors: createVectorStorage({ ...parts, limits, upgradeFor, vectorHome: openVectorHome(config) }),
    work,
    ...work,
    idempotency,
    erasure: openErasure({ ...parts, jobs, idempotency, blobs }),
    ai,
    aiSettings: watchAiSettings({ ...parts, config, ai }),
    permits: createPermits({ ...parts, limits, prices: ai.prices, checkoutLinks: sales.checkoutLinks }),
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
    portal: createPortal(parts),
    plans: openPlans({ ...parts, jobs: parts.work.jobs }),
    diagnosis: createDiagnosis({
      ...parts,
      config,
      look: async () => (await diagnose?.(parts.db, parts.aiSettings.config())) ?? [],
    }),
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
      sample: parts.options.sample,
    }),
  };
}

function openPlans(parts: WiringParts & ReturnType<typeof wirePeople> & { readonly jobs: Jobs }) {
  const { config, serve, work } = parts.options;
  const { stripe } = parts;
  return createPlans({
    ...parts,
    log: parts.telemetry.logger,
    file: plansFileOf(config),
    takesFile: serve || work,
    mode: stripe?.client.mode ?? 'live',
    preparePrices: async (change) => (stripe === undefined ? [] : preparePrices(stripe, change)),
  });
}

function openPrivacy(parts: Omit<PrivacyParts, 'declared'> & Pick<WiringParts, 'products'>) {
  const declared = parts.products
    .flatMap((product) => product.parts)
    .flatMap(({ product, release }) => (release === undefined ? [] : [{ ...release, product }]));
  return createPrivacy({ ...parts, declared });
}

/** Erasure and exports, with what each module says of its tables. */
function openErasure(parts: ErasureWiring) {
  const { accounts, mail, blobs, idempotency, archives } = parts;
  return createErasure({
    ...parts,
    rules: allDataRules(),
    roleOf: accounts.roleOf,
    kindOf: accounts.kindOf,
    filesOf: blobs.linksOf,
    archivedRows: { 'limits.usage_events': archives.of },
    openFile: (product, accountId, id) => blobs.of(product).open(accountId, id),
    sweepAnswers: () => idempotency.sweep(),
    removeFiles: async (subjects) => {
      for (const subject of subjects) {
        await mail.forget(whoseOf(subject));
        if (subject.kind === 'account') await blobs.forgetBytesOf(subject.id);
      }
    },
    log: parts.telemetry.logger,
  });
}

interface ErasureWiring extends WiringParts, ReturnType<typeof wirePeople> {
  readonly jobs: Jobs;
  readonly blobs: BlobStorage;
  readonly idempotency: Idempotency;
}

function whoseOf(subject: Subject) {
  if (subject.kind === 'account') return { accountId: subject.id };
  return { userId: subject.id, email: subject.email };
}
