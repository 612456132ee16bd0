import { customerFilter, type Route } from '#platform/http';
import { invalidInput } from '#platform/kernel';
import { z } from 'zod';
import type { Input } from './input.ts';
import type { ServerParts } from './parts.ts';

/** The filter by an account of an operator's list that also takes `customer`; undefined: the route has no such filter. */
export function accountFilterOf({ shape }: Route): 'account_id' | 'account' | undefined {
  if (!(shape.query instanceof z.ZodObject) || shape.query.shape['customer'] !== customerFilter)
    return undefined;
  if (shape.auth !== 'admin') throw new Error('the filter by a customer is one of operators');
  return 'account' in shape.query.shape ? 'account' : 'account_id';
}

/** The input with the account of the customer that its query names, archived or not. Throws `customer_unknown`. */
export async function withAccountOfCustomer(
  input: Input,
  filter: 'account_id' | 'account',
  { servedAccount }: Pick<ServerParts, 'servedAccount'>,
): Promise<Input> {
  const { customer, ...query } = input.query as Readonly<Record<string, unknown>>;
  if (typeof customer !== 'string') return input;
  if (query[filter] !== undefined)
    throw invalidInput('query.customer', `Name one of ${filter} and customer.`);
  if (servedAccount === undefined) throw new Error('servedAccount is not wired');
  const { accountId } = await servedAccount({ customer });
  return { ...input, query: { ...query, [filter]: accountId } };
}
