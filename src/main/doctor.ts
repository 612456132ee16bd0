import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Config, DeliverySettings, MailSettings, RedisSettings } from '#platform/config';
import { type Database, pendingMigrations, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { transportOf } from '#platform/mail';
import { createRedis } from '#platform/redis';
import { z } from 'zod';
import { allMigrations } from '#app';
import type { Verb } from './verb.ts';
import { withDatabase } from './migrating.ts';

const OLDEST_POSTGRES = 150_000;
const PATIENCE = 10_000;

interface Check {
  readonly name: string;
  /** Answers what is right, in a few words; throws with what is wrong. */
  readonly look: () => Promise<string>;
}

/** What is wrong, in a sentence for whoever asked. */
class Wrong extends Error {}

/** Looks at each thing that the program stands on, and says in one line what is wrong with it. */
export const doctor: Verb = async ({ config }) => {
  const { delivery, redis } = config;
  const checks: Check[] = [
    { name: 'settings', look: async () => `${config.environment}, all well formed` },
    { name: 'data folder', look: async () => dataFolder(config) },
    { name: 'database', look: () => withDatabase(config, databaseState).catch(unlessInUse) },
    ...(redis === undefined ? [] : [{ name: 'redis', look: () => redisState(redis) }]),
    ...config.ai.upstreams.map(({ name, baseUrl, apiKey }) => ({
      name: `AI: ${name}`,
      look: () => upstream(baseUrl, apiKey),
    })),
    { name: 'mail', look: () => mailState(config.mail) },
    ...(delivery === undefined ? [] : [{ name: 'QStash', look: () => qstash(delivery) }]),
  ];
  let sound = true;
  for (const { name, look } of checks) {
    const [word, says] = await look().then(
      (right) => ['ok  ', right] as const,
      (error: unknown) => ['FAIL', reason(error)] as const,
    );
    sound &&= word === 'ok  ';
    process.stdout.write(`${word}  ${name.padEnd(14)}  ${says}\n`);
  }
  return sound ? 0 : 1;
};

function dataFolder({ dataDir }: Config): string {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
  } catch (cause) {
    throw new Wrong(`${dataDir} can not be written (${codeOf(cause)}). Set DATA_DIR to a folder that can.`, {
      cause,
    });
  }
  return dataDir;
}

async function databaseState(db: Database): Promise<string> {
  const [row] = await db.asMigrator(
    statement<{ number: string; version: string; bypasses: boolean }>(
      `select current_setting('server_version_num') as number, current_setting('server_version') as version,
              (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as bypasses`,
    ),
  );
  const { number = '0', version = '', bypasses = false } = row ?? {};
  if (Number(number) < OLDEST_POSTGRES)
    throw new Wrong(`PostgreSQL ${version} is too old: 15 or newer is needed.`);
  const pending = await pendingMigrations(db, allMigrations());
  if (pending.length > 0)
    throw new Wrong(
      `${pending.length} migrations are not applied. Run "plinth migrate up" (start does it by itself).`,
    );
  // Roles are switched in each transaction, so row security binds; a login that could pass it is one wall less.
  const login =
    db.engine === 'postgres' && bypasses
      ? '; its login is above row security: give the program one that is not'
      : '';
  return `${db.engine === 'pglite' ? 'embedded' : `PostgreSQL ${version}`}, ${Math.round(await db.ping())} ms, up to date${login}`;
}

/** The embedded database opens for one process: what it is used by has looked at it. */
function unlessInUse(error: unknown): string {
  if (error instanceof AppError && error.code === 'data_folder_in_use')
    return 'embedded, in use by a Plinth that runs now: its /readyz says how it is';
  throw error;
}

async function redisState(settings: RedisSettings): Promise<string> {
  let trouble = '';
  const redis = await createRedis({ ...settings, onState: (_, why) => (trouble = why?.message ?? '') });
  try {
    return `${Math.round(await redis.ping())} ms, takes writes`;
  } catch (cause) {
    throw new Wrong(`${trouble}: look at REDIS_URL. Until then what it would do is done without it.`, {
      cause,
    });
  } finally {
    await redis.close();
  }
}

async function mailState(settings: MailSettings): Promise<string> {
  const transport = transportOf(settings);
  const says = await transport.check().catch((cause: unknown) => {
    throw new Wrong(`${transport.name} can not be used (${mailReason(cause)}).`, { cause });
  });
  return `from ${settings.from.address} by ${transport.name}: ${says}`;
}

/** What a mail server says when a log-in fails may quote it: only its number is told. */
function mailReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { responseCode } = error as Error & { readonly responseCode?: number };
  return responseCode === undefined ? codeOf(error) : `SMTP ${responseCode}`;
}

async function upstream(baseUrl: string, apiKey: string | undefined): Promise<string> {
  const response = await asked(`${baseUrl}/models`, apiKey);
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403) throw new Wrong('The key is not accepted.');
  // Not every vendor lists its models.
  if (!response.ok && response.status !== 404) throw new Wrong(`It answers with status ${response.status}.`);
  return `reachable, ${response.ok ? 'the key is accepted' : 'lists no models'}`;
}

async function qstash({ qstash: account, target }: DeliverySettings): Promise<string> {
  if (account === undefined) return `the sandbox, which delivers to ${target}`;
  if (isHere(target) && !isHere(account.url))
    throw new Wrong('PUBLIC_URL is on this machine, where QStash can not deliver. Set it to a public one.');
  if (account.token === undefined) return `deliveries to ${target} are taken; nothing is published here`;
  const response = await asked(`${account.url}/v2/keys`, account.token);
  const found = z
    .object({ current: z.string(), next: z.string() })
    .safeParse(await response.json().catch(() => {}));
  if (response.status === 401 || response.status === 403) throw new Wrong('QSTASH_TOKEN is not accepted.');
  if (!response.ok || !found.success) throw new Wrong(`It answers with status ${response.status}.`);
  const { current, next } = found.data;
  if (account.keys.current !== current && account.keys.next !== current)
    throw new Wrong('Deliveries are signed with a key that is not set here. Copy both signing keys again.');
  if (account.keys.current !== current || account.keys.next !== next)
    throw new Wrong('The signing keys were rolled. Copy both again: the next roll would lock QStash out.');
  return `reachable, token and keys fit, delivers to ${target}`;
}

function isHere(url: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname);
}

async function asked(url: string, token: string | undefined): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) }).catch((cause: unknown) => {
    throw new Wrong(`${new URL(url).host} can not be reached (${codeOf(cause)}).`, { cause });
  });
}

/** The system's own word for a failure; messages of drivers may quote a URL with its password. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

const POSTGRES_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers at the address of DATABASE_URL. Is PostgreSQL running?',
  ENOTFOUND: 'The host of DATABASE_URL is not known.',
  '28P01': 'The password in DATABASE_URL is not accepted.',
  '28000': 'The user in DATABASE_URL is not accepted.',
  '3D000': 'The database in DATABASE_URL does not exist. Create it.',
};

function reason(error: unknown): string {
  if (error instanceof AppError || error instanceof Wrong) return error.message;
  const code = codeOf(error);
  return POSTGRES_REASONS[code] ?? `It can not be used (${code}).`;
}
