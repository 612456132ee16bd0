import { AppError } from '#platform/kernel';
import { z } from 'zod';

/** Letters, digits and a few signs: none that a path, a header or a second spelling of the same letter could change. */
const EXTERNAL_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:@|+~=-]{1,200}$/;
const RULE = 'An external id has 1 to 200 of A–Z a–z 0–9 . _ : @ | + ~ = - and is neither "." nor "..".';

export const externalIdSchema = z.string().regex(EXTERNAL_ID, { error: RULE }).describe(RULE);

/** The id, or `validation_failed` that names where it stands. */
export function assertExternalId(id: string, path: string): string {
  if (EXTERNAL_ID.test(id)) return id;
  throw new AppError('validation_failed', { message: RULE, details: { issues: [{ path, message: RULE }] } });
}

/** Filters of an operator's list by one account. The server puts the account of `customer` into `account_id` (`server/customer-filter.ts`). */
export const customerFilter = externalIdSchema
  .optional()
  .describe('The external id of a customer, in place of the account’s.');
export const accountFilter = { account_id: z.uuid().optional(), customer: customerFilter };
