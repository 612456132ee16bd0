import type { AccountId } from 'plinth/product';

/** The places that sealed texts of patterns are bound to. */
export const placeOf = {
  title: (accountId: AccountId, pattern: string) => `coditect.patterns.title/${accountId}/${pattern}`,
  texts: (accountId: AccountId, source: string) => `coditect.pattern_sources.texts/${accountId}/${source}`,
};
