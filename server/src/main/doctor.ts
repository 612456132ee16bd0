import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Config,
  ConfigError,
  type DeliverySettings,
  type MailSettings,
  makeFolder,
  missingPackages,
  type RedisSettings,
  type UpstreamSetting,
  unusableFolder,
} from '#platform/config';
import { oldHelplines, protocolsOf, spokenIn, storedRoutes, vendorHeaders } from '#platform/ai';
import { CODE_PROVIDERS, PROVIDER_NAMES } from '#platform/identity';
import { AppError, systemClock } from '#platform/kernel';
import { troubledTasks } from '#platform/billing';
import { type Database, ensurePrivate, openStore, type Store } from '#platform/db';
import { type Check, type Finding, lookAt } from '#platform/diagnosis';
import { transportOf } from '#platform/mail';
import { createRedis } from '#platform/redis';
import { askCollector, askErrorTracker } from '#platform/telemetry';
import { z } from 'zod';
import { checkPlansFile, plansFileOf, readableFile } from '#platform/plans';
import { checkVectorHome } from '#platform/vectors';
import {
  assertNobodyPays,
  checkAi,
  chooseProducts,
  openBlobHomeAlone,
  openVectorHome,
  providersOf,
  routesLeftAside,
} from '#app';
import { describeChoice } from './banner.ts';
import { guessesOf } from './show-config.ts';
import { refuseWords, type Verb } from './verb.ts';
import { databaseState, type InDatabase, keysState, unlessInUse, unlessUnmade } from './database-check.ts';
import { googlePlayChecks } from './google-play-check.ts';
import { appStoreChecks } from './app-store-check.ts';
import { s3Checks } from './s3-checks.ts';
import { stripeChecks } from './stripe-check.ts';
import { codeOf, reason, OperatorError } from './operator-error.ts';

const PATIENCE = 10_000;

/** Looks at each thing that the program stands on, and says in one line what is wrong with it. */
export const doctor: Verb = async ({ config, words }) => {
  const refused = refuseWords('doctor', words);
  if (refused !== undefined) return refused;
  let sound = true;
  // The first look that asks the database opens it, and all others ask the same: to open the embedded one takes a second.
  let opened: Promise<Store> | undefined;
  const inDatabase: InDatabase = async (look) => {
    opened ??= openStore(config);
    return opened.then(({ db }) => look(db)).catch(unlessInUse);
  };
  try {
    for (const check of checksOf(config, inDatabase)) {
      const { name, status, says } = await lookAt(check, reason);
      sound &&= status !== 'failed';
      process.stdout.write(`${status === 'failed' ? 'FAIL' : 'ok  '}  ${name.padEnd(14)}  ${says}\n`);
    }
  } finally {
    await opened?.then((store) => store.close()).catch(() => {});
  }
  return sound ? 0 : 1;
};

/** The same from a process that runs, all at once. */
export const diagnose = (config: Config, db: Database): Promise<Finding[]> =>
  Promise.all(checksOf(config, (look) => look(db)).map((check) => lookAt(check, reason)));

function checksOf(config: Config, inDatabase: InDatabase): Check[] {
  const { delivery, redis } = config;
  const inTables: InDatabase = (look) => inDatabase((db) => look(db).catch(unlessUnmade(db)));
  return [
    { name: 'settings', look: async () => `${config.environment}, all well formed` },
    { name: 'data folder', look: async () => dataFolder(config) },
    { name: 'files', look: () => filesState(config) },
    ...vectorChecks(config),
    { name: 'packages', look: packagesState },
    { name: 'database', look: () => inDatabase((db) => databaseState(db, config)) },
    { name: 'products', look: () => inTables((db) => productsState(db, config)) },
    { name: 'plans', look: () => plansState(inTables, config) },
    { name: 'keys', look: () => inTables((db) => keysState(db, config)) },
    ...(redis === undefined ? [] : [{ name: 'redis', look: () => redisState(redis) }]),
    { name: 'AI settings', look: () => aiSettingsState(config) },
    { name: 'AI routes', look: () => inTables((db) => aiRoutesState(db, config)) },
    ...config.ai.upstreams.map((setting) => ({
      name: `AI: ${setting.name}`,
      look: () => upstream(setting),
    })),
    { name: 'helplines', look: async () => helplinesState(new Date(systemClock.now())) },
    { name: 'passkeys', look: async () => passkeysState(config) },
    ...providersChecks(config),
    { name: 'mail', look: () => mailState(config.mail) },
    { name: 'error tracker', look: () => errorTrackerState(config.errorTracker) },
    { name: 'traces', look: () => tracesState(config.tracing) },
    ...s3Checks(config),
    ...stripeChecks(config, inTables),
    ...googlePlayChecks(config, inTables),
    ...appStoreChecks(config),
    { name: 'purchases', look: () => inTables(purchasesState) },
    ...(delivery === undefined ? [] : [{ name: 'QStash', look: () => qstash(delivery) }]),
  ];
}

