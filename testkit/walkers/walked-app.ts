import type { App } from '../../server/src/app.ts';
import type { Database } from '#platform/db';

/** A server that walkers call: the whole program in this process. */
export interface WalkedApp {
  readonly url: string;
  readonly app: App;
  readonly db: Database;
  /** The products whose best plan a company gets; all, when not said. */
  readonly sold?: readonly string[];
}
