import { readTexts } from '../../parts/search.ts';

export const readBrandSearch = readTexts({ product: undefined });