/** Which products run. A subscription to one that does not is a warning; production is not started so. */
async function productsState(db: Database, config: Config): Promise<string> {
  const choice = await chooseProducts(db, config);
  assertNobodyPays(choice, config);
  return describeChoice(choice) ?? 'all are on';
}

/** The plans that are data, and whether the file is in effect. Mistakes in it are said also while a server holds the embedded database. */
async function plansState(inDatabase: InDatabase, config: Config): Promise<string> {
  const { products } = await import('#products');
  const given = { file: plansFileOf(config), inSource: products.map(({ key }) => key) };
  try {
    await readableFile(given);
    return await inDatabase((db) => checkPlansFile(db, given));
  } catch (error) {
    throw error instanceof ConfigError ? new OperatorError(error.problems.join(' ')) : error;
  }
}

/** Purchases of customers may hang on objects that a provider does not tell of: a key of another account, or a bad hour of the provider's. */
async function purchasesState(db: Database): Promise<string> {
  const [troubled] = await db.system('billing.inbox', [troubledTasks()]);
  const [first] = troubled.map((one) => one.first.toISOString()).toSorted();
  if (first === undefined) return 'none is refused by its provider, and none is long unread';
  const reasons = troubled.map(({ error, count }) => `${count} ${error}`).join(', ');
  throw new OperatorError(
    `Some can't be read of their provider, the first since ${first}: ${reasons}. Plans stay for now. Is the key that of the right account and app? GET /v1/admin/billing/inbox/dead lists them.`,
  );
}

/** Packages that only one product needs need not be installed: a warning, as its other calls work. */
async function packagesState(): Promise<string> {
  const { products } = await import('#products');
  const lacking = products.flatMap(({ key, packages }) =>
    missingPackages([...new Set(Object.values(packages).flat())]).map((name) => `${name} (${key})`),
  );
  if (lacking.length === 0) return 'whatever the products need is installed';
  return `WARNING: not installed, calls that need them answer 503 package_missing: ${lacking.join(', ')}`;
}

/** Days after which an operator should look whether they are still right. */
const HELPLINES_GOOD_FOR = 365;

/** Helplines come with the program; a number that has changed is worse than none. It is a warning: the program works. */
export function helplinesState(now: Date): string {
  const old = oldHelplines(now, HELPLINES_GOOD_FOR);
  if (old.length === 0) return 'looked at within the last year';
  return `WARNING: nobody has looked at these for a year: ${old.join(', ')} (docs/safety.md)`;
}

/** A faulty passkey setting is refused by the settings; one that works only on this machine is said here. */
function passkeysState({ environment, passkeys: { rpId, origins } }: Config): string {
  if (environment === 'production' && rpId === 'localhost')
    throw new OperatorError(
      'Passkeys are bound to localhost. Set PUBLIC_URL, or PASSKEY_DOMAIN and PASSKEY_ORIGINS.',
    );
  return `bound to ${rpId}, for ${origins.join(', ')}`;
}

function dataFolder({ dataDir, database, masterKeys, mail, s3, vercelBlobToken }: Config): string {
  const isNeeded =
    database.engine === 'pglite' ||
    'file' in masterKeys ||
    mail.via.transport === 'outbox' ||
    (s3 === undefined && vercelBlobToken === undefined);
  try {
    makeFolder(dataDir);
    ensurePrivate(dataDir);
    // A right to write is not enough: a disk may be full, and root may write to /proc.
    rmdirSync(mkdtempSync(join(dataDir, 'doctor-')));
  } catch (cause) {
    if (!isNeeded) return `${dataDir} can not be written, and nothing of these settings is kept there`;
    throw cause instanceof AppError ? cause : unusableFolder(dataDir, cause);
  }
  return dataDir;
}

/** Whether files of accounts can be written, read and deleted where they are kept. */
const filesState = (config: Config): Promise<string> => openBlobHomeAlone(config).check();

