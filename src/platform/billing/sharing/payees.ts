import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';
import type { Connect, PayeeState } from '../providers/stripe/connect.ts';
import type { ShareLedger } from './ledger.ts';

const MADE = commitPoint('billing.payee-made', 'where somebody is paid at the provider');
const CHANGED = commitPoint(
  'billing.payee-changed',
  'whether somebody can be paid, and what products make of it',
);

/** `none`: they have never begun. */
export interface PayeeView {
  readonly state: PayeeState | 'none';
}

export interface Payees {
  /** The page where an account says who it is, to be paid; made anew for each call. */
  onboard(accountId: AccountId, returnUrl: string): Promise<string>;
  /** As the provider has it now, while they can't be paid; else as it was told last. */
  read(accountId: AccountId): Promise<PayeeView>;
  /** Whether an account at the provider is one of a payee. */
  isPayee(storeId: string): Promise<boolean>;
  /** Reads a payee at the provider, because something changed. */
  refresh(storeId: string): Promise<void>;
  /** Reads all that can't be paid, and were touched in the last days: messages may be lost. */
  refreshWaiting(): Promise<void>;
}

export interface PayeesParts {
  readonly db: Database;
  readonly mode: Mode;
  readonly connect: Connect;
  readonly ledger: Pick<ShareLedger, 'payeeChangedIn'>;
}

export function createPayees(parts: PayeesParts): Payees {
  const { db, mode, connect } = parts;
  const find = async (accountId: AccountId) => {
    const [[found]] = await db.tenant(accountId, [payeeOf(accountId, mode)]);
    return found;
  };
  const refresh: Payees['refresh'] = async (storeId) => {
    const state = (await connect.payeeState(storeId)) ?? 'restricted';
    await db.system('billing.payouts', CHANGED, async (tx) => {
      const [changed] = await tx.run(setState(mode, storeId, state));
      if (changed !== undefined)
        await parts.ledger.payeeChangedIn(tx, {
          accountId: changed.account_id,
          isPayable: state === 'payable',
        });
    });
  };
  return {
    async onboard(accountId, returnUrl) {
      const storeId = (await find(accountId))?.store_id ?? (await makePayee(parts, accountId));
      return connect.onboardingPage(storeId, { returnUrl, refreshUrl: returnUrl });
    },
    async read(accountId) {
      const found = await find(accountId);
      if (found === undefined) return { state: 'none' };
      if (found.state === 'payable') return { state: found.state };
      await refresh(found.store_id);
      return { state: (await find(accountId))?.state ?? 'none' };
    },
    async isPayee(storeId) {
      const [[found]] = await db.system('billing.payouts', [payeeAt(mode, storeId)]);
      return found !== undefined;
    },
    refresh,
    async refreshWaiting() {
      const [waiting] = await db.system('billing.payouts', [waitingPayees(mode)]);
      for (const { store_id } of waiting) await refresh(store_id);
    },
  };
}

async function makePayee({ db, mode, connect }: PayeesParts, accountId: AccountId): Promise<string> {
  const [[owner]] = await db.system('billing.payouts', [ownerOf(accountId)]);
  const made = await connect.createPayee({ accountId, email: owner?.email });
  const [[kept]] = await db.system('billing.payouts', MADE, [keepPayee(accountId, mode, made)]);
  return kept?.store_id ?? made;
}

const payeeOf = (accountId: AccountId, mode: Mode) =>
  statement<{ store_id: string; state: PayeeState }>(
    'select store_id, state from billing.payees where account_id = $1 and mode = $2',
    [accountId, mode],
  );

const payeeAt = (mode: Mode, storeId: string) =>
  statement<{ account_id: AccountId }>(
    'select account_id from billing.payees where mode = $1 and store_id = $2',
    [mode, storeId],
  );

/** Keeps the first, and answers it. */
const keepPayee = (accountId: AccountId, mode: Mode, storeId: string) =>
  statement<{ store_id: string }>(
    `insert into billing.payees as p (account_id, mode, store_id) values ($1, $2, $3)
     on conflict (account_id, mode) do update set updated_at = app.now()
     returning store_id`,
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

const ownerOf = (accountId: AccountId) =>
  statement<{ email: string }>(
    `select u.email from accounts.members m join identity.users u on u.user_id = m.user_id
     where m.account_id = $1 and m.role = 'owner' order by m.created_at, m.user_id limit 1`,
    [accountId],
  );
