import { readTexts } from '../../parts/search.ts';

export const VIEWS = ['recurring', 'revenue', 'margin', 'models', 'leaving'] as const;
export const GROUPS = [
  'month',
  'product',
  'plan',
  'item',
  'kind',
  'account',
  'model',
  'reason',
  'feedback',
] as const;

/** `by`: what sums are told apart by, beside month and currency; `month`, `product` and `model` narrow them. */
export type RevenueSearch = ReturnType<typeof readRevenueSearch>;

export const readRevenueSearch = readTexts({
  view: VIEWS,
  by: GROUPS,
  month: undefined,
  product: undefined,
  model: undefined,
});
