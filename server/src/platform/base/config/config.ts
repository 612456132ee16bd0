import { join, resolve } from 'node:path';
import {
  type AiSettingsText,
  readAiSettings,
  readSlots,
  readUpstreams,
  type SlotSetting,
  type UpstreamSetting,
} from './ai.ts';
import { keyedUpstreams } from './ai-files.ts';
import { type DeliverySettings, readDelivery, reachedAt } from './delivery.ts';
import { liveSigns, goneSettings, missingSettings, strangeOrigins } from './setting-problems.ts';
import { type MailSettings, readMail } from './mail.ts';
import { type MasterKeysSettings, readMasterKeys } from './master-keys.ts';
import { settingCalled, settingNames, type Values } from './settings.ts';
import { type PasskeysSettings, readPasskeys } from './passkeys.ts';
import { nearNames } from './near-names.ts';
import { secretFileNames, withSecretFiles } from './secret-files.ts';
import { readSignIn, type SignInSettings } from './sign-in.ts';
import { type GooglePlaySettings, readGooglePlay } from './google-play.ts';
import { type AppStoreSettings, readAppStore } from './app-store.ts';
import { readS3, type S3Settings } from './s3.ts';
import { readStripe, type StripeSettings } from './stripe.ts';
import { readTelemetry, type TelemetrySettings } from './telemetry.ts';
import { readVectorStore, type VectorStoreSettings } from './vector-store.ts';

export interface PostgresSettings {
  readonly engine: 'postgres';
  /** The login of tenants' work; of all work without a `systemUrl`. */
  readonly url: string;
  readonly systemUrl: string | undefined;
  readonly directUrl: string | undefined;
  readonly poolSize: number;
  readonly namedStatements: boolean;
}

export interface RedisSettings {
  readonly url: string;
  readonly prefix: string;
}

/** Where a CAPTCHA is verified, and what pages show it by. */
export interface CaptchaSettings {
  readonly verifyUrl: string;
  readonly secret: string;
  readonly siteKey: string;
}

export interface EmbeddedSettings {
  readonly engine: 'pglite';
  readonly dataDir: string;
}

