import './schema-sentences.ts';
import { isIP } from 'node:net';
import { numberIn } from '#platform/kernel';
import { z } from 'zod';

/** Facts of a setting beside its schema, for the docs and `plinth config`. */
export interface SettingNotes {
  readonly group:
    | 'Accounts'
    | 'Server'
    | 'Database'
    | 'Redis'
    | 'AI'
    | 'Keys'
    | 'Sign-in'
    | 'Mail'
    | 'Stripe'
    | 'Stores'
    | 'QStash'
    | 'Files'
    | 'Operations';
  readonly says: string;
  /** A secret is never printed, not even when it is wrong. */
  readonly secret?: true;
  readonly example?: string;
}

export interface Setting {
  readonly schema: z.ZodType;
  readonly notes: SettingNotes;
}

export const text = z.string().min(1);
/** A key or an id: what was pasted with a line break or a space would fail at its first call. */
export const key = z.string().regex(/^[^\s\p{Cc}]+$/u, 'must be one word, without spaces and line breaks');
export const host = z
  .string()
  .refine(
    (value) => /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(value) || isIP(value) !== 0,
    'must be an address or the name of a host; PORT says the port',
  );
/** Addresses and networks, as proxy-addr reads them. */
export const networks = z
  .string()
  .transform((value) => value.split(/[,\s]+/).filter((part) => part !== ''))
  .refine(
    (all) => all.every(isNetwork),
    'must be addresses or networks such as 10.0.0.1 or 10.0.0.0/8, separated by commas',
  );
export const count = (most: number, least = 1) =>
  z.preprocess(
    numberIn,
    z
      .number('must be a number')
      .int('must be a whole number')
      .min(least, `must be ${least} to ${most}`)
      .max(most, `must be ${least} to ${most}`),
  );
export const port = count(65_535, 0);
export const dollars = z.preprocess(
  numberIn,
  z
    .number('must be dollars, like 10 or 0.50')
    .min(0, 'must be dollars, like 10 or 0.50')
    .max(1_000_000, 'must be at most 1000000'),
);
export const toggle = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true');
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
export const httpUrl = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^\s/]+/.test(value) && URL.canParse(value),
    'must be an http:// or https:// URL',
  )
  .transform((value) => value.replace(/\/+$/, ''));
/** A project of a tracker of errors: its key stands where a URL has the user. */
export const dsn = z
  .string()
  .regex(
    /^https?:\/\/[\w-]+(:[\w-]*)?@[a-z0-9.-]+(:\d{1,5})?(\/[\w-]+)*\/\d+$/i,
    'must be a DSN, like https://key@errors.example.com/1',
  );
/** A name that others sort by. */
export const label = z
  .string()
  .regex(/^[\w.@+-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, @, +, - and underscores');
export const domain = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain, in lower case')
  .refine((value) => !/^[\d.]+$/.test(value), 'must be a domain, and no address');
export const postgresUrl = z
  .string()
  .refine(
    (value) => /^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value) && isDecodable(value),
    'must be a postgres:// URL; signs in its password are percent-encoded',
  );
export const redisUrl = z
  .string()
  .refine(
    (value) =>
      /^rediss?:\/\/[^\s/]+(\/\d*)?(\?\S*)?$/.test(value) && URL.canParse(value) && isDecodable(value),
    'must be a redis:// or rediss:// URL, with the number of a database at most; signs in its password are percent-encoded',
  );
export const smtpUrl = z
  .string()
  .refine(
    (value) =>
      /^smtps?:\/\/\S+$/.test(value) &&
      URL.canParse(value) &&
      new URL(value).hostname !== '' &&
      isDecodable(value),
    'must be an smtp:// or smtps:// URL; signs in its password are percent-encoded',
  );
export const origins = list.refine(
  (all) => all.every((origin) => /^(\*|[a-z][a-z0-9+.-]*:\/\/([^\s/*:]+(:(\d+|\*))?)?)$/i.test(origin)),
  'must be a comma-separated list of origins such as https://app.example.com, http://localhost:* or app://',
);
/** Origins as browsers write them, without a pattern. */
export const wholeOrigins = list.refine(
  (all) => all.every((origin) => URL.parse(origin)?.origin === origin && /^https?:/.test(origin)),
  'must be a comma-separated list of whole origins such as https://app.example.com',
);
/** Addresses that a browser may be sent on to. */
export const returns = list.refine(
  (all) =>
    all.every((address) => /^[a-z][a-z0-9+.-]*:\/\/([^\s/*?#@]+(:\*)?(\/[^\s?#*]*\*?)?)?$/i.test(address)),
  'must be a comma-separated list of addresses such as https://app.example.com/signed-in, http://localhost:*/* or app://',
);
const CLAMD_SHAPES = /^(?:tcp:\/\/[^\s/@]+|unix:\/[^\s]+)$/;
export const clamdUrl = z
  .string()
  .refine(
    (value) => CLAMD_SHAPES.test(value) && URL.canParse(value),
    'must be tcp://host:port, or unix: and the path of a socket',
  );
export const basePath = z.string().regex(/^\/[\w/-]*$/, 'must be a path that begins with a slash');

function isNetwork(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [address = '', bits, ...more] = value.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  return (
    version !== 0 &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= most))
  );
}

/** Whether its parts can be percent-decoded. */
function isDecodable(url: string): boolean {
  const { username, password, pathname, hostname } = new URL(url);
  return [username, password, pathname, hostname].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
}

/** A setting: how its text is read, and what the docs say of it. */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  notes: SettingNotes,
): { schema: Schema; notes: SettingNotes } {
  return { schema, notes };
}
