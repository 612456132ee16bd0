import type { Audit } from '#platform/audit';
import { statement, type Transaction } from '#platform/db';
import { type Catalogue, isPack } from '#platform/entitlements';
import { type AccountId, uuidOf } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { mailsOfTaking } from './credit-mails.ts';

/** An add-on that was paid for, of either kind. */
export interface AddOnPurchase {
  /** The provider's own id, for ever that of this purchase. */
  readonly externalId: string;
  readonly product: string;
  readonly addOn: string;
  readonly quantity: number;
  readonly paidAt: Date;
  /** Minor units: what it cost, and the part of it that went back. */
  readonly total: number;
  readonly gone: number;
}

export interface PurchasedPacks {
  readonly accountId: AccountId;
  readonly provider: string;
  /** All of the account's purchases there. */
  readonly purchases: readonly AddOnPurchase[];
}

/**
 * Books the packs among an account's purchases, in a transaction of the system role: each is added once, and follows what goes back of its
 * money (docs/sell-credits.md). The same purchases again change nothing, and any order of lists ends as the last one alone. A pack that the
 * catalogue does not know any more keeps what it was sold with; one that it never knew is left out.
 */
export type PackBook = (tx: Transaction, purchased: PurchasedPacks) => Promise<void>;

interface PackBookParts {
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly audit: Audit;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
  readonly mail: Pick<Mail, 'sending'>;
}

export function createPackBook({ catalogues, audit, webhooks, mail }: PackBookParts): PackBook {
  return async (tx, { accountId, provider, purchases }) => {
    const packs = purchases.map(({ externalId, product, addOn, quantity, paidAt, total, gone }) => {
      const addOns = catalogues.get(product)?.addOns ?? {};
      const sold = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
      const size = isPack(sold)
        ? { name: sold.limit, amount: sold.credits * quantity, months: sold.months }
        : {};
      const id = uuidOf(JSON.stringify(['pack', provider, externalId]));
      const of = { id, external_id: externalId, product, add_on: addOn, paid_at: paidAt };
      return { ...of, ...size, gone: Math.min(gone, total), total: Math.max(total, 1) };
    });
    const changed = await tx.run(bookPacks(accountId, provider, packs));
    const news = changed.flatMap((row) => newsOf(accountId, provider, row));
    await audit.recordAllIn(
      tx,
      news.map(({ event }) => event),
    );
    await tx.runAll(news.flatMap(({ told }) => webhooks.emitting(told)));
    for (const { id, product, name: limit, former, taken, amount, remaining } of changed) {
      if (taken <= (former ?? 0)) continue;
      const productName = catalogues.get(product)?.name ?? product;
      const credits = { accountId, id, product, productName, limit, amount, taken, remaining };
      await tx.runAll(await mailsOfTaking(mail, tx, credits));
    }
  };
}

interface ChangedPack {
  readonly id: string;
  readonly product: string;
  readonly name: string;
  readonly amount: number;
  readonly expires_at: Date;
  /** Units that were taken before; null: it was added now. */
  readonly former: number | null;
  readonly taken: number;
  readonly remaining: number;
}

const bookPacks = (accountId: AccountId, provider: string, packs: readonly object[]) =>
  statement<ChangedPack>('select * from limits.book_packs($1, $2, $3::text::jsonb)', [
    accountId,
    provider,
    JSON.stringify(packs),
  ]);

/** The units of a pack, and how many of them were used. No row: there is no such pack. */
export const usedOfPack = (accountId: AccountId, provider: string, externalId: string) =>
  statement<{ amount: number; used: number }>(
    `select amount, amount - taken + repaid - remaining as used from limits.credits
     where account_id = $1 and provider = $2 and external_id = $3`,
    [accountId, provider, externalId],
  );

/** Audit events, and those of the operator's endpoints: that it was added, and what was taken of it. */
function newsOf(accountId: AccountId, provider: string, { id, name: limit, ...row }: ChangedPack) {
  const { product, amount, former, taken, remaining } = row;
  const [actor, target] = [
    { kind: 'store', name: provider },
    { kind: 'credits', id },
  ] as const;
  const of = { product, limit, credits_id: id, amount };
  const added = { expires_at: row.expires_at.toISOString(), source: 'top_up' } as const;
  const back = { taken, remaining };
  const event = (action: string, changes: Readonly<Record<string, unknown>>) => ({
    action,
    actor,
    accountId,
    target,
    changes,
  });
  return [
    ...(former === null
      ? [
          {
            event: event('credits.given', { product, limit, amount, ...added }),
            told: { type: 'credits.granted', accountId, id, data: { ...of, ...added } } as const,
          },
        ]
      : []),
    ...((former ?? 0) === taken
      ? []
      : [
          {
            event: event('credits.taken_back', { product, limit, amount, ...back }),
            told: { type: 'credits.taken_back', accountId, data: { ...of, ...back } } as const,
          },
        ]),
  ];
}
