import { type Database, statement } from '#platform/db';
import type { Description } from '../services/describe-statements.ts';
import type { FoundStatement } from './find-statements.ts';
import { columnObjections, parameterObjections } from './objections.ts';
import type { ReadStatements } from './read-statements.ts';

interface NamedColumn {
  readonly at: string;
  readonly name: string;
}

const NULLABLE = `
  select a.attrelid::oid || '.' || a.attnum as at, a.attname as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid
   where not a.attnotnull and a.attnum > 0 and c.relkind in ('r', 'p') and a.attrelid::regclass || '.' || a.attname <> all ($1)`;

/** The columns that may be null, by \`table.place\`, but those that are filled all the same. */
export async function nullableColumns(
  db: Database,
  filled: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.asMigrator(statement<NamedColumn>(NULLABLE, [filled]));
  return new Map(rows.map(({ at, name }) => [at, name]));
}

/** Compares statements with the database, and tells of each difference as `file maker:line: column: what`. */
export function differences(
  { known, texts }: Pick<ReadStatements, 'known' | 'texts'>,
  answers: readonly Description[],
  nullable: ReadonlyMap<string, string>,
): string[] {
  const described = new Map(texts.map((text, place) => [text, answers[place]]));
  return known.flatMap((one) => [...new Set(objectionsTo(one, { described, nullable }))]);
}

function objectionsTo(
  one: FoundStatement,
  by: {
    readonly described: ReadonlyMap<string, Description | undefined>;
    readonly nullable: ReadonlyMap<string, string>;
  },
): string[] {
  const at = `${one.name}:${one.line}:`;
  return one.ways.flatMap((way) => {
    if (way.text === undefined) return [`${at} its text is known to a run alone`];
    const described = by.described.get(way.text);
    if (described === undefined || described.error !== undefined) return [`${at} ${described?.error}`];
    const columns =
      one.row === undefined ? [] : columnObjections(one.row, way, { described, nullable: by.nullable });
    return [...columns, ...parameterObjections(way.values, described)].map((says) => `${at} ${says}`);
  });
}
