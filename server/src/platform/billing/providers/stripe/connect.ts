import type { Stripe } from 'stripe';
import { askOnce, refusedFor, type StripeClient } from './client.ts';
import { idOf, pagesOf, readable } from './fetch.ts';

/** Whether money can be sent to a payee. restricted: Stripe asks them for something first. */
export type PayeeState = 'onboarding' | 'payable' | 'restricted';

/** Key at Stripe for our id of what is taken back of a transfer. */
const SHARE = 'plinth_share';

export type Connect = ReturnType<typeof createConnect>;

/** Connected accounts, and transfers to them (separate charges and transfers). */
export function createConnect(client: StripeClient) {
  const { read, change } = client;
  const findPayee = async (accountId: string): Promise<string | undefined> => {
    const pages = pagesOf((page) => read((stripe) => stripe.accounts.list(page)));
    for await (const accounts of pages) {
      const found = accounts.find(({ metadata }) => metadata?.['plinth_account'] === accountId);
      if (found !== undefined) return found.id;
    }
    return undefined;
  };
  const findTransfer = async (payout: string): Promise<string | undefined> => {
    const group = { transfer_group: payout };
    const pages = pagesOf((page) => read((stripe) => stripe.transfers.list({ ...page, ...group })));
    for await (const [found] of pages) return found?.id;
    return undefined;
  };
  const findReversal = async (transfer: string, share: string): Promise<string | undefined> => {
    const pages = pagesOf((page) => read((stripe) => stripe.transfers.listReversals(transfer, page)));
    for await (const reversals of pages) {
      const found = reversals.find(({ metadata }) => metadata?.[SHARE] === share);
      if (found !== undefined) return found.id;
    }
    return undefined;
  };
  return {
    /** Makes a payee's account, one however often it is asked for: it stays in the country that was said first. */
    async createPayee(accountId: string, { email, country }: PayeeOrder): Promise<string> {
      const asked: Stripe.AccountCreateParams = {
        type: 'express',
        // In some countries Stripe gives transfers alone only to whom it has looked at by hand.
        capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
        metadata: { plinth_account: accountId },
        ...(email === undefined ? {} : { email }),
        ...(country === undefined ? {} : { country }),
      };
      const find = () => findPayee(accountId);
      const make = (key: string) =>
        askOnce(client, {
          key,
          ask: async (stripe, once) => idOf(await stripe.accounts.create(asked, once)),
          find,
        });
      const key = `plinth:payee:${accountId}`;
      return (
        (await find()) ??
        make(key).catch(async (error: unknown) => {
          // Stripe refuses a key that was sent with another country: by a call at the same time, or by one that was refused for it.
          if (!refusedFor(error, 'refused')) throw error;
          return (await find()) ?? make(`${key}:${country ?? ''}`);
        })
      );
    },
    /** One that is gone, or is not ours any more, is restricted. */
    async payeeState(storeId: string): Promise<PayeeState> {
      try {
        return stateOf(readable(await read((stripe) => stripe.accounts.retrieve(storeId))));
      } catch (error) {
        if (refusedFor(error, 'resource_missing') || refusedFor(error, 'account_invalid'))
          return 'restricted';
        throw error;
      }
    },
    /** A page where they say who they are, which sends them to `returnUrl`. It is good once, for some minutes. */
    async onboardingPage(account: string, returnUrl: string): Promise<string> {
      const pages = { return_url: returnUrl, refresh_url: returnUrl };
      const asked = { account, ...pages, type: 'account_onboarding' } as const;
      return (await change((stripe) => stripe.accountLinks.create(asked))).url;
    },
    /**
     * `id`: of our payout, the transfer's group, and the key that Stripe does it once by. `isAgain`: minutes ago it was asked already. Only then
     * money is asked for under another key after a failure of Stripe's, which by now shows all that came of the first.
     */
    async transfer({ id, amount, currency, destination }: TransferOrder, isAgain: boolean): Promise<string> {
      const order = { amount, currency, destination };
      const asked = { ...order, transfer_group: id, metadata: { plinth_payout: id } };
      return askOnce(client, {
        key: id,
        ask: async (stripe, once) => idOf(await stripe.transfers.create(asked, once)),
        find: isAgain ? () => findTransfer(id) : undefined,
      });
    },
    /** Looks whether a payout was transferred, also where the answer was lost. */
    findTransfer,
    /** Takes back a part of a transfer, `isAgain` as there. Answers the reversal's id. */
    async reverse(transfer: string, { id, amount, isAgain }: ReversalOrder): Promise<string> {
      const asked = { amount, metadata: { [SHARE]: id } };
      return askOnce(client, {
        key: id,
        ask: async (stripe, once) => idOf(await stripe.transfers.createReversal(transfer, asked, once)),
        find: isAgain ? () => findReversal(transfer, id) : undefined,
      });
    },
    findReversal,
    /** All transfers since then, as Stripe's books have them. */
    async *transfersSince(since: Date): AsyncGenerator<BookedTransfer, void> {
      const created = { gte: Math.floor(since.getTime() / 1_000) };
      const pages = pagesOf((page) => read((stripe) => stripe.transfers.list({ ...page, created })));
      for await (const transfers of pages) yield* transfers.map(bookedOf);
    },
  };
}

interface PayeeOrder {
  readonly email: string | undefined;
  /** ISO 3166-1; undefined: the platform's. */
  readonly country: string | undefined;
}

export interface TransferOrder {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly destination: string;
}

/** `id`: of our share. */
interface ReversalOrder {
  readonly id: string;
  readonly amount: number;
  readonly isAgain: boolean;
}

/** `payout`: ours; null: it is none of ours. `left`: of its amount, what was not taken back. */
const bookedOf = ({ id, amount, amount_reversed, currency, metadata, ...rest }: Stripe.Transfer) => ({
  id,
  payout: metadata['plinth_payout'] === undefined ? null : rest.transfer_group,
  left: amount - amount_reversed,
  currency,
  madeAt: rest.created * 1_000,
});
type BookedTransfer = ReturnType<typeof bookedOf>;

function stateOf({ capabilities, details_submitted: isTold }: Stripe.Account): PayeeState {
  if (capabilities?.transfers === 'active') return 'payable';
  return isTold ? 'restricted' : 'onboarding';
}
