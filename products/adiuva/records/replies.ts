import { namedObject } from 'plinth/product';
import { z } from 'zod';
import type { ChangesPosition } from './service.ts';
import type { RecordRow } from './store.ts';

export const tableName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'A table is named by 1 to 64 letters, digits, _ and -.');
export const milliseconds = z.int().describe('Milliseconds since 1970.');
export const version = z.int().describe('It grows with each change, and is never given again: the ETag.');

/** The server's facts of a record. */
export const recordMeta = namedObject('RecordMeta', {
  id: z.uuid(),
  table: tableName,
  checksum: z.string().describe('SHA-256 of its bytes, in hex.'),
  created_at: milliseconds,
  updated_at: milliseconds,
  size: z.int().describe('Bytes.'),
  version,
});

/** A record that has changed, as it is now. */
export const recordChange = namedObject('RecordChange', {
  id: z.uuid(),
  table: tableName,
  deleted: z.boolean(),
  checksum: z.string(),
  created_at: milliseconds,
  updated_at: milliseconds,
  size: z.int().describe('Bytes; of a deleted one, those that it had.'),
  version,
});

export function shownRecord(row: RecordRow): z.infer<typeof recordMeta> {
  return {
    id: row.id,
    table: row.table_name,
    checksum: row.checksum,
    created_at: row.created_at.getTime(),
    updated_at: row.updated_at.getTime(),
    size: row.bytes,
    version: row.seq,
  };
}

export function shownChange(row: RecordRow): z.infer<typeof recordChange> {
  return { ...shownRecord(row), deleted: row.blob_id === null };
}

/** Where a reader of changes goes on: `17`, or `17.40` in the midst of reading all. */
export const changesPosition = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,15})?$/, 'The `next` of the answer before.')
  .transform((text): ChangesPosition => {
    const [at = 0, complete = at] = text.split('.').map(Number);
    return { at, complete: Math.max(at, complete) };
  });

export function shownPosition({ at, complete }: ChangesPosition): string {
  return at === complete ? String(at) : `${at}.${complete}`;
}
