import { accountNameFields } from '#platform/accounts';
import { z } from 'zod';

/** A person, an account, or a customer by its external id, as an operator's call names it. */
export interface SubjectName {
  readonly account_id?: string | undefined;
  readonly customer?: string | undefined;
  readonly user_id?: string | undefined;
}

/** Fields by which an operator's call names its subject. */
export const subjectFields = { ...accountNameFields, user_id: z.uuid().optional() };

/** For `refine`: a call is about one of them. */
export const ONE_SUBJECT = [
  ({ account_id: account, customer, user_id: user }: SubjectName) =>
    [account, customer, user].filter((value) => value !== undefined).length === 1,
  { error: 'Say account_id, customer or user_id.' },
] as const;
