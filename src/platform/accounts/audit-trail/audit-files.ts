import type { CsvTable, CsvValue } from '#platform/http';
import type { AdminAuditView } from './admin-audit.ts';
import type { AuditView } from './audit-trail.ts';

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

/** Of events of all accounts, one more. */
const ADMIN_COLUMNS: readonly (readonly [string, (event: AdminAuditView) => CsvValue])[] = [
  ...COLUMNS,
  ['account_id', (event) => event.account_id],
];

type Batches<View = AuditView> = AsyncIterable<readonly View[]>;

/** Events as a table, one in a row. */
export function tableOf(batches: Batches): CsvTable {
  return tableBy(COLUMNS, batches);
}

/** The same of events of all accounts. */
export function adminTableOf(batches: Batches<AdminAuditView>): CsvTable {
  return tableBy(ADMIN_COLUMNS, batches);
}

function tableBy<View>(
  columns: readonly (readonly [string, (event: View) => CsvValue])[],
  batches: Batches<View>,
): CsvTable {
  async function* rows(): AsyncGenerator<CsvValue[][]> {
    for await (const events of batches) yield events.map((event) => columns.map(([, value]) => value(event)));
  }
  return { name: 'audit', columns: columns.map(([name]) => name), batches: rows() };
}

/** Events as JSON lines, one in a line. */
export async function* linesOf(batches: Batches): AsyncGenerator<string> {
  for await (const events of batches) yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