/** Whether embeddings can be written, searched and deleted at the store that is set. */
function vectorChecks(config: Config): Check[] {
  const home = openVectorHome(config);
  if (home === undefined) return [];
  const look = () =>
    checkVectorHome(home, randomUUID).catch((cause: unknown) => {
      throw new OperatorError(
        `${home.name} does not do what it must (${said(cause)}): look at its settings (docs/vector-stores.md).`,
        { cause },
      );
    });
  return [{ name: 'vectors', look }];
}

const said = (error: unknown) =>
  error instanceof AppError && error.cause instanceof Error ? error.cause.message : codeOf(error);

async function redisState(settings: RedisSettings): Promise<string> {
  let trouble = '';
  const redis = await createRedis({ ...settings, onState: (_, why) => (trouble = why?.message ?? '') });
  try {
    return `${Math.round(await redis.ping())} ms, takes writes`;
  } catch (cause) {
    throw new OperatorError(
      `${trouble}: look at REDIS_URL. Until then what it would do is done without it.`,
      {
        cause,
      },
    );
  } finally {
    await redis.close();
  }
}

/** Providers that sign users in: whether each answers with what it must. */
function providersChecks({ signIn, baseUrl, environment }: Config): Check[] {
  const { sandbox, returnTo, firebase: ofFirebase } = signIn;
  if (sandbox)
    return [{ name: 'sign-in', look: async () => 'the sandbox stands in for Google and Firebase' }];
  const providers = providersOf({ clock: systemClock, allowLoopback: environment !== 'production' }, signIn);
  const on = returnTo.join(', ') || 'nowhere';
  const byCode = CODE_PROVIDERS.map((provider) => {
    const { web, app } = providers.clients[provider] ?? {};
    const back = `sends browsers back to ${baseUrl}/v1/auth/${provider}/callback; they go on to ${on}`;
    const says = web === undefined ? 'signs in people of apps alone' : back;
    return { name: PROVIDER_NAMES[provider], check: (web ?? app)?.check, at: signIn[provider]?.issuer, says };
  });
  const firebase = {
    name: 'Firebase',
    check: providers.firebase?.check,
    at: ofFirebase?.keysUrl,
    says: `project ${ofFirebase?.projectId}`,
  };
  return [...byCode, firebase].flatMap(({ name, check, at = '', says }) =>
    check === undefined ? [] : [{ name, look: () => check().then(() => says, unlessSound(at)) }],
  );
}

const unlessSound = (at: string) => (error: unknown) => {
  const cause = error instanceof AppError ? error.cause : error;
  throw new OperatorError(`${new URL(at).host} does not say what it must (${codeOf(cause)}).`, { cause });
};

async function mailState(settings: MailSettings): Promise<string> {
  const transport = transportOf(settings);
  const says = await transport.check().catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause;
    throw new OperatorError(`${transport.name} can not be used (${mailReason(cause)}).`, { cause });
  });
  return `from ${settings.from.address} by ${transport.name}: ${says}`;
}

async function errorTrackerState(settings: Config['errorTracker']): Promise<string> {
  if (settings === undefined) return 'SENTRY_DSN is not set: errors stand in the log alone';
  const { host } = new URL(settings.dsn);
  const status = await askErrorTracker(settings.dsn).catch((cause: unknown) => {
    throw new OperatorError(`${host} can not be reached (${codeOf(cause)}).`, { cause });
  });
  if (status === 401 || status === 403 || status === 404)
    throw new OperatorError(`${host} does not know the project or the key of SENTRY_DSN (status ${status}).`);
  if (status >= 300 && status !== 429) throw new OperatorError(`${host} answers with status ${status}.`);
  return `${host} takes events of ${settings.environment}`;
}

async function tracesState(settings: Config['tracing']): Promise<string> {
  if (settings === undefined) return 'OTEL_EXPORTER_OTLP_ENDPOINT is not set: nothing is traced';
  const { host } = new URL(settings.endpoint);
  const status = await askCollector(settings).catch((cause: unknown) => {
    throw new OperatorError(
      `${host} can not be reached (${codeOf(cause)}): spans are lost, and nothing else.`,
      { cause },
    );
  });
  if (status >= 300)
    throw new OperatorError(
      `${host} takes no spans (status ${status}). Is OTEL_EXPORTER_OTLP_ENDPOINT the base of a collector that takes OTLP over HTTP, without /v1/traces, and OTEL_EXPORTER_OTLP_HEADERS its key?`,
    );
  return `${host} takes spans`;
}

