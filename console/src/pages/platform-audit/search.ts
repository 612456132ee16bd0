import { useSearch } from '@tanstack/react-router';
import { SPAN_NAMES } from '../../parts/spans.ts';
import { readTexts } from '../../parts/search.ts';

export const readPlatformAuditSearch = readTexts({
  account: undefined,
  actor: undefined,
  action: undefined,
  target: undefined,
  span: SPAN_NAMES,
});

export type PlatformAuditSearch = ReturnType<typeof readPlatformAuditSearch>;

/** What the page's address says. */
export const usePlatformAuditSearch = (): PlatformAuditSearch =>
  readPlatformAuditSearch({ ...useSearch({ from: '/app/platform-audit' }) });
