import { readTexts } from '../../parts/search.ts';
import { SPAN_NAMES } from '../../parts/spans.ts';

export const readDenialSearch = readTexts({
  by: ['limit', 'account'],
  product: undefined,
  limit: undefined,
  plan: undefined,
  /** The time of a request: the hours in which it would be counted, in place of the span. */
  around: undefined,
  span: SPAN_NAMES,
});