/** The configuration of a process: settings, defaults and what follows from them. Read once. */
export interface Config extends TelemetrySettings {
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  readonly port: number;
  /** Whether the port was not set, so that the next free one does when it is in use. */
  readonly portMayMove: boolean;
  /** Absolute. */
  readonly dataDir: string;
  readonly publicUrl: string | undefined;
  /** Where links lead: the public address, else the one that this process listens on. */
  readonly baseUrl: string;
  readonly publicBasePath: string | undefined;
  readonly corsOrigins: readonly string[];
  /** Those of them whose pages may keep a session in a cookie. */
  readonly sessionOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Keys of the products that run, alone; none: all of them do. */
  readonly products: readonly string[];
  /** Whether a product may be off in production for which subscriptions still pay. */
  readonly productsOffWithSubscriptions: boolean;
  /** Whether customers see what model calls cost. */
  readonly showModelCost: boolean;
  readonly shutdownGraceSeconds: number;
  /** Before the grace: not ready, and calls are taken. */
  readonly shutdownDelaySeconds: number;
  readonly databaseWaitSeconds: number;
  /** Bytes of bodies that may be in memory at once, of the process and of one account. */
  readonly bodyCapacity: { readonly process: number; readonly account: number };
  /** How many sockets one process has open at once, of one address and of one account. */
  readonly sockets: { readonly perAddress: number; readonly perAccount: number };
  readonly database: PostgresSettings | EmbeddedSettings;
  /** undefined: what Redis would do is done by the database. */
  readonly redis: RedisSettings | undefined;
  readonly ai: {
    readonly upstreams: readonly UpstreamSetting[];
    /** The file of AI_UPSTREAMS, absolute; undefined: the setting is the JSON itself, or is not set. */
    readonly upstreamsFile: string | undefined;
    /** Whether the sandbox runs: always when there is no upstream. */
    readonly sandbox: boolean;
    readonly sandboxLatencyMs: number;
    readonly slots: readonly SlotSetting[];
    /** Micro-dollars a day that the operator bears for failed calls of one account. */
    readonly failures: number;
    /** Whether a provider gives a second look at texts with a precheck. */
    readonly moderation: boolean;
    /** undefined: prices, models, aliases and policies are those that come with the program. */
    readonly settings: AiSettingsText | undefined;
  };
  readonly masterKeys: MasterKeysSettings;
  readonly emailVerification: 'off' | 'soft' | 'required';
  /** None: those of the machine. */
  readonly ssoDnsServers: readonly string[];
  readonly sessionDays: number;
  /** Months of the ledger that stay in the database; 0: all. */
  readonly ledgerMonths: number;
  /** Organizations that one user may own. */
  readonly organizationsPerUser: number;
  /** Accounts of one maker that have a product's default plan, and that may try it. */
  readonly freeAccountsPerUser: number;
  /** How many days after its first failure was told a plan that is not paid is kept at most. */
  readonly longestGraceDays: number;
  /** In items that are sold for others: their part, in ten thousandths, and the days after which it is payable. */
  readonly sales: Readonly<Record<'sharePoints' | 'payableDays' | 'withdrawalDays', number>> & {
    /** The smallest payout by currency, in minor units; of those not named: any. */
    readonly payoutMinimums: Readonly<Record<string, number>>;
    /** Where payment providers send browsers back to; whether customers are bound to that. */
    readonly returnSettings: { readonly origins: readonly string[]; readonly bindsCustomers: boolean };
  };
  /** undefined: none is asked for. */
  readonly captcha: CaptchaSettings | undefined;
  readonly passwords: { readonly words: readonly string[]; readonly breachesUrl: string | undefined };
  readonly signIn: SignInSettings;
  readonly passkeys: PasskeysSettings;
  readonly mail: MailSettings;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeSettings | undefined;
  /** undefined: nothing is taken of it. */
  readonly googlePlay: GooglePlaySettings | undefined;
  /** undefined: nothing is sold in the App Store. */
  readonly appStore: AppStoreSettings | undefined;
  /** undefined: files lie in Vercel Blob, or in a folder. */
  readonly s3: S3Settings | undefined;
  /** undefined: embeddings are searched in the database. */
  readonly vectorStore: VectorStoreSettings | undefined;
  /** Token of a store of Vercel Blob, in which files lie. */
  readonly vercelBlobToken: string | undefined;
  /** Accounts that hold what is bought in a store's sandbox, where real money is taken. */
  readonly storeSandboxAccounts: readonly string[];
  readonly workerConcurrency: number;
  /** At most `workerConcurrency`. */
  readonly workerBatchConcurrency: number;
  /** undefined: jobs are run by workers, and nothing is taken from QStash. */
  readonly delivery: DeliverySettings | undefined;
  /** Where clamd listens; undefined: nothing is scanned. */
  readonly clamdUrl: string | undefined;
  /** undefined: the rates that come with the program. */
  readonly exchangeRatesFile: string | undefined;
  /** Where the process ends itself, for tests: `point:before` or `point:after`, and perhaps `:n` for the n-th time. */
  readonly crashAt: string | undefined;
  /** A line for each setting of the environment that has no effect any more. */
  readonly gone: readonly string[];
  /** The settings as they are in effect, for `plinth config`. */
  readonly values: Values;
}

/** Settings that are missing or malformed: one line for each. It quotes no value: a value may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const DEVELOPMENT_ORIGINS = ['http://localhost:*', 'http://127.0.0.1:*', 'app://'];
/** The page of the docs' examples. */
const EXAMPLE_ORIGIN = 'https://app.example.com';

function originsOf(values: Values): Pick<Config, 'corsOrigins' | 'sessionOrigins'> {
  const { CORS_ORIGINS: listed, SESSION_ORIGINS: sessionOrigins = [] } = values;
  const unlisted = values.NODE_ENV === 'production' ? [] : DEVELOPMENT_ORIGINS;
  return { corsOrigins: [...(listed ?? unlisted), ...sessionOrigins], sessionOrigins };
}

/** Browsers are sent back to the pages that may read answers, and to those that sign-ins come back to. */
function salesOf(values: Values): Config['sales'] {
  const { CORS_ORIGINS: listed, SIGN_IN_RETURN_TO: signIns = [] } = values;
  const unlisted = values.NODE_ENV === 'production' ? [] : [...DEVELOPMENT_ORIGINS, EXAMPLE_ORIGIN];
  const ofSignIns = signIns.map((pattern) => /^[^:]+:\/\/[^/]*/.exec(pattern)?.[0] ?? pattern);
  return {
    sharePoints: values.SALE_SHARE_POINTS,
    payableDays: values.SALE_SHARE_DAYS,
    payoutMinimums: values.PAYOUT_MINIMUM ?? {},
    withdrawalDays: values.WITHDRAWAL_DAYS,
    returnSettings: {
      origins: [...(listed ?? unlisted), ...ofSignIns],
      bindsCustomers: listed !== undefined,
    },
  };
}

