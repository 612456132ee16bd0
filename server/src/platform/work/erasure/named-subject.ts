import { z } from 'zod';
import type { Subject } from './plan.ts';

interface SubjectNames {
  readonly account_id?: string | undefined;
  readonly user_id?: string | undefined;
}

/** Fields by which an operator's call names its subject. */
export const subjectFields = { account_id: z.uuid().optional(), user_id: z.uuid().optional() };

/** For `refine`: a call is about an account or a person, and not about both. */
export const ONE_SUBJECT = [
  ({ account_id: account, user_id: user }: SubjectNames) => (account === undefined) !== (user === undefined),
  { error: 'Say account_id or user_id.' },
] as const;

/** The one that a checked call names. */
export const namedSubject = ({
  account_id: account,
  user_id: user,
}: SubjectNames): { readonly kind: Subject['kind']; readonly id: string } =>
  account === undefined ? { kind: 'user', id: user ?? '' } : { kind: 'account', id: account };
