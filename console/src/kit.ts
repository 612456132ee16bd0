/** What pages of products are made of: `src/products/<name>/console/index.ts` says which there are. */
export { useAccount, useMe } from './account.ts';
export { CallTable } from './parts/call-table.tsx';
export { Confirm } from './parts/confirm.tsx';
export { Copy } from './parts/copy.tsx';
export { Facts } from './parts/facts.tsx';
export { LimitList } from './parts/limit-list.tsx';
export { useAct, useOfAccount } from './parts/of-account.ts';
export { usePages } from './parts/pages.ts';
export { type Column, Table } from './parts/table.tsx';
export { Refusal } from './parts/refusal.tsx';
export { StateBadge } from './parts/state-badge.tsx';
export { Trouble } from './parts/trouble.tsx';
export { When } from './parts/when.tsx';
export { type ProductPages, useProductSearch } from './products/product-pages.ts';
export { apiFor, WIRE } from './session.ts';
export { pageTexts, useTexts } from './text/index.ts';
