import type { Database } from '#platform/db';
import { externalIdSchema } from '#platform/http';
import { userByEmail } from '#platform/identity';
import { type AccountId, AppError } from '#platform/kernel';
import { z } from 'zod';
import type { ServedAccounts } from './served-accounts.ts';

/** An account as calls of admins name it: by one of these. */
export interface AccountName {
  readonly account_id?: string | undefined;
  /** The external id of a customer, archived or not. */
  readonly customer?: string | undefined;
  /** The default account of the user with this email. */
  readonly email?: string | undefined;
}

/** The account that a call names. Throws `customer_unknown`, and `not_found` for an email of no user. */
export type AccountByName = (name: AccountName) => Promise<AccountId>;

/** Fields by which an admin's call names an account. */
export const accountNameFields = {
  account_id: z.uuid().optional(),
  customer: externalIdSchema.optional().describe('The external id of a customer, in place of `account_id`.'),
};
export const emailNameField = {
  email: z.email().max(254).optional().describe('Of a user, whose default account is meant.'),
};

const isOne = ({ account_id: account, customer, email }: AccountName) =>
  [account, customer, email].filter((value) => value !== undefined).length === 1;
/** For `refine`: a call names one account. */
export const ONE_ACCOUNT = [isOne, { error: 'name one of account_id, customer and email' }] as const;
export const ONE_ACCOUNT_ID = [isOne, { error: 'name one of account_id and customer' }] as const;

export function createAccountByName(parts: {
  readonly db: Database;
  readonly served: Pick<ServedAccounts, 'find'>;
}): AccountByName {
  return async ({ account_id: accountId, customer, email }) => {
    if (accountId !== undefined) return accountId as AccountId;
    if (customer !== undefined) return (await parts.served.find({ customer })).accountId;
    const [[user]] = await parts.db.system('admin.accounts', [userByEmail(email ?? '')]);
    if (user === undefined) throw new AppError('not_found', { message: 'There is no user with this email.' });
    return user.default_account_id;
  };
}
