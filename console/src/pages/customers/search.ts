import { readTexts } from '../../parts/search.ts';

export const SORTS = ['newest', 'name', 'paid', 'mrr', 'cost', 'calls', 'denied', 'last_call'] as const;
export const STATES = ['active', 'suspended'] as const;
/** What an operator does with the opened account. */
export const ACTIONS = ['plan', 'credits', 'usage'] as const;
/** Acts on a purchase: `sale` is the payment or the subscription. `invoice` makes one. */
const SALE_ACTIONS = ['refund', 'trial', 'end', 'withdraw', 'invoice'] as const;
export type CustomerAction = (typeof ACTIONS)[number];

/** What the page's address says of what it shows; `plan` is the one that is to be given. */
export const readCustomerSearch = readTexts({
  q: undefined,
  sort: SORTS,
  status: STATES,
  payment: ['failing'],
  account: undefined,
  action: [...ACTIONS, ...SALE_ACTIONS],
  sale: undefined,
  plan: undefined,
});
