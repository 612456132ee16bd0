import type { Stripe } from 'stripe';
import { refusedFor, type StripeClient } from './client.ts';
import { pagesOf } from './fetch.ts';

/** Whether money can be sent to somebody. restricted: Stripe asks them for something first. */
export type PayeeState = 'onboarding' | 'payable' | 'restricted';

/** Of our ids what Stripe keeps with a transfer, or with what is taken back of one. */
const SHARE = 'plinth_share';

export interface TransferOrder {
  /** Of our payout: the transfer's group, and the key that Stripe does it once by. */
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly destination: string;
}

/** A transfer as Stripe's books have it. */
export interface BookedTransfer {
  readonly id: string;
  /** Our payout; null: it is none of ours. */
  readonly payout: string | null;
  readonly amount: number;
  readonly reversed: number;
  readonly currency: string;
  readonly madeAt: Date;
}

/** Connected accounts, and transfers to them (separate charges and transfers). */
export interface Connect {
  /** Makes an account for somebody; asked again with the same id within a day, it is the same one. */
  createPayee(payee: { readonly accountId: string; readonly email: string | undefined }): Promise<string>;
  payeeState(storeId: string): Promise<PayeeState | undefined>;
  /** A page where they say who they are. It is good once, for some minutes. */
  onboardingPage(
    storeId: string,
    pages: { readonly returnUrl: string; readonly refreshUrl: string },
  ): Promise<string>;
  transfer(order: TransferOrder): Promise<string>;
  /** Looks whether a payout was transferred, whatever became of the answer. */
  findTransfer(payout: string): Promise<string | undefined>;
  /** Takes back a part of a transfer. Answers the reversal's id. */
  reverse(part: {
    readonly transfer: string;
    readonly share: string;
    readonly amount: number;
  }): Promise<string>;
  findReversal(transfer: string, share: string): Promise<string | undefined>;
  /** All transfers since then, page by page. */
  transfersSince(since: Date): AsyncIterable<readonly BookedTransfer[]>;
}

export function createConnect(client: StripeClient): Connect {
  return {
    async createPayee({ accountId, email }) {
      const asked: Stripe.AccountCreateParams = {
        type: 'express',
        // In some countries Stripe gives transfers alone only to whom it has looked at by hand.
        capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
        metadata: { plinth_account: accountId },
        ...(email === undefined ? {} : { email }),
      };
      const once = { idempotencyKey: `plinth:payee:${accountId}` };
      return (await client.change((stripe) => stripe.accounts.create(asked, once))).id;
    },
    payeeState: (storeId) =>
      client
        .read((stripe) => stripe.accounts.retrieve(storeId))
        .then(stateOf, (error: unknown) => {
          if (refusedFor(error, 'resource_missing') || refusedFor(error, 'account_invalid')) return undefined;
          throw error;
        }),
    async onboardingPage(account, { returnUrl, refreshUrl }) {
      const asked = {
        account,
        return_url: returnUrl,
        refresh_url: refreshUrl,
        type: 'account_onboarding',
      } as const;
      return (await client.change((stripe) => stripe.accountLinks.create(asked))).url;
    },
    async transfer({ id, ...order }) {
      const asked = { ...order, transfer_group: id, metadata: { plinth_payout: id } };
      return (await client.change((stripe) => stripe.transfers.create(asked, { idempotencyKey: id }))).id;
    },
    async findTransfer(payout) {
      const { data } = await client.read((stripe) =>
        stripe.transfers.list({ transfer_group: payout, limit: 1 }),
      );
      return data[0]?.id;
    },
    async reverse({ transfer, share, amount }) {
      const asked = { amount, metadata: { [SHARE]: share } };
      const made = await client.change((stripe) =>
        stripe.transfers.createReversal(transfer, asked, { idempotencyKey: share }),
      );
      return made.id;
    },
    async findReversal(transfer, share) {
      const pages = pagesOf((page) =>
        client.read((stripe) => stripe.transfers.listReversals(transfer, page)),
      );
      for await (const reversals of pages) {
        const found = reversals.find(({ metadata }) => metadata?.[SHARE] === share);
        if (found !== undefined) return found.id;
      }
      return undefined;
    },
    async *transfersSince(since) {
      const created = { gte: Math.floor(since.getTime() / 1_000) };
      const pages = pagesOf((page) => client.read((stripe) => stripe.transfers.list({ ...page, created })));
      for await (const transfers of pages) yield transfers.map(bookedOf);
    },
  };
}

function stateOf({ capabilities, details_submitted: isTold }: Stripe.Account): PayeeState {
  if (capabilities?.transfers === 'active') return 'payable';
  return isTold ? 'restricted' : 'onboarding';
}

const bookedOf = ({
  id,
  amount,
  amount_reversed,
  currency,
  transfer_group,
  metadata,
  created,
}: Stripe.Transfer) => ({
  id,
  madeAt: new Date(created * 1_000),
  payout: metadata['plinth_payout'] === undefined ? null : transfer_group,
  amount,
  reversed: amount_reversed,
  currency,
});
