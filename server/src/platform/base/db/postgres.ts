import pg from 'pg';
import { failureOf, unreachable } from './away.ts';
import { CONNECTING, deadlinesOf, IDLE_CONNECTION, IDLE_TRANSACTION } from './deadlines.ts';
import { createFairQueue, laneOf } from './fair-queue.ts';
import { keepListening } from './listener.ts';
import type { Connections, Engine, EngineTransaction, Opening, Plain } from './port.ts';

export interface PostgresOptions {
  /** The login of tenants' work; of all work where there is no other. */
  readonly url: string;
  /** The login of the system's work (docs/keys.md). */
  readonly systemUrl?: string | undefined;
  /** Where migrations and LISTEN go when the others lead through a pooler in transaction mode, or are no owner's. */
  readonly directUrl?: string | undefined;
  readonly poolSize?: number | undefined;
  /** Off for poolers that don't carry named statements from one transaction to the next (PgBouncer before 1.21). */
  readonly namedStatements?: boolean | undefined;
  /** Milliseconds for an answer of the database, but to uses that take long; 14,000 when not said. */
  readonly answerWithin?: number | undefined;
  /** Told of errors on idle connections, which belong to no call. */
  readonly onIdleError?: ((error: Error) => void) | undefined;
}

/** Past this many distinct texts a statement stays unnamed, so that neither side's memory grows without bound. */
const NAMED_LIMIT = 1_000;

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : textParser(oid);
  },
};

function textParser(oid: number): (text: string) => unknown {
  // bigint: a number where it is exact, as PGlite gives it.
  if (oid === 20) return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));
  return pg.types.getTypeParser(oid, 'text') as (text: string) => unknown;
}

const ignore = () => {};

/** Connections by the URL of one setting, which is named when none comes about. */
interface Login {
  readonly setting: string;
  /** In its turn: each lane has its share of them. */
  connect(opening?: Opening): Promise<pg.PoolClient>;
  count(): Connections;
  waitingIn(lane: string): number;
  end(): Promise<void>;
}

/** The way to the server itself, and the setting that says it. */
function directOf({ url, systemUrl, directUrl }: PostgresOptions): { setting: string; url: string } {
  if (directUrl !== undefined) return { setting: 'DIRECT_URL', url: directUrl };
  if (systemUrl !== undefined) return { setting: 'SYSTEM_DATABASE_URL', url: systemUrl };
  return { setting: 'DATABASE_URL', url };
}

