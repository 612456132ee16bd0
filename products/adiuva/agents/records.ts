import type { AgentSession } from './agent.ts';
import { type Fields, namedFields } from './fields.ts';

/** The client's tables that agents know, and where a request has their rows. */
const TABLES = {
  tasks: { list: 'recent_tasks', one: 'task' },
  projects: { list: 'projects', one: 'project' },
  notes: { list: 'notes', one: 'note' },
  checkpoints: { list: 'checkpoints', one: 'checkpoint' },
  comments: { list: 'comments', one: 'comment' },
} as const;

export type Table = keyof typeof TABLES;

/** What a model is told of a call that can't be done. */
interface ToolError {
  readonly error: { readonly code: string; readonly message: string };
}

export const toolError = (code: string, message: string): ToolError => ({ error: { code, message } });

/** Rows that one call answers at most, letters of a field in a list, and of all that is told at once. */
const MOST_ROWS = 50;
const MOST_LETTERS = 300;
const MOST_TOLD = 20_000;

/** A field by the plan document's name, or by the same in camel case, as some clients' databases have it. */
export function fieldOf(row: Fields, name: string): unknown {
  if (Object.hasOwn(row, name)) return row[name];
  return row[name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}

/** Clients number their rows or give them names: a model says both as text. */
export function textOf(row: Fields, name: string): string {
  const value = fieldOf(row, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The rows of a table in this request as the actions so far leave them; `sent`: whether the client sent the list at all. */
export function rowsOf(session: AgentSession, table: Table): { sent: boolean; rows: readonly Fields[] } {
  const list = session.context[TABLES[table].list];
  let rows: readonly Fields[] = list ?? [];
  for (const { type, table: of, data } of session.actions) {
    if (of !== table || data === null) continue;
    const isIt = (row: Fields): boolean => textOf(row, 'id') === textOf(data, 'id');
    if (type === 'create_record') rows = [...rows, data];
    if (type === 'update_record') rows = rows.map((row) => (isIt(row) ? { ...row, ...data } : row));
    if (type === 'delete_record') rows = rows.filter((row) => !isIt(row));
  }
  return { sent: list !== undefined, rows };
}

/** Which rows of a list are wanted, and in which order. */
export interface RowFilter {
  /** Fields by what they must be; null: anything. */
  readonly where?: Readonly<Record<string, string | null>>;
  readonly keeps?: (row: Fields) => boolean;
  readonly order?: ((a: Fields, b: Fields) => number) | undefined;
}

/** The rows that pass; or that the client did not send them: then their number is not known. */
export function listRows(session: AgentSession, table: Table, filter: RowFilter): Fields | ToolError {
  const { where = {}, keeps = () => true, order } = filter;
  const wrong = checkOwners(session, where);
  if (wrong !== undefined) return wrong;
  const { sent, rows } = rowsOf(session, table);
  if (!sent && rows.length === 0) return notSent(table);
  const named = Object.entries(where).filter(([, value]) => value !== null);
  const kept = rows.filter(
    (row) => named.every(([name, value]) => textOf(row, name) === value) && keeps(row),
  );
  const shown = shortRows(order === undefined ? kept : kept.toSorted(order));
  const left = kept.length - shown.length;
  return {
    [table]: shown,
    total: kept.length,
    ...(left === 0 ? {} : { left_out: left }),
    ...(sent ? {} : { ...notSent(table), shown_are: 'created in this question' }),
  };
}

function notSent(table: Table): Fields {
  return {
    not_in_this_request: table,
    message: `The client did not send its ${table}. Say that you can't see them here, never that there are none.`,
  };
}

/** As many rows as a model can be told of at once, long texts cut. */
function shortRows(rows: readonly Fields[]): Fields[] {
  const shown: Fields[] = [];
  let room = MOST_TOLD;
  for (const row of rows.slice(0, MOST_ROWS)) {
    const short = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shortValue(value)]));
    room -= JSON.stringify(short).length;
    if (room < 0) break;
    shown.push(short);
  }
  return shown;
}

function shortValue(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text !== undefined && text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : value;
}

/** A record by its id: its row; undefined when its list was not sent; an error when it was sent without it. */
export function findRow(
  session: AgentSession,
  table: Table,
  id: string,
): { row: Fields | undefined } | ToolError {
  const { sent, rows } = rowsOf(session, table);
  const row = rows.find((one) => textOf(one, 'id') === id);
  if (row !== undefined || !sent) return { row };
  const { one } = TABLES[table];
  return toolError(
    `${one}_unknown`,
    `There is no ${one} ${JSON.stringify(id)} in this request. List them for their ids.`,
  );
}

/** A record by its id; `not_in_this_request` for one that was not sent. A model that is told all of it has read it. */
export function readRow(session: AgentSession, table: Table, id: string): Fields | ToolError {
  const found = findRow(session, table, id);
  if ('error' in found) return found;
  if (found.row === undefined) return notSent(table);
  const isWhole = JSON.stringify(found.row).length <= MOST_TOLD;
  if (isWhole) session.read.add(id);
  const { one } = TABLES[table];
  return isWhole
    ? { [one]: found.row }
    : { [one]: cutRow(found.row), cut: 'It is too long to be shown in whole.' };
}

/** A record whose longest text is cut to what can be told. */
function cutRow(row: Fields): Fields {
  const content = textOf(row, 'content').slice(0, MOST_TOLD / 2);
  return {
    ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shortValue(value)])),
    content,
  };
}

/** The first id of those that records belong to that was sent without it. */
function checkOwners(session: AgentSession, fields: Fields): ToolError | undefined {
  for (const [name, table] of OWNERS) {
    const id = fields[name];
    if (typeof id !== 'string' || id === '') continue;
    const found = findRow(session, table, id);
    if ('error' in found) return found;
  }
  return undefined;
}

const OWNERS: readonly (readonly [string, Table])[] = [
  ['project_id', 'projects'],
  ['task_id', 'tasks'],
];

/** Has the client create a record. It has an id from here, so that later actions of the same question can name it. */
export function createRecord(session: AgentSession, table: Table, fields: Fields): unknown {
  const wrong = checkOwners(session, fields);
  if (wrong !== undefined) return wrong;
  const id = session.newId();
  session.act({ type: 'create_record', table, data: { id, ...fields }, agent: null });
  session.read.add(id);
  return { planned: 'create_record', table, id };
}

/** Has the client change those fields of a record that are named, and no other. */
export function updateRecord(
  session: AgentSession,
  table: Table,
  { id, fields }: { readonly id: string; readonly fields: Fields },
): unknown {
  const found = findRow(session, table, id);
  if ('error' in found) return found;
  const named = namedFields(fields);
  if (Object.keys(named).length === 0) return toolError('nothing_to_change', 'No field was named.');
  const wrong = checkOwners(session, named);
  if (wrong !== undefined) return wrong;
  session.act({ type: 'update_record', table, data: { id: ownId(found.row, id), ...named }, agent: null });
  return { planned: 'update_record', table, id };
}

export function deleteRecord(session: AgentSession, table: Table, id: string): unknown {
  const found = findRow(session, table, id);
  if ('error' in found) return found;
  session.act({ type: 'delete_record', table, data: { id: ownId(found.row, id) }, agent: null });
  return { planned: 'delete_record', table, id };
}

/** The client gets its id back as it sent it, be it a number. */
function ownId(row: Fields | undefined, id: string): unknown {
  return row === undefined ? id : row['id'];
}
