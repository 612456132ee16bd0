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
    {
      page: 'tenants',
      title: { en: 'Activity', de: 'Aktivität' },
      isOperators: true,
      load: () => import('./tenants.tsx'),
    },
    {
      page: 'anomalies',
      title: { en: 'Unusual days', de: 'Ungewöhnliche Tage' },
      isOperators: true,
      load: () => import('./anomalies.tsx'),
    },
    {
      page: 'compliance',
      title: { en: 'Compliance', de: 'Compliance' },
      isOperators: true,
      load: () => import('./compliance.tsx'),
    },
  ],
};
