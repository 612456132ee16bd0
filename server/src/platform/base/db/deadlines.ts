import type { Opening } from './port.ts';
import type { SystemUse } from './system-uses.ts';

/** How long the work of one scope may take (docs/durability.md). */
export interface Deadlines {
  /**
   * For a row or a lock that another transaction has. PostgreSQL then fails the statement with 55P03. `app.run_as_system` gives that of
   * short work to functions, which may be called with no transaction around them.
   */
  readonly lock: string;
  /** For one statement. PostgreSQL then fails it with 57014. */
  readonly statement: string;
  /** Milliseconds for the answer to what was sent together: longer than PostgreSQL takes, so that this is the end of a connection that is silent. */
  readonly answer: number;
}

/** Shorter than the time after which a process that cannot renew its lease ends: a caller that waits is answered before. */
const SHORT: Deadlines = { lock: '10s', statement: '12s', answer: 14_000 };
const LONG: Deadlines = { lock: '30s', statement: '10min', answer: 660_000 };

/** Milliseconds that a connection may take to come about, or the turn on the one of the embedded database. */
export const CONNECTING = 10_000;

/**
 * A transaction that says nothing for so many milliseconds is undone: when a machine or its network goes away, the locks of its transactions
 * would stay until TCP finds out, two hours by default. No transaction of ours waits for anything.
 */
export const IDLE_TRANSACTION = 30_000;

/**
 * Milliseconds that the client of an open transaction which has written may say nothing in the middle of a message, or read
 * nothing of its answer. With a look each five seconds its rows are free before a transaction that is idle is undone.
 */
export const ABANDONED_AFTER = 20_000;

const long = new Set<string>(['db.installation', 'db.maintenance'] satisfies SystemUse[]);

/** Says of uses of the system that their statements may take minutes: what reads or changes rows of years. */
export function declareLongUses(...uses: SystemUse[]): void {
  for (const use of uses) long.add(use);
}

export function isLongUse(use: string): boolean {
  return long.has(use);
}

export function deadlinesOf({ isLong }: Pick<Opening, 'isLong'>): Deadlines {
  return isLong ? LONG : SHORT;
}

/**
 * Milliseconds that a connection stays open without work: a new one compiles and plans all functions anew. Networks that forget silent
 * connections wait for 350 s or longer.
 */
export const IDLE_CONNECTION = 300_000;