/** PostgreSQL over pooled, pipelined connections: a batch in a scope is one round trip. */
export function createPostgresEngine(options: PostgresOptions): Engine {
  const onIdleError = options.onIdleError ?? (() => {});
  const tenants = loginAt('DATABASE_URL', options.url);
  const system =
    options.systemUrl === undefined ? tenants : loginAt('SYSTEM_DATABASE_URL', options.systemUrl);
  const direct = directOf(options);
  const names = new Map<string, string>();
  const listeners: (() => Promise<void>)[] = [];

  function loginAt(setting: string, url: string): Login {
    const slots = options.poolSize ?? 10;
    const onLate = () => unreachable(setting, url, new Error('all connections are in use'));
    const queue = createFairQueue({ slots, patience: CONNECTING, onLate });
    const lanes = new WeakMap<pg.PoolClient, string>();
    const pool = new pg.Pool({
      connectionString: url,
      max: slots,
      pipeline: true,
      types,
      connectionTimeoutMillis: CONNECTING,
      idleTimeoutMillis: IDLE_CONNECTION,
      application_name: 'plinth',
    });
    pool.on('error', onIdleError);
    // A connection that breaks in the middle of a query fails that query; without a listener it would end the process too.
    pool.on('connect', (client) => void client.on('error', ignore));
    pool.on('release', (_error, client) => {
      const lane = lanes.get(client);
      if (lane !== undefined) queue.leave(lane);
      // One that the pool takes back by itself was in no lane.
      lanes.delete(client);
    });
    return {
      setting,
      async connect(opening) {
        const lane = laneOf(opening);
        const turn = queue.enter(lane);
        if (turn !== undefined) await turn;
        try {
          const client = await pool.connect();
          lanes.set(client, lane);
          return client;
        } catch (error) {
          queue.leave(lane);
          throw unreachable(setting, url, error);
        }
      },
      count: () => ({
        used: pool.totalCount - pool.idleCount,
        idle: pool.idleCount,
        waiting: pool.waitingCount + queue.waiting(),
      }),
      waitingIn: (lane) => queue.waiting(lane),
      end: () => pool.end(),
    };
  }

  function loginOf({ role }: Opening): Login {
    return role === 'plinth_system' ? system : tenants;
  }

  async function once<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connectDirectly();
    try {
      return await work(client);
    } catch (error) {
      throw failureOf(direct.setting, error, { write: true, commits: true });
    } finally {
      await client.end();
    }
  }

  async function connectDirectly(): Promise<pg.Client> {
    try {
      const client = new pg.Client({
        connectionString: direct.url,
        types,
        connectionTimeoutMillis: CONNECTING,
      });
      client.on('error', ignore);
      await client.connect();
      return client;
    } catch (error) {
      throw unreachable(direct.setting, direct.url, error);
    }
  }

  function query(client: pg.PoolClient, statement: Plain): Promise<pg.QueryResult> {
    const { text, values } = statement;
    let name = options.namedStatements === false ? undefined : names.get(text);
    if (name === undefined && options.namedStatements !== false && names.size < NAMED_LIMIT) {
      name = `p${names.size}`;
      names.set(text, name);
    }
    return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  }

  const answerOf = (opening: Pick<Opening, 'isLong'>) =>
    opening.isLong ? deadlinesOf(opening).answer : (options.answerWithin ?? deadlinesOf(opening).answer);
  const quickDeadline = answerOf({ isLong: false });

  function open(client: pg.PoolClient, opening: Opening): Promise<pg.QueryResult>[] {
    const { lock, statement } = deadlinesOf(opening);
    return [
      query(client, { text: opening.write ? 'begin' : 'begin read only', values: [] }),
      query(client, {
        text: `select set_config('role', $1, true), set_config('app.account', $2, true), set_config('app.user', $3, true),
          set_config('lock_timeout', $4, true), set_config('statement_timeout', $5, true),
          set_config('idle_in_transaction_session_timeout', '${IDLE_TRANSACTION}ms', true)`,
        values: [opening.role, opening.account, opening.user, lock, statement],
      }),
    ];
  }

  return {
    name: 'postgres',
    async batch(opening, statements) {
      const client = await loginOf(opening).connect(opening);
      let broken = true;
      try {
        const rows = await withDeadline(client, answerOf(opening), () =>
          settleAll(
            sendTogether(client, () => [
              ...open(client, opening),
              ...statements.map((statement) => query(client, statement)),
              query(client, { text: 'commit', values: [] }),
            ]),
          ),
        );
        broken = false;
        return rows.slice(2, -1);
      } catch (error) {
        broken = isBroken(error);
        throw failureOf(loginOf(opening).setting, error, { ...opening, commits: true });
      } finally {
        client.release(broken);
      }
    },
    call: (statement) => commitOne(system, quickDeadline, (client) => query(client, statement)),
    async begin(opening): Promise<EngineTransaction> {
      const { setting, connect } = loginOf(opening);
      const within = answerOf(opening);
      const client = await connect(opening);
      try {
        await withDeadline(client, within, () =>
          settleAll(sendTogether(client, () => open(client, opening))),
        );
      } catch (error) {
        client.release(true);
        throw failureOf(setting, error, { ...opening, commits: false });
      }
      return {
        async run(statements) {
          try {
            return await withDeadline(client, within, () =>
              settleAll(sendTogether(client, () => statements.map((statement) => query(client, statement)))),
            );
          } catch (error) {
            throw failureOf(setting, error, { ...opening, commits: false });
          }
        },
        async commit() {
          try {
            await withDeadline(client, within, () => query(client, { text: 'commit', values: [] }));
            client.release();
          } catch (error) {
            client.release(true);
            throw failureOf(setting, error, { ...opening, commits: true });
          }
        },
        async rollback() {
          try {
            await withDeadline(client, within, () => query(client, { text: 'rollback', values: [] }));
            client.release();
          } catch (error) {
            client.release(true);
            throw error;
          }
        },
      };
    },
    async beginAsMigrator(write): Promise<EngineTransaction> {
      const client = await connectDirectly();
      const runStatement = async ({ text, values }: Plain) => (await client.query(text, [...values])).rows;
      const end = async (text: string) => {
        try {
          await client.query(text);
        } finally {
          await client.end();
        }
      };
      await client.query(write ? 'begin' : 'begin read only').catch(async (error: unknown) => {
        await client.end();
        throw error;
      });
      return {
        async run(statements) {
          const rows: unknown[][] = [];
          for (const statement of statements) rows.push(await runStatement(statement));
          return rows;
        },
        commit: () => end('commit'),
        rollback: () => end('rollback'),
      };
    },
    connections() {
      const [one, other] = [tenants.count(), system === tenants ? undefined : system.count()];
      return {
        used: one.used + (other?.used ?? 0),
        idle: one.idle + (other?.idle ?? 0),
        waiting: one.waiting + (other?.waiting ?? 0),
      };
    },
    waitingIn: (lane) => tenants.waitingIn(lane) + (system === tenants ? 0 : system.waitingIn(lane)),
    script: async (sql) => void (await once((client) => client.query(sql))),
    async bare({ text, values }, login) {
      // Neither of the two logins is the owner's: that one has no pool.
      const isOwners = login === 'migrator' && options.systemUrl !== undefined;
      const asked = { text, values: [...values] };
      if (isOwners) return (await once((client) => client.query(asked))).rows;
      return commitOne(login === 'tenant' ? tenants : system, quickDeadline, (client) => client.query(asked));
    },
    async listen(channel, hear) {
      const listening = { connectionString: direct.url, channel, hear, onError: onIdleError };
      listeners.push(
        await keepListening(listening).catch((error: unknown) => {
          throw unreachable(direct.setting, direct.url, error);
        }),
      );
    },
    async close() {
      await Promise.all(listeners.map((stop) => stop()));
      await Promise.all([...new Set([tenants, system])].map((login) => login.end()));
    },
  };
}

