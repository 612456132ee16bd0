import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'reel',
  pages: [
    { page: 'studio', title: { en: 'Studio', de: 'Studio' }, load: () => import('./studio.tsx') },
    { page: 'library', title: { en: 'Library', de: 'Bibliothek' }, load: () => import('./library.tsx') },
  ],
};
