import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';

/** One SQL statement with its parameters; `Row` is the shape of what it answers. */
export interface Statement<Row = unknown> {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Exists for the compiler alone. */
  readonly __row?: Row;
}

/** What the database port runs: a statement of ours, or a Kysely query. */
export type Runnable<Row = unknown> = Statement<Row> | { compile(): CompiledQuery<Row> };

export type RowOf<R> =
  R extends Statement<infer Row> ? Row : R extends { compile(): CompiledQuery<infer Row> } ? Row : never;

/**
 * Kysely as a typed query builder over a module's tables. It only compiles: the database port runs what comes out,
 * so that several statements can share one trip and none can run outside a scope.
 */
export function queries<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

/** A statement written as SQL, with $1, $2 … for its values. */
export function statement<Row>(text: string, values: readonly unknown[] = []): Statement<Row> {
  return { text, values };
}

/** Turns whatever is runnable into text and plain values: dates as ISO text, so that both engines read them alike. */
export function compiled(runnable: Runnable): { text: string; values: unknown[] } {
  if ('compile' in runnable) {
    const query = runnable.compile();
    return { text: query.sql, values: query.parameters.map(plainValue) };
  }
  return { text: runnable.text, values: runnable.values.map(plainValue) };
}

function plainValue(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
