import type { Database } from '#platform/db';
import type { OpenAISandbox } from '#sandbox/openai';
import type { CallOptions, Reply } from './calls.ts';

/** A customer of a server that is killed: a call throws when it dies. */
export interface WalkClient {
  readonly url: string;
  readonly key: string;
  /** A call of the local owner, who has the best plan of each product. Comes back when an answer says when to. */
  call(call: string, options?: CallOptions): Promise<Reply>;
}

/**
 * Calls of a customer; answers how they ended. A customer makes the same calls with the next server, under the same key: send it as Idempotency-Key, and
 * put further words behind it where there are several calls.
 */
export type WalkAct = (client: WalkClient, key: string) => Promise<string>;

/** The work during which a server is killed, and how it ends with the next server. */
export interface CrashWalk {
  readonly customer?: WalkAct;
  /** The endings that a customer may see, once they came back. */
  readonly ends?: readonly string[];
  /** The customer does not come back. */
  readonly leaves?: true;
  /** Faults of the sandbox of the models. */
  readonly provider?: (sandbox: OpenAISandbox) => void;
  /** A server before it, and where that one is killed, if it is; otherwise it runs no jobs. */
  readonly earlier?: { readonly customer: WalkAct; readonly crashAt?: string };
  /** Changes the database before the server starts. */
  readonly found?: (db: Database) => Promise<void>;
  /** The server is told to stop once the customer is served. */
  readonly stops?: true;
  /** How far the time is moved on after the crash. */
  readonly later?: string;
  /** Crash points of the platform at which the server is killed too, such as `ai.answer`. */
  readonly at?: readonly string[];
  /** Model calls that it cuts short: their figures stay estimates, as do those of the one call under way in a crash. */
  readonly hides?: number;
}

/** A product as it is tried by killing the server: `export const crashes: CrashTests` of `testing/crashes.ts` beside its `index.ts`. */
export interface CrashTests {
  /** By the names that its crash points say in `walks`. */
  readonly walks: Readonly<Record<string, CrashWalk>>;
  /** Which rows are work that is not done, by the table: `{ 'notes.answers': "status in ('queued', 'running')" }`. None is left at the end. */
  readonly unfinished?: Readonly<Record<string, string>>;
  /** Answers faults of its rows once no work is left. */
  readonly wrong?: (db: Database) => Promise<readonly string[]>;
  /** A customer's work that succeeds after each crash: nothing that it needs is held any more. */
  readonly next?: { readonly customer: WalkAct; readonly ends: readonly string[] };
}
