/** What a call leaves and takes, measured by `npm run bench -- scale`. */
export interface Footprint {
  /** CPU milliseconds of a call. */
  readonly program: number;
  readonly database: number;
  /** Bytes of a call in tables and indexes, for as long as it is kept, and in the database's log. */
  readonly kept: number;
  readonly log: number;
}

/** The busiest second of a day, to the mean one. */
export const PEAK = 5;
/** Share of a core, at that second. */
const BUSY = 0.6;
/** Cores of the largest database server that is reckoned with, and bytes of log that its disk takes in a second. */
const DATABASE = { cores: 32, log: 200_000_000 };
/** A program has one core; a machine has so many of them. */
const PROGRAMS = 4;
const DAY = 86_400;
/** US dollars a month of a core, and of a gigabyte on disk, of a common cloud: put your own. */
const PRICE = { core: 30, gigabyte: 0.17 };

export interface Size {
  readonly callsPerDay: number;
  readonly peakPerSecond: number;
  readonly programs: number;
  readonly machines: number;
  readonly databaseCores: number;
  /** Databases that accounts are spread over: one, while it is enough. */
  readonly databases: number;
  /** Connections of the programs, to all databases. */
  readonly connections: number;
  readonly gigabytesAMonth: number;
  /** With so many months of rows in the database. */
  readonly dollarsAMonth: number;
}

/** What so many calls a day need. `months`: how long rows stay in the database; `pool`: connections of a program. */
export function sizeFor(
  callsPerDay: number,
  cost: Footprint,
  { months, pool }: { readonly months: number; readonly pool: number },
): Size {
  const peakPerSecond = (callsPerDay / DAY) * PEAK;
  const programs = Math.max(2, Math.ceil((peakPerSecond * cost.program) / 1_000 / BUSY));
  const databaseCores = Math.max(2, Math.ceil((peakPerSecond * cost.database) / 1_000 / BUSY));
  const databases = Math.max(
    1,
    Math.ceil(databaseCores / DATABASE.cores),
    Math.ceil((peakPerSecond * cost.log) / DATABASE.log),
  );
  const gigabytesAMonth = (callsPerDay * 30 * cost.kept) / 1e9;
  return {
    callsPerDay,
    peakPerSecond,
    programs,
    machines: Math.ceil(programs / PROGRAMS),
    databaseCores,
    databases,
    connections: programs * pool,
    gigabytesAMonth,
    dollarsAMonth:
      (programs + databaseCores * 2) * PRICE.core + gigabytesAMonth * months * 2 * PRICE.gigabyte,
  };
}
