/** A column of sealed texts, as its module declares it. */
export interface SealedColumn {
  /** With its schema: `identity.signing_keys`. */
  readonly table: string;
  /** A column of type text; null where there is no secret. */
  readonly column: string;
  /** The table's primary key, in its order: it is the secret's place. */
  readonly key: readonly string[];
  /** Name of the place where a secret moves between two columns of its row. The column's name unless it is said. */
  readonly field?: string;
}

export interface Sealed extends SealedColumn {
  /** The context that binds a secret to its row; the values of the primary key, in its order. */
  context(...key: readonly string[]): string;
}

const declared = new Map<string, Sealed>();

/**
 * Declares a column that holds sealed texts: `plinth keys reseal` walks all of them, and a test finds sealed texts
 * anywhere else. Declared once, beside the SQL of its table.
 */
export function sealedColumn(column: SealedColumn): Sealed {
  const name = `${column.table}.${column.column}`;
  if (declared.has(name)) throw new Error(`sealed column declared twice: ${name}`);
  const place = `${column.table}.${column.field ?? column.column}`;
  const sealed: Sealed = { ...column, context: (...key) => [place, ...key].join('/') };
  declared.set(name, sealed);
  return sealed;
}

/** The registry: every column of sealed texts. */
export function sealedColumns(): readonly Sealed[] {
  return [...declared.values()];
}
