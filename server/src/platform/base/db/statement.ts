import type { Plain } from './port.ts';

/** One SQL statement with its parameters; `Row` is the shape of what it answers. */
export interface Statement<Row = unknown> {
  readonly text: string;
  readonly values: readonly unknown[];
  /** It calls a function that runs as the system for every caller: no scope need be set for it. */
  readonly runsAsSystem?: true;
  /** Called once the transaction that it was part of is committed. */
  readonly onCommit?: () => void;
  /** Exists for the compiler alone. */
  readonly __row?: Row;
}

export type RowOf<S> = S extends Statement<infer Row> ? Row : never;

/** A statement written as SQL, with $1, $2 … for its values. */
export function statement<Row>(text: string, values: readonly unknown[] = []): Statement<Row> {
  return { text, values };
}

/**
 * A statement that only calls a function which `app.run_as_system` made one of the system's: alone in the system's scope it
 * is a transaction by itself, and `begin`, the scope and `commit` are not sent.
 */
export function systemCall<Row>(call: Statement<Row>): Statement<Row> {
  return { ...call, runsAsSystem: true };
}

/** Text and plain values as an engine takes them: dates as ISO text, so that both engines read them alike. */
export function plain({ text, values }: Statement): Plain {
  return { text, values: values.map(plainValue) };
}

function plainValue(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

/**
 * SQL that deletes the rows of a table that a condition chooses (`limit` may end it), but those that another transaction holds: a deletion of
 * what is old locks rows in the order of some index, and would deadlock with who locks the same rows in another one. The next run finds them.
 */
export const deleteUnheld = (table: string, where: string): string =>
  `delete from ${table} where ctid = any(array(select ctid from ${table} where ${where} for update skip locked))`;
