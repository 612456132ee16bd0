import type { AccountId } from 'plinth/product';

/** The places that sealed texts are bound to: one that is copied to another row opens nowhere. */
export const placeOf = {
  title: (accountId: AccountId, session: string) => `coditect.memory_sessions.title/${accountId}/${session}`,
  text: (accountId: AccountId, message: string) => `coditect.memory_messages.text/${accountId}/${message}`,
  speaker: (accountId: AccountId, message: string) =>
    `coditect.memory_messages.speaker/${accountId}/${message}`,
  drawn: (accountId: AccountId, session: string) => `coditect.memory_summaries.drawn/${accountId}/${session}`,
  refined: (accountId: AccountId, session: string) =>
    `coditect.memory_summaries.refined/${accountId}/${session}`,
};
