import { ACCOUNTS } from './accounts.ts';
import { AI } from './ai.ts';
import { DATABASE } from './database.ts';
import { IDENTITY } from './identity.ts';
import { JOBS } from './jobs.ts';
import { LIMITS } from './limits.ts';
import type { Patch } from './patch.ts';
import { SERVER } from './server.ts';

export type { Patch } from './patch.ts';

/**
 * Ways to break the program, each with the test that notices. `npm run sabotage` applies them to a copy, one at a
 * time: a patch under which its test stays green shows a promise that nobody guards.
 */
export const PATCHES: readonly Patch[] = [
  ...DATABASE,
  ...LIMITS,
  ...JOBS,
  ...AI,
  ...IDENTITY,
  ...ACCOUNTS,
  ...SERVER,
];
