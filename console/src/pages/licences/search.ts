import { useSearch } from '@tanstack/react-router';
import { readTexts } from '../../parts/search.ts';

export const STATES = ['active', 'suspended', 'inactive'] as const;
/** `key`: the end of one, never all of it. */
export const readLicenceSearch = readTexts({
  key: undefined,
  email: undefined,
  account: undefined,
  tier: undefined,
  status: STATES,
  licence: undefined,
});

export type LicenceSearch = ReturnType<typeof readLicenceSearch>;

/** What the page's address says. */
export const useLicenceSearch = (): LicenceSearch =>
  readLicenceSearch({ ...useSearch({ from: '/app/licences' }) });
