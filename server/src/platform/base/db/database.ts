import { AsyncLocalStorage } from 'node:async_hooks';
import { isUuid } from '#platform/kernel';
import { currentTrace, errorCode, type Span } from '#platform/telemetry';
import { endAbandoned } from './abandoned.ts';
import type { CommitPoint, CrashHook } from './commit-points.ts';
import { isLongUse } from './deadlines.ts';
import type { Database, Engine, EngineTransaction, Opening, Plain, ScopedVerb, Transaction } from './port.ts';
import { createSignals } from './signals.ts';
import { plain, type Statement } from './statement.ts';

const inside = new AsyncLocalStorage<true>();

/**
 * Throws when a database transaction is open in this call chain. A caller that reaches out of the process (a model, a
 * mail server, a store) calls it first: a transaction must never wait for the network.
 */
export function assertOutsideTransaction(doing: string): void {
  if (inside.getStore() === true) throw new Error(`${doing} inside a database transaction`);
}

type Job = readonly Statement[] | ((tx: Transaction) => Promise<unknown>);

/** Scopes, signals and crash points, once for both engines. */
export function createDatabase(
  engine: Engine,
  options: { crashHook?: CrashHook | undefined } = {},
): Database {
  const crashHook = options.crashHook ?? (() => {});
  const signals = createSignals(engine);

  async function run(opening: Opening, point: CommitPoint | undefined, job: Job): Promise<unknown> {
    // On the embedded database there is one connection: waiting for a second transaction inside the first never ends.
    assertOutsideTransaction('another transaction was opened');
    const span = currentTrace()?.start(point ?? 'read', 'client');
    return span === undefined
      ? perform(opening, { point, job })
      : record(span, () => perform(opening, { point, job, span }));
  }

  async function perform(
    opening: Opening,
    {
      point,
      job,
      span,
    }: { readonly point: CommitPoint | undefined; readonly job: Job; readonly span?: Span },
  ): Promise<unknown> {
    if (typeof job !== 'function') {
      const statements = job.map(plain);
      if (span !== undefined) span.statements = textsOf(statements);
      if (point === undefined) return engine.batch(opening, statements);
      crashHook(point, 'before');
      const alone = aloneOf(opening, job);
      const rows =
        alone === undefined ? await engine.batch(opening, statements) : [await engine.call(plain(alone))];
      crashHook(point, 'after');
      for (const { onCommit } of job) onCommit?.();
      return rows;
    }
    const open = await engine.begin(opening);
    const ran: Statement[] = [];
    const answer = await finish(open, point, () =>
      inside.run(true, () => job(transaction(open, { span, ran }))),
    );
    for (const { onCommit } of ran) onCommit?.();
    return answer;
  }

  /** Does the work of an open transaction, and commits it. */
  async function finish<T>(
    open: EngineTransaction,
    point: CommitPoint | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    let answer: T;
    try {
      answer = await work();
      if (point !== undefined) crashHook(point, 'before');
    } catch (error) {
      // The failure that ended the work is the one to report, not that of a rollback on a broken connection.
      await open.rollback().catch(() => {});
      throw error;
    }
    await open.commit();
    if (point !== undefined) crashHook(point, 'after');
    return answer;
  }

  function verb<Scope>(opening: (scope: Scope, write: boolean) => Opening): ScopedVerb<Scope> {
    const call = async (scope: Scope, pointOrJob: CommitPoint | Job, job?: Job): Promise<unknown> =>
      typeof pointOrJob === 'string'
        ? run(opening(scope, true), pointOrJob, job ?? [])
        : run(opening(scope, false), undefined, pointOrJob);
    return call as ScopedVerb<Scope>;
  }

  return {
    engine: engine.name,
    tenant: verb((account, write) => ({ ...TENANT, account: assertId(account), write })),
    user: verb((user, write) => ({ ...TENANT, user: assertId(user), write })),
    member: verb(({ account, user }, write) => ({
      ...TENANT,
      account: assertId(account),
      user: assertId(user),
      write,
    })),
    system: verb((use, write) => ({ ...SYSTEM, write, isLong: isLongUse(use) })),
    signal: signals.send,
    onSignal: signals.hear,
    carrySignals: signals.carry,
    connections: () => engine.connections?.(),
    waitingIn: engine.waitingIn,
    async ping() {
      const started = performance.now();
      const asked = { text: 'select 1', values: [] };
      await Promise.all([engine.bare(asked, 'tenant'), engine.bare(asked, 'system')]);
      return performance.now() - started;
    },
    script: (sql) => engine.script(sql),
    asLogin: async (login, statement) => (await engine.bare(plain(statement), login)) as never,
    asMigrator: async (statement) => (await engine.bare(plain(statement), 'migrator')) as never,
    async transactAsMigrator(point, work) {
      const open = await engine.beginAsMigrator(point !== undefined);
      return finish(open, point, () => work(transaction(open)));
    },
    endAbandoned: (milliseconds) => endAbandoned(engine, milliseconds),
    freeze: engine.freeze,
    async close() {
      await signals.close();
      await engine.close();
    },
  };
}

const TENANT = { role: 'plinth_tenant', account: '', user: '', isLong: false } as const;
const SYSTEM = { role: 'plinth_system', account: '', user: '' } as const;

/** The one statement of a batch, where it needs nothing around it. */
function aloneOf({ role }: Opening, [first, ...more]: readonly Statement[]): Statement | undefined {
  return role === 'plinth_system' && more.length === 0 && first?.runsAsSystem === true ? first : undefined;
}

/** `span`: that of the transaction, where it is recorded; `ran`: gets the statements that want to hear of its commit. */
function transaction(
  open: EngineTransaction,
  { span, ran }: { readonly span?: Span | undefined; readonly ran?: Statement[] } = {},
): Transaction {
  const run = (statements: readonly Statement[]) => {
    const asked = statements.map(plain);
    for (const one of statements) if (one.onCommit !== undefined) ran?.push(one);
    if (span === undefined) return open.run(asked);
    const trip = span.trace.start('statements', 'client', span);
    trip.statements = textsOf(asked);
    return record(trip, () => open.run(asked));
  };
  return {
    run: async (statement) => (await run([statement]))[0] as never,
    runAll: async (statements) => (await run(statements)) as never,
  };
}

async function record<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    span.end(errorCode(error));
    throw error;
  }
}

const textsOf = (statements: readonly Plain[]) => statements.map(({ text }) => text);

function assertId(id: string): string {
  if (!isUuid(id)) throw new Error('a scope needs the id of an account or user');
  return id;
}
