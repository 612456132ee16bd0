import { isIP } from 'node:net';
import { z } from 'zod';
import { AI_SETTINGS } from './ai-settings.ts';
import { DATABASE_SETTINGS } from './database-settings.ts';
import { GOOGLE_PLAY_SETTINGS } from './google-play-settings.ts';
import { APP_STORE_SETTINGS } from './app-store-settings.ts';
import { PRODUCT_SETTINGS } from './product-settings.ts';
import {
  CUSTOMER_SETTINGS,
  PROCESS_SETTINGS,
  RETENTION_SETTINGS,
  SMOKE_SETTINGS,
} from './process-settings.ts';
import { S3_SETTINGS } from './s3-settings.ts';
import { SIGN_IN_SETTINGS } from './sign-in-settings.ts';
import { STORE_SETTINGS } from './store-settings.ts';
import { STRIPE_SETTINGS } from './stripe-settings.ts';
import { TELEMETRY_SETTINGS } from './telemetry-settings.ts';
import { VECTOR_STORE_SETTINGS } from './vector-store.ts';
import {
  basePath,
  clamdUrl,
  count,
  domain,
  host,
  httpUrl,
  key,
  list,
  networks,
  origins,
  port,
  redisUrl,
  returns,
  setting,
  type Setting,
  smtpUrl,
  text,
  toggle,
  wholeOrigins,
} from './setting.ts';

/**
 * Where it listens by default: a port that IANA has not assigned, below those that systems hand out to outgoing
 * connections, and blocked by no browser. 3000, 4000, 5000, 8000, 8080 and 8787 belong to other development servers.
 */
const DEFAULT_PORT = 6_174;

/** An IP address, and perhaps a port. */
function isServer(address: string): boolean {
  const [, v6, v4] = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(address) ?? [];
  return isIP(v6 ?? v4 ?? address) !== 0;
}

