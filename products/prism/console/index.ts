import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'prism',
  pages: [
    { page: 'mirror', title: { en: 'Mirror', de: 'Spiegel' }, load: () => import('./mirror.tsx') },
    { page: 'turn', title: { en: 'Turn', de: 'Wende' }, load: () => import('./turn.tsx') },
    { page: 'lens', title: { en: 'Lens', de: 'Linse' }, load: () => import('./lens.tsx') },
    { page: 'spectrum', title: { en: 'Spectrum', de: 'Spektrum' }, load: () => import('./spectrum.tsx') },
  ],
};
