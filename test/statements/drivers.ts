import type { Kind } from './shapes.ts';

/** A type of PostgreSQL as both drivers read it and take it. */
export interface DriverType {
  readonly name: string;
  /** By its number in pg_type. */
  readonly oid: number;
  /** What a value of it is read as, the same on both engines; undefined where they differ, so that no row may hold it. */
  readonly read: Kind | undefined;
  /** What may be given for a parameter of it. */
  readonly taken: readonly Kind[];
  /** Of an array: the type of its items. */
  readonly item?: string;
  /** A value as SQL, for the test of this table. */
  readonly sample: string;
}

const of = (
  ...[name, oid, read, taken, sample]: readonly [string, number, Kind | undefined, readonly Kind[], string]
): DriverType => ({
  name,
  oid,
  read,
  taken,
  sample: `${sample}::${name}`,
});
const list = (...[name, oid, sample, isRead]: readonly [string, number, string, boolean?]): DriverType => ({
  ...of(`${name}[]`, oid, isRead === false ? undefined : 'list', ['list'], `array[${sample}]`),
  item: name,
});

const ID = `'01890a5d-ac96-774b-bcce-b302099a8057'`;

export const DRIVER_TYPES: readonly DriverType[] = [
  of('boolean', 16, 'boolean', ['boolean'], 'true'),
  of('bytea', 17, 'bytes', ['bytes'], `'x'`),
  of('"char"', 18, 'string', ['string'], `'x'`),
  of('name', 19, 'string', ['string'], `'x'`),
  of('bigint', 20, 'number', ['number', 'bigint'], '1'),
  of('smallint', 21, 'number', ['number'], '1'),
  of('integer', 23, 'number', ['number'], '1'),
  of('text', 25, 'string', ['string'], `'x'`),
  of('oid', 26, 'number', ['number'], '1'),
  // As text: its members are whatever its row type says, and the compiler can't be asked whether JSON could hold them.
  of('json', 114, 'object', ['string'], `'{}'`),
  of('jsonb', 3802, 'object', ['string'], `'{}'`),
  of('real', 700, 'number', ['number'], '1'),
  of('double precision', 701, 'number', ['number'], '1'),
  of('inet', 869, 'string', ['string'], `'127.0.0.1'`),
  of('varchar', 1043, 'string', ['string'], `'x'`),
  of('date', 1082, 'date', ['string', 'date'], `'2026-01-01'`),
  of('timestamp', 1114, undefined, ['string'], `'2026-01-01'`),
  of('timestamptz', 1184, 'date', ['string', 'date'], `'2026-01-01T00:00:00Z'`),
  of('interval', 1186, undefined, ['string'], `'1 day'`),
  of('numeric', 1700, 'string', ['number', 'bigint', 'string'], '1'),
  of('regclass', 2205, 'string', ['string'], `'pg_class'`),
  of('void', 2278, 'string', [], `''`),
  of('uuid', 2950, 'string', ['string'], ID),
  list('boolean', 1000, 'true'),
  list('name', 1003, `'x'`, false),
  list('smallint', 1005, '1'),
  list('integer', 1007, '1'),
  list('text', 1009, `'x'`),
  list('bigint', 1016, '1', false),
  list('timestamptz', 1185, `'2026-01-01T00:00:00Z'`),
  list('numeric', 1231, '1', false),
  list('uuid', 2951, ID),
];

export const byOid: ReadonlyMap<number, DriverType> = new Map(DRIVER_TYPES.map((one) => [one.oid, one]));
export const byName: ReadonlyMap<string, DriverType> = new Map(DRIVER_TYPES.map((one) => [one.name, one]));