/** A single statement that commits by itself. */
async function commitOne(
  { setting, connect }: Login,
  within: number,
  ask: (client: pg.PoolClient) => Promise<pg.QueryResult>,
): Promise<unknown[]> {
  const client = await connect();
  let broken = true;
  try {
    const { rows } = await withDeadline(client, within, () => ask(client));
    broken = false;
    return rows;
  } catch (error) {
    broken = isBroken(error);
    throw failureOf(setting, error, { write: true, commits: true });
  } finally {
    client.release(broken);
  }
}

/**
 * The answer to what is asked. One that does not come in time ends its connection, as if the network had: a server whose machine or
 * way is gone closes nothing. What was asked for may be done all the same.
 */
async function withDeadline<T>(client: pg.PoolClient, within: number, ask: () => Promise<T>): Promise<T> {
  let isOver = false;
  const end = () => {
    const error = new Error(`the database did not answer within ${within} ms`);
    if (!isOver) client.connection.stream.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  };
  // A process that was stopped finds that time is over before it has read the answer that waits for it.
  const timer = setTimeout(() => setImmediate(end), within);
  try {
    return await ask();
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** An error of SQL leaves the connection sound (COMMIT of a failed transaction rolls back); any other does not. */
function isBroken(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || error.severity === 'FATAL';
}

/**
 * Queries that are sent together leave in one write: `pg` writes each by itself, and a create of Reel then takes 13 to
 * 27 % more of this process's time (docs/benchmarks.md).
 */
function sendTogether<T>(client: pg.PoolClient, send: () => T): T {
  const { stream } = client.connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** All answers, in order; when several failed, the first failure: the later ones only follow from it. */
async function settleAll(results: Promise<pg.QueryResult>[]): Promise<unknown[][]> {
  const settled = await Promise.allSettled(results);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((result) => (result.status === 'fulfilled' ? result.value.rows : []));
}
