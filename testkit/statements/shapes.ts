import { TypeFlags, type Checker, type Type } from 'typescript/unstable/sync';

/** What the compiler says that a value may be, in the terms in which drivers read and write. */
export interface Shape {
  readonly kinds: ReadonlySet<Kind>;
  /** What the items of its lists may be. */
  readonly item: Shape | undefined;
  readonly isNull: boolean;
  readonly isUndefined: boolean;
  /** As the compiler writes it. */
  readonly written: string;
}

export type Kind =
  | 'string'
  | 'number'
  | 'bigint'
  | 'boolean'
  | 'date'
  | 'bytes'
  | 'list'
  | 'object'
  | 'unknown';

const BYTES = new Set(['Buffer', 'Uint8Array']);

export function shapeOf(type: Type, checker: Checker): Shape {
  const parts = partsOf(type, checker);
  const kinds = parts.map((part) => kindOf(part, checker));
  const list = parts.find((_part, place) => kinds[place] === 'list');
  const item = list === undefined ? undefined : itemOf(list, checker);
  return {
    kinds: new Set(kinds.filter((kind) => kind !== 'null' && kind !== 'undefined')),
    item: item === undefined ? undefined : shapeOf(item, checker),
    isNull: kinds.includes('null'),
    isUndefined: kinds.includes('undefined'),
    written: checker.typeToString(type),
  };
}

function partsOf(type: Type, checker: Checker): readonly Type[] {
  if (type.isUnionType()) return (type.getTypes() ?? []).flatMap((part) => partsOf(part, checker));
  const base =
    type.isTypeParameter() || type.isIndexedAccessType() ? checker.getBaseConstraintOfType(type) : undefined;
  return base === undefined || base === type ? [type] : partsOf(base, checker);
}

const FLAGS: readonly (readonly [flags: number, kind: Kind | 'null' | 'undefined'])[] = [
  [TypeFlags.Null, 'null'],
  [TypeFlags.Undefined | TypeFlags.Void, 'undefined'],
  [TypeFlags.String | TypeFlags.StringLiteral | TypeFlags.TemplateLiteral | TypeFlags.EnumLiteral, 'string'],
  [TypeFlags.Number | TypeFlags.NumberLiteral, 'number'],
  [TypeFlags.BigInt | TypeFlags.BigIntLiteral, 'bigint'],
  [TypeFlags.Boolean | TypeFlags.BooleanLiteral, 'boolean'],
  [TypeFlags.Any | TypeFlags.Unknown, 'unknown'],
];

function kindOf(type: Type, checker: Checker): Kind | 'null' | 'undefined' {
  const plain = FLAGS.find(([flags]) => (type.flags & flags) !== 0)?.[1];
  if (plain !== undefined) return plain;
  // A string with a brand, such as an account's id, and strings that are compared with literals (`string & {}`).
  if (type.isIntersectionType()) {
    const kinds = (type.getTypes() ?? []).map((part) => kindOf(part, checker));
    return kinds.find((kind) => kind !== 'object') ?? 'object';
  }
  const name = type.getSymbol()?.name ?? '';
  if (name === 'Date') return 'date';
  if (BYTES.has(name)) return 'bytes';
  return checker.isArrayLikeType(type) ? 'list' : 'object';
}

function itemOf(list: Type, checker: Checker): Type | undefined {
  const [info] = checker.getIndexInfosOfType(list);
  return info?.valueType;
}

/** The fields of a row type; undefined where it is none. */
export function fieldsOf(type: Type, checker: Checker): ReadonlyMap<string, Shape> | undefined {
  if ((type.flags & (TypeFlags.Unknown | TypeFlags.Any)) !== 0) return undefined;
  const fields = checker.getPropertiesOfType(type).map((property): [string, Shape] => {
    const typed = checker.getTypeOfSymbol(property);
    if (typed === undefined) throw new Error(`${property.name} has no type`);
    return [property.name, shapeOf(typed, checker)];
  });
  return new Map(fields);
}

/** The kind of a value of a run. */
export function kindOfValue(value: unknown): Kind {
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  const kind = typeof value;
  return kind === 'symbol' || kind === 'function' || kind === 'undefined' ? 'unknown' : kind;
}

/** What is known of a value of a run, as if its type said it. */
export function shapeOfValue(value: unknown): Shape {
  const [item] = Array.isArray(value) ? (value as unknown[]) : [];
  return {
    kinds: new Set(value === null || value === undefined ? [] : [kindOfValue(value)]),
    item: item === undefined ? undefined : shapeOfValue(item),
    isNull: value === null,
    isUndefined: value === undefined,
    written: JSON.stringify(value) ?? 'undefined',
  };
}
