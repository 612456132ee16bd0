import { z } from 'zod';

/** What the docs and `plinth config` need to know of a setting beside its schema. */
export interface SettingNotes {
  readonly group: 'Server' | 'Database' | 'Redis' | 'AI' | 'Sign-in' | 'Mail' | 'QStash' | 'Operations';
  readonly says: string;
  /** A secret is never printed, not even when it is wrong. */
  readonly secret?: true;
  readonly example?: string;
}

interface Setting {
  readonly schema: z.ZodType;
  readonly notes: SettingNotes;
}

const text = z.string().min(1);
const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be 0 to 65535')
  .max(65_535, 'must be 0 to 65535');
const count = (most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, `must be 1 to ${most}`)
    .max(most, `must be 1 to ${most}`);
const toggle = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const httpUrl = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^\s/]+/.test(value) && URL.canParse(value),
    'must be an http:// or https:// URL',
  )
  .transform((value) => value.replace(/\/+$/, ''));
const postgresUrl = z
  .string()
  .refine(
    (value) => /^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value),
    'must be a postgres:// URL',
  );
const redisUrl = z
  .string()
  .refine(
    (value) => /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value),
    'must be a redis:// or rediss:// URL',
  );
const smtpUrl = z
  .string()
  .refine(
    (value) => /^smtps?:\/\/\S+$/.test(value) && URL.canParse(value) && isDecodable(value),
    'must be an smtp:// or smtps:// URL; signs in its password are percent-encoded',
  );
