import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'orbit',
  pages: [{ page: 'scopes', title: { en: 'Scopes', de: 'Scopes' }, load: () => import('./scopes.tsx') }],
};
