import { randomUUID } from 'node:crypto';
import { type Assumption, assertSeen } from './stage.ts';

/** Stripe's page is for persons, and Connect is not set up at every shop. */
const untried = 'it needs a payee who was onboarded on Stripe’s page';

/** How payees are paid: separate charges and transfers of Connect. */
export const PAYEES: readonly Assumption[] = [
  {
    says: 'transfers are listed by their `transfer_group`, and by no metadata',
    async walk(stage) {
      const transfer_group = randomUUID();
      const { data } = await stage.ask((stripe) => stripe.transfers.list({ transfer_group }));
      assertSeen(data.length === 0, 'It lists transfers of other groups.');
    },
  },
  {
    says: 'an account that is gone, or somebody else’s, is told as `account_invalid`',
    async walk(stage) {
      const { code } = await stage.refusal((stripe) => stripe.accounts.retrieve('acct_1PlinthNeverWas00'));
      assertSeen(code === 'account_invalid', `It is refused as ${String(code)}.`);
    },
  },
  { says: 'a transfer that the balance is too small for is refused as `balance_insufficient`', untried },
  { says: 'a payee without the capability is refused as `insufficient_capabilities_for_transfer`', untried },
  { says: 'a refusal of what was begun is heard again under its Idempotency-Key', untried },
  {
    says: 'a reversal takes back a part, never more than is left, nor what the payee was paid out',
    untried,
  },
  {
    says: 'an onboarding link is good once and for minutes; then `refresh_url` is called, and `return_url` says nothing of completion',
    untried,
  },
  { says: 'payees who have `transfers` and not `card_payments` need Stripe’s approval', untried },
  {
    says: 'events of connected accounts name the account, and come to an endpoint with `connect`, signed with its secret',
    untried: 'it needs an address that Stripe reaches',
  },
];