/** Every setting, as the environment has it: an empty value is an absent one. */
export const SETTINGS = {
  NODE_ENV: setting(
    z
      .enum(['development', 'test', 'production'], 'must be development, test or production')
      .default('development'),
    {
      group: 'Server',
      says: 'In production the embedded defaults must be asked for by name. Elsewhere the start is refused where others reach the server, or pay: a live Stripe key, a PUBLIC_URL or HOST beyond this machine, TRUSTED_PROXIES.',
    },
  ),
  HOST: setting(host.default('127.0.0.1'), {
    group: 'Server',
    says: 'The address to listen on; 0.0.0.0 for all, which is refused outside of production.',
  }),
  PORT: setting(port.default(DEFAULT_PORT), {
    group: 'Server',
    says: 'The port to listen on. Not set, in development, on the embedded database and without PUBLIC_URL: the next free one when this one is in use.',
  }),
  DATA_DIR: setting(text.default('./data'), {
    group: 'Server',
    says: 'The folder of the embedded database, and of owner.json: of one user, who alone can read it (docs/security.md).',
  }),
  PUBLIC_URL: setting(httpUrl.optional(), {
    group: 'Server',
    says: 'Where clients reach this server; with https, browsers are told to stay there.',
    example: 'https://api.example.com',
  }),
  PUBLIC_BASE_PATH: setting(basePath.optional(), {
    group: 'Server',
    says: 'A second place where the calls under /v1 answer; / is the bare root.',
    example: '/',
  }),
  CORS_ORIGINS: setting(origins.optional(), {
    group: 'Server',
    says: 'Origins of browsers that may read answers, and of pages that payment pages send browsers back to. Not set: local ports and app:// in development, none in production; customers come back to any page.',
    example: 'https://app.example.com,http://localhost:*,app://',
  }),
  SESSION_ORIGINS: setting(wholeOrigins.optional(), {
    group: 'Server',
    says: 'Origins of browser apps, on the same site as PUBLIC_URL, that may keep a session of their own in a cookie (docs/identity.md). They may read answers too, as those of CORS_ORIGINS.',
    example: 'https://app.example.com',
  }),
  TRUSTED_PROXIES: setting(networks.optional(), {
    group: 'Server',
    says: 'Addresses or networks of proxies whose X-Forwarded-For is believed.',
    example: '10.0.0.0/8',
  }),
  BODY_MB_AT_ONCE: setting(count(65_536).default(256), {
    group: 'Server',
    says: 'MiB of bodies, frames and uploads that one process has in its hands at once; past it those that stand still give way, and calls are 503 with Retry-After. A body takes about six times its size in memory.',
  }),
  BODY_MB_AT_ONCE_PER_ACCOUNT: setting(count(65_536).default(64), {
    group: 'Server',
    says: 'The same of one account, of uploads and of bodies that need a plan to be so large; past it calls are 429 with Retry-After.',
  }),
  SOCKETS_PER_ADDRESS: setting(count(65_536).default(500), {
    group: 'Server',
    says: 'WebSockets that one address may have open at once with one process (docs/sockets.md); past it an upgrade is 429.',
  }),
  SOCKETS_PER_ACCOUNT: setting(count(65_536).default(100), {
    group: 'Server',
    says: 'Calls by WebSocket that one account may have under way at once with one process; past it a call is 429.',
  }),
  ...PRODUCT_SETTINGS,
  ...PROCESS_SETTINGS,
  ...DATABASE_SETTINGS,

  REDIS_URL: setting(redisUrl.optional(), {
    group: 'Redis',
    says: 'Redis 7 or newer, or Valkey, for rates, provider slots and signals between processes; rediss:// with TLS. Not set, or away: it is done without.',
    secret: true,
    example: 'redis://:password@localhost:6379/0',
  }),
  REDIS_PREFIX: setting(text.default('plinth:'), {
    group: 'Redis',
    says: 'What all keys and channels begin with; another one for each installation on one Redis.',
  }),

  ...AI_SETTINGS,

  MASTER_KEYS: setting(text.optional(), {
    group: 'Keys',
    says: 'What secrets at rest are sealed under (docs/keys.md): `id:key` entries, the key 32 random bytes in base64. The first seals, the others still open. Not set: a key in DATA_DIR, made at the first start.',
    secret: true,
    example: '2026-11:…',
  }),
  ENCRYPTION_KEYS: setting(text.optional(), {
    group: 'Keys',
    says: 'Another name of MASTER_KEYS.',
    secret: true,
    example: '2026-11:…',
  }),
  EMBEDDED_MASTER_KEY: setting(toggle.optional(), {
    group: 'Keys',
    says: 'true to keep the master key in DATA_DIR in production.',
  }),

  PASSWORD_WORDS: setting(list.default([]), {
    group: 'Sign-in',
    says: 'Comma-separated words, such as the names of your company and its projects. A password that is little more than one of them, or than a product’s name, is refused.',
    example: 'acme,rocket',
  }),
  PASSWORD_BREACHES_URL: setting(httpUrl.optional(), {
    group: 'Sign-in',
    says: 'Where new passwords are looked up among breached ones, by the first five characters of their hash. Not set: nowhere.',
    example: 'https://api.pwnedpasswords.com',
  }),
  SESSION_LIFETIME_DAYS: setting(count(3_650).default(90), {
    group: 'Sign-in',
    says: 'How long a session lasts at most, however much it is used. One that nobody uses for 30 days is over in any case.',
  }),
  CAPTCHA_VERIFY_URL: setting(httpUrl.optional(), {
    group: 'Sign-in',
    says: 'Where answers to CAPTCHAs are verified: siteverify of Turnstile, hCaptcha or reCAPTCHA. Log-ins ask for one after a few that failed. Not set: never.',
    example: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  }),
  CAPTCHA_SECRET: setting(key.optional(), {
    group: 'Sign-in',
    says: 'What this server verifies them by.',
    secret: true,
    example: '0x4AAA…',
  }),
  CAPTCHA_SITE_KEY: setting(key.optional(), {
    group: 'Sign-in',
    says: 'What pages show them by; callers are told it.',
    example: '0x4AAA…',
  }),
  SSO_DNS_SERVERS: setting(
    list
      .refine((all) => all.every(isServer), 'must be comma-separated addresses: 9.9.9.9, [::1]:5353')
      .default([]),
    {
      group: 'Sign-in',
      says: 'DNS servers that are asked whether a domain is an organization’s (docs/sso.md). Not set: those of the machine.',
      example: '9.9.9.9,149.112.112.112',
    },
  ),
  EMAIL_VERIFICATION: setting(
    z.enum(['off', 'soft', 'required'], 'must be off, soft or required').optional(),
    {
      group: 'Sign-in',
      says: 'Whether an email must be verified. Not set: off on embedded defaults, required in production.',
    },
  ),

  SIGN_IN_RETURN_TO: setting(returns.optional(), {
    group: 'Sign-in',
    says: 'Where browsers that signed in at a provider may be sent on to (docs/sign-in.md); `/*` for all below. Not set: this machine in development, nowhere in production.',
    example: 'https://app.example.com/signed-in,app://',
  }),
  SIGN_IN_BY_MAIL: setting(toggle.optional(), {
    group: 'Sign-in',
    says: 'Whether people may sign in by a code and a link in a mail (docs/sign-in.md). Not set: in development, and not in production.',
  }),
  PASSKEY_DOMAIN: setting(domain.optional(), {
    group: 'Sign-in',
    says: 'The domain that passkeys are bound to: that of the web app, or one above it. Another one later makes all passkeys useless. Not set: the host of PUBLIC_URL, else localhost.',
    example: 'example.com',
  }),
  PASSKEY_ORIGINS: setting(list.optional(), {
    group: 'Sign-in',
    says: 'Pages and apps that sign in by passkeys. Not set: PUBLIC_URL, else http://localhost on any port.',
    example: 'https://app.example.com,android:apk-key-hash:…',
  }),
  ...SIGN_IN_SETTINGS,

  MAIL_TRANSPORT: setting(
    z.enum(['outbox', 'smtp', 'sendgrid'], 'must be outbox, smtp or sendgrid').optional(),
    {
      group: 'Mail',
      says: 'How mails leave (docs/mail.md). Not set: by SMTP_URL or SENDGRID_API_KEY, whichever is set; else each is a file in DATA_DIR/outbox.',
      example: 'smtp',
    },
  ),
  MAIL_FROM: setting(text.default('plinth@localhost'), {
    group: 'Mail',
    says: 'Who mails are from: an address, or a name and an address in <>. Customers see the name, unless a brand is stored (docs/brand.md).',
  }),
  SMTP_URL: setting(smtpUrl.optional(), {
    group: 'Mail',
    says: 'The mail server: smtp:// (port 587, STARTTLS) or smtps:// (port 465).',
    secret: true,
    example: 'smtp://user:password@smtp.example.com:587',
  }),
  SMTP_TLS: setting(z.enum(['required', 'optional'], 'must be required or optional').optional(), {
    group: 'Mail',
    says: 'Whether smtp:// sends nothing to a server without STARTTLS. Not set: required, but on this machine optional.',
    example: 'required',
  }),
  SENDGRID_API_KEY: setting(key.optional(), {
    group: 'Mail',
    says: 'Mails go through SendGrid.',
    secret: true,
    example: 'SG.…',
  }),
  SENDGRID_URL: setting(httpUrl.default('https://api.sendgrid.com'), {
    group: 'Mail',
    says: 'Where SendGrid is; its European region has another.',
  }),

  ORGANIZATIONS_PER_USER: setting(count(100_000).default(10), {
    group: 'Accounts',
    says: 'Organizations that one user may own at once, closed ones not counted.',
  }),
  FREE_ACCOUNTS_PER_USER: setting(count(100_000).default(1), {
    group: 'Accounts',
    says: 'Of the accounts that one user makes, how many have a product’s free plan, and how many may try it, by the user and by the card (docs/limits.md, docs/billing.md).',
  }),

  ...STRIPE_SETTINGS,
  ...STORE_SETTINGS,
  ...GOOGLE_PLAY_SETTINGS,
  ...APP_STORE_SETTINGS,

  JOBS_DELIVERY: setting(z.enum(['worker', 'qstash'], 'must be worker or qstash').default('worker'), {
    group: 'QStash',
    says: 'Who runs jobs: workers, or whichever process QStash delivers them to (docs/qstash.md).',
  }),
  QSTASH_TOKEN: setting(key.optional(), {
    group: 'QStash',
    says: 'What publishes. With JOBS_DELIVERY=qstash and without it, a sandbox stands in, which is refused in production.',
    secret: true,
    example: '…',
  }),
  QSTASH_URL: setting(httpUrl.default('https://qstash.upstash.io'), {
    group: 'QStash',
    says: 'Where QStash is; accounts of other regions have another.',
  }),
  QSTASH_CURRENT_SIGNING_KEY: setting(key.optional(), {
    group: 'QStash',
    says: 'What deliveries are signed with. They go to PUBLIC_URL, which must be set too.',
    secret: true,
    example: 'sig_…',
  }),
  QSTASH_NEXT_SIGNING_KEY: setting(key.optional(), {
    group: 'QStash',
    says: 'What they are signed with once the keys are rolled.',
    secret: true,
    example: 'sig_…',
  }),
  QSTASH_PARALLELISM: setting(count(1_000).optional(), {
    group: 'QStash',
    says: 'Jobs that QStash may have running at once, over all processes, at most half of them of the batch lane. Not set: WORKER_CONCURRENCY.',
    example: '40',
  }),

  ...S3_SETTINGS,
  ...VECTOR_STORE_SETTINGS,

  WORKER_CONCURRENCY: setting(count(1_000).default(8), {
    group: 'Operations',
    says: 'Jobs that one process runs at once.',
  }),
  CLAMD_URL: setting(clamdUrl.optional(), {
    group: 'Operations',
    says: 'Where clamd listens: uploaded documents are scanned before they are read. Not set: nothing is scanned.',
    example: 'unix:/run/clamav/clamd.ctl',
  }),
  EXCHANGE_RATES_FILE: setting(text.optional(), {
    group: 'Operations',
    says: 'Exchange rates for margins, in the format of the ECB’s eurofxref-hist.csv (docs/reports.md). Not set: the few days that come with the program.',
    example: './eurofxref-hist.csv',
  }),
  CRASH_AT: setting(
    z
      .string()
      .regex(
        /^[a-z]+\.[a-z-]+:(before|after)(:[1-9]\d{0,5})?$/,
        'must name a crash point and a side of it, such as jobs.take:after, or jobs.take:after:2 for the second time',
      )
      .optional(),
    {
      group: 'Operations',
      says: 'For tests: where the process ends itself as by kill -9 (docs/generated/commit-points.md). Refused in production.',
      example: 'jobs.take:after',
    },
  ),
  ...CUSTOMER_SETTINGS,
  ...RETENTION_SETTINGS,
  ...SMOKE_SETTINGS,
  ...TELEMETRY_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
/** The effective values of all settings; those of products are there too, and each product gets its own in its context. */
export type Values = { readonly [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]['schema']> };

/** Settings by their names, as a product declares them. */
export type Settings = Readonly<Record<string, Setting>>;

const known = new Map<string, Setting>(Object.entries(SETTINGS));

/** Adds a product's settings to those of the platform. `readConfig` reads what was added before it. */
export function addSettings(settings: Settings): void {
  for (const [name, one] of Object.entries(settings)) {
    if (Object.hasOwn(SETTINGS, name)) throw new Error(`${name} is a setting of the platform`);
    known.set(name, one);
  }
}

/** The names of all settings, in the order of the docs: the platform's, then those of the products that are loaded. */
export const settingNames = (): readonly string[] => [...known.keys()];

/** A setting by its name. Throws for a name that there is not. */
export function settingCalled(name: string): Setting {
  const found = known.get(name);
  if (found === undefined) throw new Error(`there is no setting ${name}`);
  return found;
}
