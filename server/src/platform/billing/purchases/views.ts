import { namedObject } from '#platform/http';
import { z } from 'zod';
import type { ProviderMode } from '../payment-provider.ts';
import type { PurchaseRow } from './store.ts';

export const purchaseReply = namedObject('BoundPurchase', {
  store: z.enum(['stripe', 'app_store', 'google_play']),
  mode: z
    .enum(['live', 'test', 'sandbox'])
    .describe('`test`: from the store’s own sandbox, where purchases are free.'),
  product: z.string().nullable(),
  plan: z.string().nullable().describe('`product.plan`; null: an add-on.'),
  add_on: z.string().nullable(),
  state: z
    .string()
    .nullable()
    .describe('Of the subscription; `paid` for an add-on. null: it is read in a moment.'),
  ends_at: z.iso.datetime().nullable().describe('The end of the present period; null: of an add-on.'),
});
export type PurchaseView = z.infer<typeof purchaseReply>;

export function purchaseView({ provider, mode }: ProviderMode, row: PurchaseRow | undefined): PurchaseView {
  const idOf = (name: string | null) =>
    row === undefined || name === null ? null : `${row.product}.${name}`;
  return {
    store: provider,
    mode,
    product: row?.product ?? null,
    plan: idOf(row?.plan ?? null),
    add_on: idOf(row?.add_on ?? null),
    state: row?.state ?? null,
    ends_at: row?.ends_at?.toISOString() ?? null,
  };
}

export const namesReply = namedObject('PurchaseNames', {
  app_account_token: z.uuid().describe('StoreKit’s `appAccountToken`.'),
  obfuscated_account_id: z.string().max(64).describe('Google Play’s `setObfuscatedAccountId`.'),
});
