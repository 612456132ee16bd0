import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'coditect',
  pages: [{ page: 'memory', title: { en: 'Memory', de: 'Gedächtnis' }, load: () => import('./memory.tsx') }],
};
