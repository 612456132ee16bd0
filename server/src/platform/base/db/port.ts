import type { AccountId, UserId } from '#platform/kernel';
import type { CommitPoint } from './commit-points.ts';
import type { RowOf, Statement } from './statement.ts';
import type { SystemUse } from './system-uses.ts';

/** An open transaction in its scope. */
export interface Transaction {
  /** Runs one statement and answers its rows. */
  run<R extends Statement>(statement: R): Promise<RowOf<R>[]>;
  /** Runs several statements in one trip where the engine can; the answer has the rows of each. */
  runAll<const R extends readonly Statement[]>(statements: R): Promise<RowsOf<R>>;
}

export type RowsOf<R extends readonly Statement[]> = { -readonly [K in keyof R]: RowOf<R[K]>[] };

type Work<T> = (tx: Transaction) => Promise<T>;

/**
 * A verb of the database. Without a commit point the transaction is read only, and the database itself refuses a
 * write; with one it may write, and the point's name is where the crash tests kill the process.
 * A list of statements travels as one pipelined trip; a function gets an interactive transaction.
 */
export interface ScopedVerb<Scope> {
  <const R extends readonly Statement[]>(scope: Scope, statements: R): Promise<RowsOf<R>>;
  <T>(scope: Scope, work: Work<T>): Promise<T>;
  <const R extends readonly Statement[]>(scope: Scope, point: CommitPoint, statements: R): Promise<RowsOf<R>>;
  <T>(scope: Scope, point: CommitPoint, work: Work<T>): Promise<T>;
}

/** A user in one account that they are a member of. */
export interface Member {
  readonly account: AccountId;
  readonly user: UserId;
}

/** The database port: PGlite and PostgreSQL behind one face. */
export interface Database {
  readonly engine: 'pglite' | 'postgres';
  /** Rows of one account, by row security. */
  readonly tenant: ScopedVerb<AccountId>;
  /** Rows of one user (me, sessions, memberships), by row security. */
  readonly user: ScopedVerb<UserId>;
  /** Rows of one account, those of one user, and what its members wrote that this one may see (`app.protect_member`). */
  readonly member: ScopedVerb<Member>;
  /** Rows without an owner: log-in, admission, sweeps. A module declares each use, with the reason. */
  readonly system: ScopedVerb<SystemUse>;
  /** Tells all processes, after a commit, that something changed. Coalesced; may be lost: a slow poll stands behind it. */
  signal(topic: string, id?: string): void;
  /** Hears signals of a topic from every process, this one's at once. Returns how to stop. */
  onSignal(topic: string, hear: (id: string) => void): () => void;
  /** Has signals go through a carrier from now on; NOTIFY carries what it does not take. Returns how to stop. */
  carrySignals(carrier: SignalCarrier): () => void;
  /** Connections of this process, and calls that wait for one; undefined: it has none, the database is a part of it. */
  connections(): Connections | undefined;
  /** How many of a lane's transactions wait for their turn in this process. */
  waitingIn(lane: string): number;
  /** Answers in milliseconds how long a trivial statement took; throws when the database is away. */
  ping(): Promise<number>;
  /** Runs SQL text as the migrator, outside any scope: migrations, maintenance and tests only. */
  script(sql: string): Promise<void>;
  /** Runs one statement as a login that does no work of its own scope, to see what the login itself may do. */
  asLogin<R extends Statement>(login: 'tenant' | 'system', statement: R): Promise<RowOf<R>[]>;
  /** Runs one statement as the migrator and answers its rows: migrations, maintenance and tests only. */
  asMigrator<R extends Statement>(statement: R): Promise<RowOf<R>[]>;
  /** One transaction of the migrator, outside any scope: for a move of everything. Without a commit point it only reads. */
  transactAsMigrator<T>(point: CommitPoint | undefined, work: Work<T>): Promise<T>;
  /**
   * Ends transactions whose clients are gone in the middle of a statement, whichever process they were of; answers how many. They hold rows
   * until PostgreSQL hears of it, which may take hours. `milliseconds`: how long they have waited at least.
   */
  endAbandoned(milliseconds?: number): Promise<number>;
  /**
   * For the embedded database: does work on its folder while nothing is written there, and all other calls wait. The files are those of a
   * database after a checkpoint. The work must not ask the database.
   */
  readonly freeze: (<T>(work: (folder: string) => Promise<T>) => Promise<T>) | undefined;
  close(): Promise<void>;
}

export interface Connections {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Another way for signals than NOTIFY, which serialises commits. What it takes may be lost. */
export interface SignalCarrier {
  /** Answers whether it took the message; never rejects. */
  publish(message: string): Promise<boolean>;
  /** Hears what any process published. Returns how to stop. */
  subscribe(hear: (message: string) => void): () => void;
}

/** Duties of an engine; scopes, signals and crash points are built on top of it, once for both. */
export interface Engine {
  readonly name: 'pglite' | 'postgres';
  batch(opening: Opening, statements: readonly Plain[]): Promise<unknown[][]>;
  /** One statement as the system's login, which commits by itself. */
  call(statement: Plain): Promise<unknown[]>;
  begin(opening: Opening): Promise<EngineTransaction>;
  /** A transaction as the migrator, who owns the tables. */
  beginAsMigrator(write: boolean): Promise<EngineTransaction>;
  script(sql: string): Promise<void>;
  connections?(): Connections;
  waitingIn(lane: string): number;
  /** Outside any scope, as one of the logins; they are one where the settings name one. */
  bare(statement: Plain, login: 'tenant' | 'system' | 'migrator'): Promise<unknown[]>;
  listen(channel: string, hear: (payload: string) => void): Promise<void>;
  freeze?<T>(work: (folder: string) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Plain {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** How a transaction opens: its role and scope, and whether it may write. */
export interface Opening {
  readonly role: 'plinth_tenant' | 'plinth_system';
  readonly account: string;
  readonly user: string;
  readonly write: boolean;
  /** Its statements may take minutes. */
  readonly isLong: boolean;
}

export interface EngineTransaction {
  run(statements: readonly Plain[]): Promise<unknown[][]>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}
