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
