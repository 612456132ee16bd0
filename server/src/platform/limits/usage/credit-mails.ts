import type { Statement, Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { type Mail, mailTime } from '#platform/mail';
import { managersOf } from './alerts.ts';

/** Credits of one purchase or gift; `productName` is for people. */
interface ToldCredits {
  readonly accountId: AccountId;
  readonly id: string;
  readonly product: string;
  readonly productName: string;
  readonly limit: string;
  readonly remaining: number;
}

const count = (units: number) => units.toLocaleString('en-US');

/** Mails to those who manage the account: that credits expire. */
export async function mailsOfExpiry(
  mail: Pick<Mail, 'sending'>,
  tx: Transaction,
  {
    accountId,
    id,
    product,
    productName,
    limit,
    remaining,
    expiresAt,
  }: ToldCredits & { readonly expiresAt: Date },
): Promise<Statement[]> {
  const people = await tx.run(managersOf(accountId));
  return people.flatMap(({ user_id: userId, email: to, account }) =>
    mail.sending({
      to,
      accountId,
      userId,
      product,
      once: `credits_expiring ${id} ${userId}`,
      template: 'credits_expiring',
      facts: {
        account,
        product: productName,
        limit: limit.replaceAll('_', ' '),
        remaining: count(remaining),
        until: mailTime(expiresAt),
      },
    }),
  );
}

interface TakenCredits extends ToldCredits {
  readonly amount: number;
  readonly taken: number;
}

/** The same: that credits of a pack were taken back. Below zero, so many are owed. */
export async function mailsOfTaking(
  mail: Pick<Mail, 'sending'>,
  tx: Transaction,
  { accountId, id, product, productName, limit, remaining, amount, taken }: TakenCredits,
): Promise<Statement[]> {
  const people = await tx.run(managersOf(accountId));
  const next =
    remaining < 0
      ? `${count(-remaining)} of them were used before. They are owed: other credits pay for them, and while those are not enough calls are refused.`
      : `${count(remaining)} of the pack are left.`;
  return people.flatMap(({ user_id: userId, email: to, account }) =>
    mail.sending({
      to,
      accountId,
      userId,
      product,
      once: `credits_taken_back ${id} ${taken} ${userId}`,
      template: 'credits_taken_back',
      facts: {
        account,
        product: productName,
        limit: limit.replaceAll('_', ' '),
        amount: count(amount),
        taken: count(taken),
        next,
      },
    }),
  );
}
