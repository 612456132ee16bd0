import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'adiuva',
  pages: [
    { page: 'plugins', title: { en: 'Plugins', de: 'Plugins' }, load: () => import('./plugins.tsx') },
    {
      page: 'developer',
      title: { en: 'My plugins', de: 'Meine Plugins' },
      load: () => import('./developer.tsx'),
    },
    {
      page: 'review',
      title: { en: 'Plugin review', de: 'Plugin-Prüfung' },
      isOperators: true,
      load: () => import('./review.tsx'),
    },
  ],
};
