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
  /** For an array: the type of its items. */
  readonly item?: string;
  /** A value as SQL, for the test of this table. */
  readonly sample: string;
}

const driverType = (
  ...[name, oid, read, taken, sample]: readonly [string, number, Kind | undefined, readonly Kind[], string]
): DriverType => ({
  name,
  oid,
  read,
  taken,
  sample: `${sample}::${name}`,
});
const list = (...[name, oid, sample, isRead]: readonly [string, number, string, boolean?]): DriverType => ({
  ...driverType(`${name}[]`, oid, isRead === false ? undefined : 'list', ['list'], `array[${sample}]`),
  item: name,
});

const ID = `'01890a5d-ac96-774b-bcce-b302099a8057'`;

export const DRIVER_TYPES: readonly DriverType[] = [
  driverType('boolean', 16, 'boolean', ['boolean'], 'true'),
  driverType('bytea', 17, 'bytes', ['bytes'], `'x'`),
  driverType('"char"', 18, 'string', ['string'], `'x'`),
  driverType('name', 19, 'string', ['string'], `'x'`),
  driverType('bigint', 20, 'number', ['number', 'bigint'], '1'),
  driverType('smallint', 21, 'number', ['number'], '1'),
  driverType('integer', 23, 'number', ['number'], '1'),
  driverType('text', 25, 'string', ['string'], `'x'`),
  driverType('oid', 26, 'number', ['number'], '1'),
  // As text: its row type names any members, and the compiler can't be asked whether JSON could hold them.
  driverType('json', 114, 'object', ['string'], `'{}'`),
  driverType('jsonb', 3802, 'object', ['string'], `'{}'`),
  driverType('real', 700, 'number', ['number'], '1'),
  driverType('double precision', 701, 'number', ['number'], '1'),
  driverType('inet', 869, 'string', ['string'], `'127.0.0.1'`),
  driverType('varchar', 1043, 'string', ['string'], `'x'`),
  driverType('date', 1082, 'date', ['string', 'date'], `'2026-01-01'`),
  driverType('timestamp', 1114, undefined, ['string'], `'2026-01-01'`),
  driverType('timestamptz', 1184, 'date', ['string', 'date'], `'2026-01-01T00:00:00Z'`),
  driverType('interval', 1186, undefined, ['string'], `'1 day'`),
  driverType('numeric', 1700, 'string', ['number', 'bigint', 'string'], '1'),
  driverType('regclass', 2205, 'string', ['string'], `'pg_class'`),
  driverType('void', 2278, 'string', [], `''`),
  driverType('uuid', 2950, 'string', ['string'], ID),
  list('boolean', 1000, 'true'),
  list('name', 1003, `'x'`, false),
  list('smallint', 1005, '1'),
  list('integer', 1007, '1'),
  list('text', 1009, `'x'`),
  list('bigint', 1016, '1', false),
  list('double precision', 1022, '1'),
  list('timestamptz', 1185, `'2026-01-01T00:00:00Z'`),
  list('numeric', 1231, '1', false),
  list('uuid', 2951, ID),
];

export const byOid: ReadonlyMap<number, DriverType> = new Map(DRIVER_TYPES.map((one) => [one.oid, one]));
export const byName: ReadonlyMap<string, DriverType> = new Map(DRIVER_TYPES.map((one) => [one.name, one]));
