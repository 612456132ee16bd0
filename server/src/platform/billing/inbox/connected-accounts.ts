import { AppError } from '#platform/kernel';
import type { Mode, ProviderEvent } from '../payment-provider.ts';

/** An event at an account that is connected to ours at the payment provider. */
export interface ConnectedEvent extends Pick<ProviderEvent, 'eventId' | 'type' | 'occurredAt'> {
  /** `acct_…` */
  readonly account: string;
  readonly mode: Mode;
}

/** Those who know the connected accounts, and are told of them. */
export interface ConnectedAccounts {
  /** Whether the account is of a payee of ours. */
  isPayee(accountId: string): Promise<boolean>;
  /** The provider says what the account is now. Called again where a message comes again; where it throws, the message comes again. */
  changed(event: ConnectedEvent): Promise<void>;
}

/** For a server that pays out no money. */
export const noPayees: ConnectedAccounts = {
  isPayee: () => Promise.resolve(false),
  changed: () => Promise.resolve(),
};

/** Throws `connected_account_unknown` where the account is no payee of ours. */
export async function tellOfAccount(
  { isPayee, changed }: ConnectedAccounts,
  event: ConnectedEvent,
): Promise<void> {
  if (!(await isPayee(event.account))) throw new AppError('connected_account_unknown');
  await changed(event);
}
