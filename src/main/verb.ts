import type { Config } from '#platform/config';

/** What a verb is given; it answers the code that the process ends with, or never while it serves. */
export interface Invocation {
  readonly config: Config;
  readonly version: string;
  readonly words: readonly string[];
}
export type Verb = (invocation: Invocation) => Promise<number>;
