import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'adiuva',
  pages: [{ page: 'vault', title: { en: 'Vault', de: 'Tresor' }, load: () => import('./vault.tsx') }],
};
