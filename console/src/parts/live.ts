/** Milliseconds after which shown data is asked for again, while its tab is in sight. There is no stream of an account's usage. */
export const LIVE = 10_000;
