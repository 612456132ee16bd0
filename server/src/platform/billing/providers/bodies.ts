import type { z } from 'zod';
import type { Facts } from '../facts.ts';
import type { Body } from '../payment-provider.ts';

/** The facts of an object that is no more. */
export const nothing: Facts = { customer: null, claims: undefined, foreign: false, also: [] };

/** A body of that schema; `what`: whose it is, for the error. Throws without a word of the body: it is a customer's. */
export function bodyOf<Schema extends z.ZodType>(
  schema: Schema,
  body: Body,
  what = 'a body of the provider',
): z.infer<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const fields = read.error.issues.map(({ path }) => path.join('.'));
  throw new Error(`${what} can't be read: ${[...new Set(fields)].join(', ')}`);
}
