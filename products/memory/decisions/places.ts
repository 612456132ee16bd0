import type { AccountId } from 'plinth/product';

const textOf = (column: string) => (accountId: AccountId, version: string) =>
  `coditect.memory_decision_versions.${column}/${accountId}/${version}`;

/** The places that sealed texts of decisions are bound to. */
export const placeOf = {
  title: textOf('title'),
  context: textOf('context'),
  rationale: textOf('rationale'),
  consequences: textOf('consequences'),
  path: (accountId: AccountId, link: string) => `coditect.memory_links.path/${accountId}/${link}`,
};
