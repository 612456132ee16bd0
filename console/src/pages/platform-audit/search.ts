import { SPAN_NAMES } from '../../parts/spans.ts';
import { readTexts } from '../../parts/search.ts';

export const readPlatformAuditSearch = readTexts({
  account: undefined,
  actor: undefined,
  action: undefined,
  target: undefined,
  span: SPAN_NAMES,
});
