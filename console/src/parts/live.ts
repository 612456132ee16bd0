/** Milliseconds after which what is shown is asked for again, while its tab is in sight. There is no stream of an account's usage. */
export const LIVE = 10_000;
