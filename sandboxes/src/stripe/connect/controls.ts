import { type DisabledReason, deauthorize, restrict, submitDetails } from '../world/connect/accounts.ts';
import { type Funds, fundsOf, move } from '../world/connect/balance.ts';
import { accountAt, type Account, type Payout, type Transfer, type World } from '../world/index.ts';
import { failPayout, payOut, payOutAutomatically } from '../world/connect/payouts.ts';

/** What payees, Stripe and the platform's owner do, and no call asks Stripe for; and what Stripe has in its books. */
export interface Connect {
  /** The payee completes onboarding, as on its page. `later`: Stripe still looks at it; asked again it is done. */
  onboard(accountId: string, how?: { readonly later?: boolean }): Account;
  /** Stripe wants more of the payee (`requirements.past_due` when not said) or has rejected them: nothing can be transferred to them, nor paid out. */
  restrictAccount(accountId: string, reason?: DisabledReason): Account;
  /** Stripe has what it wanted. */
  liftRestriction(accountId: string): Account;
  /** The payee takes the platform's access away. */
  deauthorize(accountId: string): void;
  /** Money of the platform's own, available at once; what is negative is taken away. Minor units. */
  fund(amount: number, currency: string): void;
  /** Pays all that an account has available in a currency out to its bank. Throws StripeFault. */
  payOut(accountId: string, currency: string): Payout;
  /** Pays all of a currency that the platform has available out to its bank, as Stripe does each day. Throws StripeFault. */
  payOutAutomatically(currency: string): Payout;
  /** The bank sends a payout back. */
  failPayout(payoutId: string): Payout;
  books(): ConnectBooks;
}

export interface ConnectBooks {
  /** By currency. */
  readonly platform: Readonly<Record<string, Funds>>;
  /** By account, then by currency. */
  readonly accounts: Readonly<Record<string, Readonly<Record<string, Funds>>>>;
  /** Transfers by `transfer_group`, oldest first; '' has those of none. */
  readonly groups: Readonly<Record<string, readonly Transfer[]>>;
}

export function createConnect(world: World): Connect {
  const at = (id: string) => accountAt(world, id);
  return {
    onboard: (id, how) => submitDetails(world, at(id), how),
    restrictAccount: (id, reason) => restrict(world, at(id), reason),
    liftRestriction: (id) => submitDetails(world, at(id)),
    deauthorize: (id) => deauthorize(world, at(id)),
    fund(amount, currency) {
      const kind = { type: 'topup', category: 'topup', source: world.token('tu'), description: null };
      move(world, { amount, currency, fee: () => 0, availableOn: world.now(), ...kind });
    },
    payOut(id, currency) {
      const amount = fundsOf(world, id).get(currency)?.available ?? 0;
      const words = { description: 'STRIPE PAYOUT', metadata: {}, statement_descriptor: null };
      return payOut(world, { amount, currency, ...words }, id);
    },
    payOutAutomatically: (currency) => payOutAutomatically(world, currency),
    failPayout: (id) => failPayout(world, world.table('payout').get(id)),
    books() {
      const accounts = new Set(world.owners.values());
      return {
        platform: Object.fromEntries(fundsOf(world)),
        accounts: Object.fromEntries([...accounts].map((id) => [id, Object.fromEntries(fundsOf(world, id))])),
        groups: groupsOf(structuredClone(world.table('transfer').oldestFirst())),
      };
    },
  };
}

function groupsOf(transfers: readonly Transfer[]): Record<string, Transfer[]> {
  const groups: Record<string, Transfer[]> = {};
  for (const transfer of transfers) (groups[transfer.transfer_group ?? ''] ??= []).push(transfer);
  return groups;
}
