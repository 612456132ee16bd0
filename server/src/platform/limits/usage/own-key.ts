const MARK = '+own-key-';

/** The version of a price for a call that goes out with its account's own key: the row of the ledger says so, and the fee in percent. */
export const ownKeyVersion = (version: string, fee: number): string => `${version}${MARK}${fee}`;

/** Whether a row's price is that of a call with its account's own key. */
export const isOwnKeyVersion = (version: string): boolean => version.includes(MARK);
