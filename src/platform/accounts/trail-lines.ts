import type { CsvTable, CsvValue } from '#platform/http';
import type { AuditView } from './trail.ts';

/** By column: its name, and its value of an event. */
const COLUMNS: readonly (readonly [string, (event: AuditView) => CsvValue])[] = [
  ['id', ({ id }) => id],
  ['created_at', (event) => event.created_at],
  ['action', ({ action }) => action],
  ['actor_kind', ({ actor }) => actor.kind],
  ['actor_id', ({ actor }) => actor.id],
  ['user_id', (event) => event.user_id],
  ['target_kind', ({ target }) => target?.kind ?? null],
  ['target_id', ({ target }) => target?.id ?? null],
  ['changes', ({ changes }) => JSON.stringify(changes)],
  ['ip', ({ ip }) => ip],
  ['user_agent', (event) => event.user_agent],
  ['request_id', (event) => event.request_id],
];

type Batches = AsyncIterable<readonly AuditView[]>;

/** Events as a table, one in a row. */
export function tableOf(batches: Batches): CsvTable {
  return { name: 'audit', columns: COLUMNS.map(([name]) => name), batches: rowsOf(batches) };
}

async function* rowsOf(batches: Batches): AsyncGenerator<CsvValue[][]> {
  for await (const events of batches) yield events.map((event) => COLUMNS.map(([, value]) => value(event)));
}

/** Events as JSON lines, one in a line. */
export async function* linesOf(batches: Batches): AsyncGenerator<string> {
  for await (const events of batches) yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
