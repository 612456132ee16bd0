import { readTexts } from '../../parts/search.ts';
import { SPAN_NAMES } from '../../parts/spans.ts';

export const readDenialSearch = readTexts({
  by: ['limit', 'account'],
  product: undefined,
  limit: undefined,
  plan: undefined,
  span: SPAN_NAMES,
});