/** Reads the configuration from an environment; throws `ConfigError` with all that is wrong. */
export function readConfig(given: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const environment = withSecretFiles(given, problems);
  const values = readValues(environment, problems);
  problems.push(...nearNames(environment, [...settingNames(), ...secretFileNames()]));
  const listed = readUpstreams(values.AI_UPSTREAMS ?? '[]');
  if (typeof listed === 'string') problems.push(`AI_UPSTREAMS ${listed}.`);
  const slots = readSlots(values.AI_SLOTS ?? '');
  if (typeof slots === 'string') problems.push(`AI_SLOTS ${slots}.`);
  const settings = values.AI_CONFIG === undefined ? undefined : readAiSettings(values.AI_CONFIG);
  if (typeof settings === 'string') problems.push(`AI_CONFIG ${settings}.`);
  const { listed: own, path } = typeof listed === 'string' ? { listed: [], path: undefined } : listed;
  const upstreams = [...keyedUpstreams(values), ...own];
  problems.push(...missingSettings(values, upstreams), ...liveSigns(values), ...strangeOrigins(values));
  const delivery = readDelivery(values, problems);
  const mail = readMail(values, problems);
  const signIn = readSignIn(values, problems);
  const passkeys = readPasskeys(values, problems);
  const masterKeys = readMasterKeys(values, problems);
  const stripe = readStripe(values, problems);
  const googlePlay = readGooglePlay(
    values,
    // HOST may be what is wrong.
    problems.length > 0 ? '' : reachedAt(values),
    problems,
  );
  const appStore = readAppStore(values, problems);
  const s3 = readS3(values, problems);
  const vectorStore = readVectorStore(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...assembleConfig(values, {
      upstreams,
      upstreamsFile: path,
      slots: typeof slots === 'string' ? [] : slots,
      settings: typeof settings === 'string' ? undefined : settings,
    }),
    portMayMove: portMayMove(environment, values),
    delivery,
    mail,
    signIn,
    passkeys,
    masterKeys,
    stripe,
    googlePlay,
    appStore,
    s3,
    vectorStore,
    vercelBlobToken: values.BLOB_READ_WRITE_TOKEN,
    storeSandboxAccounts: values.STORE_SANDBOX_ACCOUNTS,
    gone: goneSettings(environment),
  };
}

function readValues(environment: Readonly<Record<string, string | undefined>>, problems: string[]): Values {
  const entries = settingNames().map((name) => {
    const given = environment[name]?.trim();
    const parsed = settingCalled(name).schema.safeParse(given === '' ? undefined : given);
    if (parsed.success) return [name, parsed.data] as const;
    problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is wrong'}.`);
    return [name, undefined] as const;
  });
  return Object.fromEntries(entries) as Values;
}

/** On embedded defaults alone: what is set up for others (a proxy, a second process) expects it where it was said to be. */
function portMayMove(environment: Readonly<Record<string, string | undefined>>, values: Values): boolean {
  const isSet = (environment['PORT'] ?? '').trim() !== '';
  const isOurs = values.NODE_ENV === 'development' && values.DATABASE_URL === undefined;
  return isOurs && !isSet && values.PUBLIC_URL === undefined;
}

/** The configuration as it is on another port: links that this process makes lead there too. */
export function onPort(config: Config, port: number): Config {
  const values = { ...config.values, PORT: port };
  const baseUrl = reachedAt(values);
  const { delivery } = config;
  return {
    ...config,
    port,
    baseUrl,
    delivery: delivery === undefined ? undefined : { ...delivery, target: baseUrl },
    values,
  };
}

type AiTexts = Pick<Config['ai'], 'upstreams' | 'upstreamsFile' | 'slots' | 'settings'>;

function assembleConfig(
  values: Values,
  ai: AiTexts,
): Omit<
  Config,
  | 'portMayMove'
  | 'delivery'
  | 'mail'
  | 'signIn'
  | 'passkeys'
  | 'masterKeys'
  | 'stripe'
  | 'googlePlay'
  | 'appStore'
  | 's3'
  | 'vectorStore'
  | 'vercelBlobToken'
  | 'storeSandboxAccounts'
  | 'gone'
