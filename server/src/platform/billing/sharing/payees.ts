import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';
import type { ReturnAddresses } from '../return-addresses.ts';
import type { PayeeState } from '../providers/stripe/connect.ts';
import { payerOf } from '../providers/stripe/customers.ts';
import type { ShareLedger } from './ledger.ts';
import type { PayoutParts } from './payouts.ts';

const MADE = commitPoint('billing.payee-made', 'where somebody is paid at the provider');
const CHANGED = commitPoint('billing.payee-changed', 'whether somebody can be paid, told to products');

export interface PayeesParts extends Pick<PayoutParts, 'db' | 'mode' | 'connect'> {
  readonly ledger: Pick<ShareLedger, 'payeeChangedIn'>;
  readonly returns: Pick<ReturnAddresses, 'assertPayee'>;
}

export type Payees = ReturnType<typeof createPayees>;

/** Accounts that are paid, as they are at the provider. */
export function createPayees({ db, mode, connect, ledger, returns }: PayeesParts) {
  const find = async (accountId: AccountId) => (await db.tenant(accountId, [payeeOf(accountId, mode)]))[0][0];
  const make = async (accountId: AccountId, country: string | undefined) => {
    const [[owner]] = await db.system('billing.customers', [payerOf(accountId)]);
    const made = await connect.createPayee(accountId, { email: owner?.email ?? undefined, country });
    const [[kept]] = await db.system('billing.payouts', MADE, [keepPayee(accountId, mode, made)]);
    return kept?.store_id ?? made;
  };
  /** Reads a payee at the provider, because something changed. */
  const refresh = async (storeId: string): Promise<PayeeState> => {
    const state = await connect.payeeState(storeId);
    await db.system('billing.payouts', CHANGED, async (tx) => {
      const [changed] = await tx.run(setState(mode, storeId, state));
      if (changed !== undefined)
        await ledger.payeeChangedIn(tx, { accountId: changed.account_id, isPayable: state === 'payable' });
    });
    return state;
  };
  return {
    refresh,
    /** The page where an account says who it is, to be paid; made anew for each call. */
    async onboard(accountId: AccountId, returnUrl: string, country?: string): Promise<string> {
      returns.assertPayee({ return_url: returnUrl });
      const account = (await find(accountId))?.store_id ?? (await make(accountId, country));
      return connect.onboardingPage(account, returnUrl);
    },
    /** As the provider has it now, while they can't be paid; else as it was told last. `none`: they have never begun. */
    async read(accountId: AccountId): Promise<{ readonly state: PayeeState | 'none' }> {
      const found = await find(accountId);
      if (found === undefined || found.state === 'payable') return { state: found?.state ?? 'none' };
      return { state: await refresh(found.store_id) };
    },
    /** Whether an account at the provider is one of a payee. */
    isPayee: async (storeId: string): Promise<boolean> =>
      (await db.system('billing.payouts', [payeeAt(mode, storeId)]))[0].length > 0,
    /** Reads all that can't be paid, and were touched in the last days: messages may be lost. */
    async refreshWaiting(): Promise<void> {
      const [waiting] = await db.system('billing.payouts', [waitingPayees(mode)]);
      for (const { store_id } of waiting) await refresh(store_id);
    },
  };
}

const payeeOf = (accountId: AccountId, mode: Mode) =>
  statement<{ store_id: string; state: PayeeState }>(
    'select store_id, state from billing.payees where account_id = $1 and mode = $2',
    [accountId, mode],
  );

const payeeAt = (mode: Mode, storeId: string) =>
  statement('select account_id from billing.payees where mode = $1 and store_id = $2', [mode, storeId]);

/** Keeps the first, and answers it. */
const keepPayee = (accountId: AccountId, mode: Mode, storeId: string) =>
  statement<{ store_id: string }>(
    `insert into billing.payees as p (account_id, mode, store_id) values ($1, $2, $3)
     on conflict (account_id, mode) do update set updated_at = app.now() returning store_id`,
    [accountId, mode, storeId],
  );

/** A row: it is another than before. */
const setState = (mode: Mode, storeId: string, state: PayeeState) =>
  statement<{ account_id: AccountId }>(
    `update billing.payees set state = $3, updated_at = app.now()
     where mode = $1 and store_id = $2 and state <> $3 returning account_id`,
    [mode, storeId, state],
  );

const waitingPayees = (mode: Mode) =>
  statement<{ store_id: string }>(
    `select store_id from billing.payees where mode = $1
       and (state <> 'payable' or updated_at > app.now() - interval '7 days') order by updated_at desc limit 200`,
    [mode],
  );
