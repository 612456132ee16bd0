import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'coditect',
  pages: [
    {
      page: 'licences',
      title: { en: 'Licences', de: 'Lizenzen' },
      load: () => import('./licences.tsx'),
    },
  ],
};
