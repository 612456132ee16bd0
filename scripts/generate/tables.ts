import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, statement } from '#platform/db';
import { OURS } from './schema.ts';

interface Column {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly required: boolean;
  readonly made: boolean;
}

const COLUMNS = `
  select n.nspname as schema, c.relname as name, a.attname as column, format_type(a.atttypid, null) as type,
         a.attnotnull as required, (a.atthasdef or a.attidentity <> '') as made
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where ${OURS} and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
   order by n.nspname, c.relname, a.attnum`;

/** The types of a module's tables for Kysely, where the module builds queries with them: `tables.ts` by its name. */
export async function tableTypes(db: Database, root: string): Promise<[string, string][]> {
  const columns = await db.asMigrator(statement<Column>(COLUMNS));
  const schemas = [...new Set(columns.map(({ schema }) => schema))];
  return schemas.flatMap((schema): [string, string][] => {
    const folder = ['src/platform', 'src/products'].map((above) => `${above}/${schema}`).find((path) => existsSync(join(root, path)));
    if (folder === undefined || !usesTables(join(root, folder))) return [];
    return [[`${folder}/tables.ts`, typesOf(schema, columns.filter((column) => column.schema === schema))]];
  });
}

function usesTables(folder: string): boolean {
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'tables.ts');
  return sources.some((file) => readFileSync(join(folder, file), 'utf8').includes("from './tables.ts'"));
}

function typesOf(schema: string, columns: readonly Column[]): string {
  const names = [...new Set(columns.map(({ name }) => name))];
  const tables = names.map((name) => {
    const fields = columns.filter((column) => column.name === name).map((column) => `    ${column.column}: ${typeOf(column)};`);
    return `  '${schema}.${name}': {\n${fields.join('\n')}\n  };`;
  });
  const body = tables.join('\n');
  const imports = ['ColumnType', 'Generated'].filter((word) => body.includes(`${word}<`));
  const head = imports.length === 0 ? '' : `import type { ${imports.join(', ')} } from 'kysely';\n\n`;
  return `// Made from the migrated database by npm run generate.\n${head}export interface ${schema[0]?.toUpperCase()}${schema.slice(1)}Tables {\n${body}\n}\n`;
}

const PLAIN: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  json: 'unknown',
  jsonb: 'unknown',
  bytea: 'Uint8Array',
};
const INSTANTS = new Set(['timestamp with time zone', 'timestamp without time zone', 'date']);

function typeOf({ type, required, made }: Column): string {
  const element = type.endsWith('[]') ? type.slice(0, -2) : undefined;
  const orNull = required ? '' : ' | null';
  if (INSTANTS.has(type)) {
    const given = `Date | string${orNull}`;
    return `ColumnType<Date${orNull}, ${given}${made ? ' | undefined' : ''}, ${given}>`;
  }
  const plain = element === undefined ? (PLAIN[type] ?? 'string') : `${INSTANTS.has(element) ? 'Date' : (PLAIN[element] ?? 'string')}[]`;
  const whole = plain === 'unknown' ? plain : `${plain}${orNull}`;
  return made ? `Generated<${whole}>` : whole;
}
