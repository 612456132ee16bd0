import { useSearch } from '@tanstack/react-router';
import { readTexts } from '../../parts/search.ts';
import { SPAN_NAMES } from '../../parts/spans.ts';

export const readDenialSearch = readTexts({
  by: ['limit', 'account'],
  product: undefined,
  limit: undefined,
  plan: undefined,
  span: SPAN_NAMES,
});

export type DenialSearch = ReturnType<typeof readDenialSearch>;

/** What the page's address says. */
export const useDenialSearch = (): DenialSearch =>
  readDenialSearch({ ...useSearch({ from: '/app/denials' }) });
