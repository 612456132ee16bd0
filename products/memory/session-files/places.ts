import type { AccountId } from 'plinth/product';

/** The places that a file's name and bytes are bound to: what is copied to another file opens nowhere. */
export const placeOf = {
  name: (accountId: AccountId, file: string) => `coditect.memory_files.name/${accountId}/${file}`,
  bytes: (accountId: AccountId, session: string, file: string) =>
    `coditect.memory_files.bytes/${accountId}/${session}/${file}`,
};
