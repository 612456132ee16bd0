import type { Patch } from './patch.ts';

const at = (name: string) => `src/platform/limits/functions/${name}.sql`;
const ORDER =
  'src/platform/limits/lock-order.test.ts :: whatever two products do with keys of one account, nobody waits in a circle >';

/** Meters of products and keys, and the order in which they are locked. */
export const LOCK_ORDER: readonly Patch[] = [
  {
    name: 'key-locked-before-the-next-product',
    file: at('settlement'),
    find: '  perform limits.lock_for_steps(p_batch);\n',
    replace: '',
    expects: `${ORDER} further calls that need more than was reserved: a key is locked when all products are`,
  },
  {
    name: 'keys-locked-product-by-product',
    file: at('closing'),
    find: "order by charge->>0 like 'key:%', c.account_id, 2",
    replace: 'order by 1, 2',
    expects: `${ORDER} ends of calls that cost less than was reserved: keys are locked in one order`,
  },
  {
    name: 'lost-admissions-lock-keys-between-products',
    file: at('disowned'),
    find: '  perform limits.lock_for_steps(p_items);\n',
    replace: '',
    expects: `${ORDER} admissions whose answer was lost`,
  },
  {
    name: 'sweep-waits-for-keys',
    file: at('sweep'),
    find: ' or not p_wait and limits.keys_are_locked(p_seen)',
    replace: '',
    expects: `${ORDER} a sweep: what somebody else has it leaves to the next`,
  },
];
