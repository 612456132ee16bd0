import { readTexts } from '../../parts/search.ts';

export const readPayoutSearch = readTexts({ period: undefined });