/** A mail server's words when a log-in fails may quote it: only its number is told. */
function mailReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { responseCode } = error as Error & { readonly responseCode?: number };
  return responseCode === undefined ? codeOf(error) : `SMTP ${responseCode}`;
}

async function aiSettingsState(config: Config): Promise<string> {
  const check = await checkAi(config);
  if (check.problems.length > 0) throw new OperatorError(check.problems.join(' '));
  const { ai } = config;
  const place = ai.settings === undefined ? 'without a file' : (ai.settings.path ?? 'in AI_CONFIG itself');
  return [`prices ${check.settings.prices.version}, ${place}`, ...guessesOf(check)].join('; ');
}

/** Routes that operators stored. One whose model the settings do not have is a warning: what lies beneath it holds. */
async function aiRoutesState(db: Database, config: Config): Promise<string> {
  const [rows] = await db.system('ai.routes', [storedRoutes]);
  const aside = await routesLeftAside(config, rows);
  const count = `${rows.length} stored`;
  return aside.length === 0 ? count : `WARNING: ${count}, left aside: ${aside.join(' ')} (docs/gateway.md)`;
}

async function upstream(setting: UpstreamSetting): Promise<string> {
  const { keys = [] } = setting;
  if (keys.length === 0) return upstreamBy(setting);
  const looked = await Promise.all(
    keys.map(async ({ key, name }) =>
      upstreamBy({ ...setting, apiKey: key }).catch((error: unknown) => {
        throw new OperatorError(`${name}: ${reason(error)}`);
      }),
    ),
  );
  return `${looked[0] ?? ''}, each of ${keys.length} keys`;
}

/** One look at an upstream, by its list of models. */
export async function upstreamBy(setting: UpstreamSetting): Promise<string> {
  const { name, baseUrl, apiKey, authHeader, aws, google } = setting;
  const url = new URL(baseUrl);
  const { speaks = protocolsOf(name, url) } = setting;
  const keyed = (await vendorHeaders(spokenIn(speaks), apiKey ?? '')) ?? bearer(apiKey, authHeader);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/models`;
  const response = await fetchOrFail(url.href, keyed);
  await response.body?.cancel();
  // This look is not signed.
  if (aws !== undefined || google !== undefined) return 'reachable, its keys are used with the first call';
  if (response.status === 401 || response.status === 403) throw new OperatorError('The key is not accepted.');
  // Not every vendor lists its models.
  if (!response.ok && response.status !== 404)
    throw new OperatorError(`It answers with status ${response.status}.`);
  return `reachable, ${response.ok ? 'the key is accepted' : 'lists no models'}`;
}

async function qstash({ qstash: account, target }: DeliverySettings): Promise<string> {
  if (account === undefined) return `the sandbox, which delivers to ${target}`;
  if (isHere(target) && !isHere(account.url))
    throw new OperatorError(
      'PUBLIC_URL is on this machine, where QStash can not deliver. Set it to a public one.',
    );
  if (account.token === undefined) return `deliveries to ${target} are taken; nothing is published here`;
  const response = await fetchOrFail(`${account.url}/v2/keys`, bearer(account.token));
  const found = z
    .object({ current: z.string(), next: z.string() })
    .safeParse(await response.json().catch(() => {}));
  if (response.status === 401 || response.status === 403)
    throw new OperatorError('QSTASH_TOKEN is not accepted.');
  if (!response.ok || !found.success) throw new OperatorError(`It answers with status ${response.status}.`);
  const { current, next } = found.data;
  if (account.keys.current !== current && account.keys.next !== current)
    throw new OperatorError(
      'Deliveries are signed with a key that is not set here. Copy both signing keys again.',
    );
  if (account.keys.current !== current || account.keys.next !== next)
    throw new OperatorError(
      'The signing keys were rolled. Copy both again: the next roll would lock QStash out.',
    );
  return `reachable, token and keys fit, delivers to ${target}`;
}

function isHere(url: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname);
}

/** A token in its header, flat; in one that is named it stands alone. */
function bearer(token: string | undefined, header?: string): readonly string[] {
  if (token === undefined) return [];
  return header === undefined ? ['authorization', `Bearer ${token}`] : [header, token];
}

async function fetchOrFail(url: string, flat: readonly string[]): Promise<Response> {
  const headers = flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []));
  return fetch(url, { headers: Object.fromEntries(headers), signal: AbortSignal.timeout(PATIENCE) }).catch(
    (cause: unknown) => {
      throw new OperatorError(`${new URL(url).host} can not be reached (${codeOf(cause)}).`, { cause });
    },
  );
}
