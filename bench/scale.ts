import { parseArgs } from 'node:util';
import { type Figures, round } from './figures.ts';
import { cpuOf, rateOf } from './gateway/arithmetic.ts';
import { type Scenario, SCENARIOS, take, type Turn } from './gateway/turns.ts';
import { openSetting, type Setting } from './gateway/subjects.ts';
import { type Footprint, sizeFor } from './scale/model.ts';
import { costFrom, simulate } from './scale/simulation.ts';
import { asAdmin } from '@plinth/testkit/services/cluster';

/** Callers that the cost is found from, and those that the simulation is compared at. */
const FOUND_FROM = [1, 200] as const;
const COMPARED_AT = [8, 32] as const;
const MONTHS = 12;
/** DATABASE_POOL_SIZE, where nothing is set. */
const POOL = 10;

/**
 * What a plain call through the gateway costs program and database, and leaves in tables and log; a simulation made of two
 * measurements beside two others; and what so many calls a day need by these figures (docs/tuning.md).
 */
export async function benchScale(say: (line: string) => void, flags: readonly string[]): Promise<Figures> {
  const { values } = parseArgs({
    args: [...flags],
    options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '6' } },
  });
  const seconds = Number(values.seconds);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const setting = await openSetting(say, { traced: false });
  try {
    // Compiling and filling caches at first is no cost of a call.
    await measure(setting, { callers: 32, seconds });
    const before = await bytesOf(setting);
    const turns = new Map<number, Turn>();
    for (const callers of [...FOUND_FROM, ...COMPARED_AT])
      turns.set(callers, await measure(setting, { callers, seconds }));
    const after = await bytesOf(setting);
    const calls = [...turns.values()].reduce((sum, turn) => sum + turn.calls, 0);
    const busy = turnOf(turns, COMPARED_AT[1]);
    const footprint: Footprint = {
      program: cpuOf(busy, 'gateway'),
      database: cpuOf(busy, 'database'),
      kept: (after.kept - before.kept) / calls,
      log: (after.log - before.log) / calls,
    };
    say(`a call: ${JSON.stringify(footprint)}`);
    const compared = compare(turns);
    say(`simulated and measured calls a second: ${JSON.stringify(compared)}`);
    const sizes = Array.from({ length: 7 }, (_, n) =>
      rounded(sizeFor(10 ** (n + 3), footprint, { months: MONTHS, pool: POOL })),
    );
    return { call: rounded(footprint), compared, months: MONTHS, sizes };
  } finally {
    await setting.stop();
  }
}

const rounded = (of: object) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, round(Number(value))]));

function turnOf(turns: ReadonlyMap<number, Turn>, callers: number): Turn {
  const turn = turns.get(callers);
  if (turn === undefined) throw new Error(`nothing was measured with ${callers} callers`);
  return turn;
}

function measure(
  setting: Setting,
  { callers, seconds }: { readonly callers: number; readonly seconds: number },
): Promise<Turn> {
  const subject = setting.subjects.find(({ name }) => name === 'plinth');
  if (subject === undefined) throw new Error('there is no server');
  const scenario: Scenario = { ...SCENARIOS.plain_32, callers };
  const made = { plain: 0, stream: 0, paced: 0 };
  return take(setting, { subject, scenario, made }, { seconds, most: Number.MAX_SAFE_INTEGER });
}

/** The simulation beside what was measured: calls a second, and their ratio. */
function compare(turns: ReadonlyMap<number, Turn>) {
  const [lone, many] = FOUND_FROM.map((callers) => {
    const turn = turnOf(turns, callers);
    const others = cpuOf(turn, 'upstream') + cpuOf(turn, 'load');
    return { program: cpuOf(turn, 'gateway'), database: cpuOf(turn, 'database'), others, p50: turn.p50 };
  });
  if (lone === undefined || many === undefined) throw new Error('two measurements are needed');
  const cost = costFrom(lone, many);
  return COMPARED_AT.map((callers) => {
    const { callsPerSecond, batch } = simulate(cost, callers);
    const measured = rateOf(turnOf(turns, callers));
    return rounded({ callers, simulated: callsPerSecond, measured, ratio: callsPerSecond / measured, batch });
  });
}

/** Bytes of all tables with their indexes, and of the log, so far. */
async function bytesOf({ plinth }: Setting): Promise<{ readonly kept: number; readonly log: number }> {
  const [rows] = await asAdmin(plinth.databaseUrl, [
    `select (select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace::regnamespace::text !~ '^pg_')::float8 as kept,
       (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as log`,
  ]);
  const [row] = rows ?? [];
  return { kept: Number(row?.['kept']), log: Number(row?.['log']) };
}
