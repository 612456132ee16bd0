import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'coditect',
  pages: [
    {
      page: 'licences',
      title: { en: 'Licences', de: 'Lizenzen' },
      load: () => import('./licences.tsx'),
    },
    {
      page: 'all-licences',
      title: { en: 'All licences', de: 'Alle Lizenzen' },
      isOperators: true,
      load: () => import('./all-licences.tsx'),
    },
    {
      page: 'licence-analytics',
      title: { en: 'Licence analytics', de: 'Lizenzauswertung' },
      isOperators: true,
      load: () => import('./analytics.tsx'),
    },
  ],
};
