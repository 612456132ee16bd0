import type { AuditView } from '#platform/audit';
import { type CsvValue, type Origin, sendCsv, sendDownload, type Wire } from '#platform/http';
import type { AdminAuditView } from './admin-audit.ts';

/** By column: its name, and its value of an event. */
const COLUMNS: Columns<AuditView> = [
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

/** Columns of events of all accounts: one more, the account. */
const ADMIN_COLUMNS: Columns<AdminAuditView> = [...COLUMNS, ['account_id', (event) => event.account_id]];

/** The answer of a call that exports events: where they are written to, and what ends the writing. */
interface FileResponse {
  readonly wire: Pick<Wire, 'take'>;
  readonly origin: Pick<Origin, 'signal'>;
}
type Format = 'csv' | 'jsonl';
type Columns<View> = readonly (readonly [string, (event: View) => CsvValue])[];

/** Sends events of an account as a file. */
export function sendAudit(
  answering: FileResponse,
  format: Format,
  events: AsyncIterable<readonly AuditView[]>,
): Promise<void> {
  return send(answering, { format, events, columns: COLUMNS });
}

/** The same of events of all accounts. */
export function sendAdminAudit(
  answering: FileResponse,
  format: Format,
  events: AsyncIterable<readonly AdminAuditView[]>,
): Promise<void> {
  return send(answering, { format, events, columns: ADMIN_COLUMNS });
}

interface Export<View> {
  readonly format: Format;
  readonly events: AsyncIterable<readonly View[]>;
  readonly columns: Columns<View>;
}

function send<View>(
  { wire, origin }: FileResponse,
  { format, events, columns }: Export<View>,
): Promise<void> {
  if (format === 'jsonl') {
    const type = 'application/jsonl; charset=utf-8';
    return sendDownload(wire, { name: 'audit.jsonl', type, batches: linesOf(events) }, origin.signal);
  }
  const table = { name: 'audit', columns: columns.map(([name]) => name), batches: rowsOf(events, columns) };
  return sendCsv(wire, table, origin.signal);
}

async function* rowsOf<View>(
  batches: AsyncIterable<readonly View[]>,
  columns: Columns<View>,
): AsyncGenerator<CsvValue[][]> {
  for await (const events of batches) yield events.map((event) => columns.map(([, value]) => value(event)));
}

async function* linesOf(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  for await (const events of batches) yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
