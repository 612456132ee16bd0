import { z } from 'zod';

/** What the docs and `plinth config` need to know of a setting beside its schema. */
export interface SettingNotes {
  readonly group:
    | 'Server'
    | 'Database'
    | 'Redis'
    | 'AI'
    | 'Keys'
    | 'Sign-in'
    | 'Mail'
    | 'Stripe'
    | 'QStash'
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
export const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be 0 to 65535')
  .max(65_535, 'must be 0 to 65535');
export const count = (most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, `must be 1 to ${most}`)
    .max(most, `must be 1 to ${most}`);
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
export const domain = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain, in lower case')
  .refine((value) => !/^[\d.]+$/.test(value), 'must be a domain, and no address');
export const postgresUrl = z
  .string()
  .refine(
    (value) => /^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value),
    'must be a postgres:// URL',
  );
export const redisUrl = z
  .string()
  .refine(
    (value) => /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value),
    'must be a redis:// or rediss:// URL',
  );
export const smtpUrl = z
  .string()
  .refine(
    (value) => /^smtps?:\/\/\S+$/.test(value) && URL.canParse(value) && isDecodable(value),
    'must be an smtp:// or smtps:// URL; signs in its password are percent-encoded',
  );
export const origins = list.refine(
  (all) => all.every((origin) => /^(\*|[a-z][a-z0-9+.-]*:\/\/([^\s/*:]+(:(\d+|\*))?)?)$/i.test(origin)),
  'must be a comma-separated list of origins such as https://app.example.com, http://localhost:* or app://',
);
/** Addresses that a browser may be sent on to. */
export const returns = list.refine(
  (all) =>
    all.every((address) => /^[a-z][a-z0-9+.-]*:\/\/([^\s/*?#@]+(:\*)?(\/[^\s?#*]*\*?)?)?$/i.test(address)),
  'must be a comma-separated list of addresses such as https://app.example.com/signed-in, http://localhost:*/* or app://',
);
export const basePath = z.string().regex(/^\/[\w/-]*$/, 'must be a path that begins with a slash');

/** Whether its parts can be percent-decoded. */
function isDecodable(url: string): boolean {
  const { username, password, hostname } = new URL(url);
  return hostname !== '' && [username, password].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
}

export function setting<Schema extends z.ZodType>(
  schema: Schema,
  notes: SettingNotes,
): { schema: Schema; notes: SettingNotes } {
  return { schema, notes };
}
