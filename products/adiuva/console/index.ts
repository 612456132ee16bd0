import type { ProductPages } from '@plinth/console';

export const pages: ProductPages = {
  product: 'adiuva',
  pages: [
    { page: 'assistant', title: { en: 'Assistant', de: 'Assistent' }, load: () => import('./assistant.tsx') },
    { page: 'vault', title: { en: 'Vault', de: 'Tresor' }, load: () => import('./vault.tsx') },
    { page: 'playbooks', title: { en: 'Playbooks', de: 'Abläufe' }, load: () => import('./playbooks.tsx') },
    { page: 'devices', title: { en: 'Devices', de: 'Geräte' }, load: () => import('./devices.tsx') },
    { page: 'backups', title: { en: 'Backups', de: 'Sicherungen' }, load: () => import('./backups.tsx') },
  ],
};
