import type { Description, DescribedColumn } from '../services/describe-statements.ts';
import { byName, byOid, type DriverType } from './drivers.ts';
import type { Way } from './find-statements.ts';
import type { Shape } from './shapes.ts';

/** The names of the tables' columns that may be null, by `table.place`. */
export type Nullable = ReadonlyMap<string, string>;

/** Types past this number are the program's own. */
const BUILT_IN = 16_384;
/** What they are given as: a text that the database reads. */
const TEXT = 25;

/** What a row type says otherwise than the database. */
export function columnObjections(
  row: ReadonlyMap<string, Shape>,
  way: Pick<Way, 'text' | 'values'>,
  { described, nullable }: { readonly described: Description; readonly nullable: Nullable },
): string[] {
  const mayBeNull = ({ table, place }: DescribedColumn) => {
    const name = nullable.get(`${table}.${place}`);
    return name !== undefined && !isFilled(name, way);
  };
  const columns = new Map(described.columns.map((column) => [column.name, column]));
  const twice = columns.size < described.columns.length ? ['two columns have one name'] : [];
  const missing = [...row].flatMap(([name, { isUndefined }]) =>
    isUndefined || columns.has(name) ? [] : [name],
  );
  const unsaid = [...columns.keys()].filter((name) => !row.has(name));
  return [
    ...twice,
    ...missing.map((name) => `${name}: the row type has it, the statement does not`),
    ...unsaid.map((name) => `${name}: the statement has it, the row type does not`),
    ...[...row].flatMap(([name, shape]) => {
      const column = columns.get(name);
      return column === undefined
        ? []
        : columnObjection(shape, column, mayBeNull(column)).map((says) => `${name}: ${says}`);
    }),
  ];
}

/** Whether a statement itself says that a column is not null, in its condition or by what it writes there. */
function isFilled(column: string, { text = '', values }: Pick<Way, 'text' | 'values'>): boolean {
  const filled = new RegExp(`\\b${column} (is not null|= (app\\.now\\(\\)|nextval\\())`);
  if (filled.test(text)) return true;
  const given = new RegExp(`\\b${column} = (?:coalesce\\(${column}, )?\\$(\\d+)`).exec(text)?.[1];
  return given !== undefined && values?.[Number(given) - 1]?.isNull === false;
}

function columnObjection(shape: Shape, column: DescribedColumn, mayBeNull: boolean): string[] {
  const type = byOid.get(column.type);
  if (type === undefined) return [`type ${column.type} is not in drivers.ts`];
  return [
    ...(reads(type, shape) ? [] : [`${type.name} is not read as ${shape.written}`]),
    ...(mayBeNull && !shape.isNull && !shape.kinds.has('unknown')
      ? [`its column may be null, ${shape.written} may not`]
      : []),
  ];
}

/** Whether what the drivers read is one of what a type allows. */
function reads(type: DriverType, shape: Shape): boolean {
  if (type.read === undefined) return false;
  if (shape.kinds.has('unknown')) return true;
  // JSON is any of its own kinds; what it holds inside is its writer's word.
  if (type.read === 'object')
    return !['date', 'bytes', 'bigint'].some((kind) => shape.kinds.has(kind as never));
  if (!shape.kinds.has(type.read)) return false;
  const item = type.item === undefined ? undefined : byName.get(type.item);
  return item === undefined || shape.item === undefined || reads(item, shape.item);
}

/** Which values the database takes otherwise than they are. */
export function parameterObjections(
  values: readonly Shape[] | undefined,
  { parameters }: Description,
): string[] {
  if (values === undefined) return ['how many values it has is not known'];
  if (values.length !== parameters.length)
    return [`it has ${values.length} values for ${parameters.length} parameters`];
  return values.flatMap((shape, place) => {
    const oid = parameters[place] ?? 0;
    const type = byOid.get(oid >= BUILT_IN ? TEXT : oid);
    if (type === undefined) return [`$${place + 1}: type ${parameters[place]} is not in drivers.ts`];
    return takes(type, shape) ? [] : [`$${place + 1}: ${type.name} does not take ${shape.written}`];
  });
}

/** Whether all that a value may be is taken. */
function takes(type: DriverType, shape: Shape): boolean {
  if (shape.isUndefined || ![...shape.kinds].every((kind) => type.taken.includes(kind))) return false;
  const item = type.item === undefined ? undefined : byName.get(type.item);
  return item === undefined || shape.item === undefined || takes(item, shape.item);
}