const origins = list.refine(
  (all) => all.every((origin) => /^(\*|[a-z][a-z0-9+.-]*:\/\/([^\s/*:]+(:(\d+|\*))?)?)$/i.test(origin)),
  'must be a comma-separated list of origins such as https://app.example.com, http://localhost:* or app://',
);
const basePath = z.string().regex(/^\/[\w/-]*$/, 'must be a path that begins with a slash');

/** Whether its parts can be percent-decoded. */
function isDecodable(url: string): boolean {
  const { username, password, hostname } = new URL(url);
  return hostname !== '' && [username, password].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
}

function setting<Schema extends z.ZodType>(
  schema: Schema,
  notes: SettingNotes,
): { schema: Schema; notes: SettingNotes } {
  return { schema, notes };
}

/** Every setting, as the environment has it: an empty value is an absent one. */
export const SETTINGS = {
  NODE_ENV: setting(
    z
      .enum(['development', 'test', 'production'], 'must be development, test or production')
      .default('development'),
    {
      group: 'Server',
      says: 'In production the embedded defaults must be asked for by name.',
    },
  ),
  HOST: setting(text.default('127.0.0.1'), {
    group: 'Server',
    says: 'The address to listen on; 0.0.0.0 for all.',
  }),
  PORT: setting(port.default(3000), { group: 'Server', says: 'The port to listen on.' }),
  DATA_DIR: setting(text.default('./data'), {
    group: 'Server',
    says: 'The folder of the embedded database, and of owner.json.',
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
    says: 'Origins of browsers that may read answers. Not set: local ports and app:// in development, none in production.',
    example: 'https://app.example.com,http://localhost:*,app://',
  }),
  TRUSTED_PROXIES: setting(list.optional(), {
    group: 'Server',
    says: 'Addresses or networks of proxies whose X-Forwarded-For is believed.',
    example: '10.0.0.0/8',
  }),
  SHUTDOWN_GRACE_SECONDS: setting(count(3_600).default(25), {
    group: 'Server',
    says: 'How long calls, streams and jobs may go on after the server was told to stop.',
  }),

  DATABASE_URL: setting(postgresUrl.optional(), {
    group: 'Database',
    says: 'PostgreSQL 15 or newer. Not set: the embedded database in DATA_DIR.',
    secret: true,
    example: 'postgres://plinth:password@localhost:5432/plinth',
  }),
  DIRECT_URL: setting(postgresUrl.optional(), {
    group: 'Database',
    says: 'The way to PostgreSQL for migrations and LISTEN when DATABASE_URL leads through a pooler in transaction mode.',
    secret: true,
    example: 'postgres://plinth:password@localhost:5432/plinth',
  }),
  DATABASE_POOL_SIZE: setting(count(1_000).default(10), {
    group: 'Database',
    says: 'Connections of one process.',
  }),
  DATABASE_NAMED_STATEMENTS: setting(toggle.default(true), {
    group: 'Database',
    says: 'false for poolers that do not carry named statements (PgBouncer before 1.21).',
  }),
  EMBEDDED_DATABASE: setting(toggle.optional(), {
    group: 'Database',
    says: 'true to use the embedded database in production.',
  }),

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
  REDIS_DEADLINE_MS: setting(count(10_000).default(100), {
    group: 'Redis',
    says: 'How long a call to Redis may take. After three that failed it is left alone until it is well.',
  }),

  OPENAI_API_KEY: setting(text.optional(), {
    group: 'AI',
    says: 'Calls go to OpenAI. Without any key or upstream the sandbox answers.',
    secret: true,
    example: 'sk-…',
  }),
  OPENAI_BASE_URL: setting(httpUrl.default('https://api.openai.com/v1'), {
    group: 'AI',
    says: 'Where OpenAI is.',
  }),
  MINIMAX_API_KEY: setting(text.optional(), {
    group: 'AI',
    says: 'Calls go to MiniMax.',
    secret: true,
    example: '…',
  }),
  MINIMAX_BASE_URL: setting(httpUrl.default('https://api.minimax.io/v1'), {
    group: 'AI',
    says: 'Where MiniMax is.',
  }),
  AI_UPSTREAMS: setting(text.optional(), {
    group: 'AI',
    says: 'Any other OpenAI-compatible upstreams: a JSON file, or the JSON itself; a list of {"name", "base_url", "api_key"?, "models"?}. `models` lists its models; it is needed where the price catalogue does not know the name.',
    secret: true,
    example: './upstreams.json',
  }),
  AI_SLOTS: setting(text.optional(), {
    group: 'AI',
    says: 'Calls under way at once, over all processes: `provider/model=20`, with `*` for all models of a provider together, and `:batch` or `:interactive` for one lane. A call takes a place in each entry that fits it, and waits for it. Not set: as many as come.',
    example: 'openai/*=50,minimax/MiniMax-Text-01:batch=4',
  }),
  SANDBOX_AI: setting(toggle.optional(), {
    group: 'AI',
    says: 'true to run the AI sandbox in production, or beside real upstreams.',
  }),
  SANDBOX_LATENCY_MS: setting(
    z.coerce
      .number('must be a number')
      .int('must be a whole number')
      .min(0, 'must not be negative')
      .max(600_000, 'must be at most 600000')
      .default(0),
    {
      group: 'AI',
      says: 'How long the sandbox thinks, and, when it streams, how long it writes after that.',
    },
  ),

  EMAIL_VERIFICATION: setting(
    z.enum(['off', 'soft', 'required'], 'must be off, soft or required').optional(),
    {
      group: 'Sign-in',
      says: 'Whether an email must be verified. Not set: off on embedded defaults, required in production.',
    },
  ),

  MAIL_TRANSPORT: setting(
    z.enum(['outbox', 'smtp', 'sendgrid'], 'must be outbox, smtp or sendgrid').optional(),
    {
      group: 'Mail',
      says: 'How mails leave (docs/mail.md). Not set: by SMTP_URL or SENDGRID_API_KEY, whichever is set; else each is a file in DATA_DIR/outbox.',
      example: 'smtp',
    },
  ),
  MAIL_FROM: setting(text.default('Plinth <plinth@localhost>'), {
    group: 'Mail',
    says: 'Who mails are from; the name signs them too.',
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
  SENDGRID_API_KEY: setting(text.optional(), {
    group: 'Mail',
    says: 'Mails go through SendGrid.',
    secret: true,
    example: 'SG.…',
  }),
  SENDGRID_URL: setting(httpUrl.default('https://api.sendgrid.com'), {
    group: 'Mail',
    says: 'Where SendGrid is; its European region has another.',
  }),

  JOBS_DELIVERY: setting(z.enum(['worker', 'qstash'], 'must be worker or qstash').default('worker'), {
    group: 'QStash',
    says: 'Who runs jobs: workers, or whichever process QStash delivers them to (docs/qstash.md).',
  }),
  QSTASH_TOKEN: setting(text.optional(), {
    group: 'QStash',
    says: 'What publishes. With JOBS_DELIVERY=qstash and without it, a sandbox stands in, which is refused in production.',
    secret: true,
    example: '…',
  }),
  QSTASH_URL: setting(httpUrl.default('https://qstash.upstash.io'), {
    group: 'QStash',
    says: 'Where QStash is; accounts of other regions have another.',
  }),
  QSTASH_CURRENT_SIGNING_KEY: setting(text.optional(), {
    group: 'QStash',
    says: 'What deliveries are signed with. They go to PUBLIC_URL, which must be set too.',
    secret: true,
    example: 'sig_…',
  }),
  QSTASH_NEXT_SIGNING_KEY: setting(text.optional(), {
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

  WORKER_CONCURRENCY: setting(count(1_000).default(8), {
    group: 'Operations',
    says: 'Jobs that one process runs at once.',
  }),
  WORKER_BATCH_CONCURRENCY: setting(count(1_000).optional(), {
    group: 'Operations',
    says: 'How many of them may be of the batch lane. Not set: half of them, at least one.',
  }),
  EXCHANGE_RATES_FILE: setting(text.optional(), {
    group: 'Operations',
    says: 'Exchange rates for margins, in the format of the ECB’s eurofxref-hist.csv (docs/reports.md). Not set: the few days that come with the program.',
    example: './eurofxref-hist.csv',
  }),
  METRICS_TOKEN: setting(z.string().min(16, 'must have at least 16 characters').optional(), {
    group: 'Operations',
    says: 'What /metrics asks for as a bearer token. Without one it answers on loopback alone.',
    secret: true,
    example: 'a-long-random-word',
  }),
  METRICS_PORT: setting(port.optional(), {
    group: 'Operations',
    says: 'A port of its own for /metrics, which then does not answer on PORT.',
    example: '9464',
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
  LOG_LEVEL: setting(
    z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
      .optional(),
    {
      group: 'Operations',
      says: 'What is logged at least. Not set: info in production, warn else.',
    },
  ),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
/** The effective values of all settings. */
export type Values = { readonly [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]['schema']> };

/** The names of all settings, in the order of the docs. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** What is known of a setting beside its schema. */
export function notesOf(name: SettingName): SettingNotes {
  return SETTINGS[name].notes;
}