> {
  const isProduction = values.NODE_ENV === 'production';
  const dataDir = resolve(values.DATA_DIR);
  return {
    environment: values.NODE_ENV,
    host: values.HOST,
    port: values.PORT,
    dataDir,
    publicUrl: values.PUBLIC_URL,
    baseUrl: reachedAt(values),
    publicBasePath: values.PUBLIC_BASE_PATH,
    ...originsOf(values),
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    ...offerOf(values),
    shutdownGraceSeconds: values.SHUTDOWN_GRACE_SECONDS,
    shutdownDelaySeconds: values.SHUTDOWN_DELAY_SECONDS,
    databaseWaitSeconds: values.DATABASE_WAIT_SECONDS,
    ...capacitiesOf(values),
    database: databaseOf(values, dataDir),
    redis: redisOf(values),
    ai: aiOf(values, ai),
    passwords: { words: values.PASSWORD_WORDS, breachesUrl: values.PASSWORD_BREACHES_URL },
    ssoDnsServers: values.SSO_DNS_SERVERS,
    emailVerification: values.EMAIL_VERIFICATION ?? (isProduction ? 'required' : 'off'),
    sessionDays: values.SESSION_LIFETIME_DAYS,
    ledgerMonths: values.LEDGER_RETENTION_MONTHS,
    organizationsPerUser: values.ORGANIZATIONS_PER_USER,
    freeAccountsPerUser: values.FREE_ACCOUNTS_PER_USER,
    longestGraceDays: values.PAYMENT_GRACE_MAX_DAYS,
    sales: salesOf(values),
    captcha: captchaOf(values),
    workerConcurrency: values.WORKER_CONCURRENCY,
    workerBatchConcurrency: Math.max(1, Math.floor(values.WORKER_CONCURRENCY / 2)),
    clamdUrl: values.CLAMD_URL,
    exchangeRatesFile: values.EXCHANGE_RATES_FILE,
    crashAt: values.CRASH_AT,
    ...readTelemetry(values),
    values,
  };
}

/** Capacities of one process at once. */
function capacitiesOf(values: Values): Pick<Config, 'bodyCapacity' | 'sockets'> {
  return {
    bodyCapacity: {
      process: values.BODY_MB_AT_ONCE * 1_048_576,
      account: values.BODY_MB_AT_ONCE_PER_ACCOUNT * 1_048_576,
    },
    sockets: { perAddress: values.SOCKETS_PER_ADDRESS, perAccount: values.SOCKETS_PER_ACCOUNT },
  };
}

/** Which products run, and what their customers see. */
function offerOf(
  values: Values,
): Pick<Config, 'products' | 'productsOffWithSubscriptions' | 'showModelCost'> {
  return {
    products: values.PRODUCTS,
    productsOffWithSubscriptions: values.PRODUCTS_OFF_WITH_SUBSCRIPTIONS === true,
    showModelCost: values.SHOW_MODEL_COST,
  };
}

function aiOf(values: Values, ai: AiTexts): Config['ai'] {
  return {
    ...ai,
    sandbox: values.SANDBOX_AI ?? ai.upstreams.length === 0,
    sandboxLatencyMs: values.SANDBOX_LATENCY_MS,
    moderation: values.SAFETY_MODERATION,
    failures: Math.round(values.AI_FAILURES_PER_DAY * 1_000_000),
  };
}

function databaseOf(values: Values, dataDir: string): Config['database'] {
  if (values.DATABASE_URL === undefined) return { engine: 'pglite', dataDir: join(dataDir, 'database') };
  return {
    engine: 'postgres',
    url: values.DATABASE_URL,
    systemUrl: values.SYSTEM_DATABASE_URL,
    directUrl: values.DIRECT_URL,
    poolSize: values.DATABASE_POOL_SIZE,
    namedStatements: values.DATABASE_NAMED_STATEMENTS,
  };
}

function captchaOf(values: Values): CaptchaSettings | undefined {
  const { CAPTCHA_VERIFY_URL: verifyUrl, CAPTCHA_SECRET: secret, CAPTCHA_SITE_KEY: siteKey } = values;
  if (verifyUrl === undefined || secret === undefined || siteKey === undefined) return undefined;
  return { verifyUrl, secret, siteKey };
}

function redisOf(values: Values): RedisSettings | undefined {
  const { REDIS_URL: url, REDIS_PREFIX: prefix } = values;
  return url === undefined ? undefined : { url, prefix };
}
