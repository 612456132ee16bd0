import type { Member } from '@plinth/testkit/factories';

/** What a process of its own is told on its command line, as JSON. */
export interface Orders {
  readonly url: string;
  readonly seed: string;
  /** One start of a process: what the request ids of its decisions begin with. */
  readonly name: string;
  readonly members: readonly Member[];
  /** How many ask at once. */
  readonly callers: number;
}

/**
 * What came of decisions, as a process tells it line by line: the first request's number, and a letter for each from there on.
 * p: permit, d: denied, r: a repeat of a key, told so; f: the process itself was thought dead; x: it broke off, and what it did
 * is unknown.
 */
export type Verdict = 'p' | 'd' | 'r' | 'f' | 'x';

export const requestId = (name: string, n: number): string => `${name}-${n}`;
