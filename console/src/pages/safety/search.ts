import { readTexts } from '../../parts/search.ts';
import { SPAN_NAMES } from '../../parts/spans.ts';

export const readSafetySearch = readTexts({ product: undefined, span: SPAN_NAMES });
