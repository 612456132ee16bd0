import type { ProductPages } from '@plinth/console';

/** The pages that the console shows for this product, below `/app/products/sample/`. */
export const pages: ProductPages = {
  product: 'sample',
  pages: [{ page: 'overview', title: { en: 'Sample', de: 'Sample' }, load: () => import('./overview.tsx') }],
};
