import {
  answer,
  AppError,
  fileReply,
  namedObject,
  okReply,
  pageQuery,
  productRoutes,
  wholeNumber,
} from 'plinth/product';
import { z } from 'zod';
import {
  base64,
  checksum,
  headerOf,
  LARGEST_JSON,
  LONGEST_TRANSFER,
  octetsOf,
  receivingErrors,
  sendingErrors,
  storageReads,
  storageWrites,
} from '../octets.ts';
import type { Adiuva } from '../service.ts';
import {
  changesPosition,
  milliseconds,
  recordChange,
  recordMeta,
  shownChange,
  shownPosition,
  shownRecord,
  tableName,
  version,
} from './replies.ts';

const route = productRoutes<Adiuva>();

const reads = { ...storageReads, tag: 'Adiuva records' } as const;
const writes = { ...storageWrites, tag: 'Adiuva records' } as const;
/** A body of either form. */
const octets = { streamedBody: true, maxBody: LARGEST_JSON, maxSeconds: LONGEST_TRANSFER } as const;

export const createRecord = route(
  'POST /v1/storage/records',
  {
    ...writes,
    ...octets,
    summary: 'Store a record',
    description:
      'Octets that you have encrypted: as JSON in base64, up to 8 MB of them, or as application/octet-stream of any length, with `?table=` and the header `X-Checksum`. They are stored as they are, or not at all. It takes no Idempotency-Key: to repeat it safely, choose an id and `PUT` it with `If-None-Match: *`.',
    idempotency: 'none',
    query: z.strictObject({ table: tableName.optional() }),
    body: namedObject('StorageRecordCreate', {
      table: tableName,
      blob: base64.describe('The bytes, in base64.'),
      checksum: checksum.describe('Their SHA-256, in hex.'),
    }).optional(),
    reply: { 201: namedObject('RecordCreated', { id: z.uuid(), created_at: milliseconds }) },
    errors: [...receivingErrors],
  },
  async ({ accountId, caller, body, query, ...call }, { records }) => {
    const owner = { accountId, userId: caller.userId };
    const row = await records.create(owner, {
      body: body?.blob ?? octetsOf(call),
      checksum: body?.checksum ?? headerOf(call, 'x-checksum', checksum),
      table: body?.table ?? query.table,
    });
    return answer(201, { id: row.id, created_at: row.created_at.getTime() }, { etag: `"${row.seq}"` });
  },
);

export const putRecord = route(
  'PUT /v1/storage/records/:id',
  {
    ...writes,
    ...octets,
    versioned: true,
    summary: 'Replace a record, or create it under an id of yours',
    description:
      'With `If-Match`, only if it has that version. With `If-None-Match: *`, only if there is none: it is created, of `table`. In both forms of `POST /v1/storage/records`. Only what it grows by needs room in your plan.',
    query: z.strictObject({ table: tableName.optional() }),
    body: namedObject('StorageRecordUpdate', {
      table: tableName.optional().describe('Needed of a new record alone.'),
      blob: base64.describe('The bytes, in base64.'),
      checksum: checksum.describe('Their SHA-256, in hex.'),
    }).optional(),
    reply: {
      200: namedObject('RecordReplaced', { ok: z.literal(true), version, updated_at: milliseconds }),
      201: namedObject('RecordPut', { ok: z.literal(true), version, updated_at: milliseconds }),
    },
    errors: [...receivingErrors, 'record_not_found', 'record_table_fixed'],
  },
  async ({ accountId, caller, params, body, query, ifMatch, ...call }, { records }) => {
    const { 'if-none-match': none } = call.wire.request.headers;
    if (none !== undefined && (none.trim() !== '*' || call.wire.request.headers['if-match'] !== undefined))
      throw new AppError('validation_failed', {
        message: 'This call takes `If-None-Match: *`, or `If-Match`, and not both.',
      });
    const key = { accountId, userId: caller.userId, id: params.id };
    const row = await records.write(key, {
      body: body?.blob ?? octetsOf(call),
      checksum: body?.checksum ?? headerOf(call, 'x-checksum', checksum),
      table: body?.table ?? query.table,
      ifMatch,
      expects: none === undefined ? 'present' : 'absent',
    });
    const said = { ok: true, version: row.seq, updated_at: row.updated_at.getTime() } as const;
    return answer(none === undefined ? 200 : 201, said, { etag: `"${row.seq}"` });
  },
);

export const listRecords = route(
  'GET /v1/storage/records',
  {
    ...reads,
    summary: 'List your records',
    description:
      'What the server knows of them, newest first, in pages of `limit`: by `page` (from 1), or by the `Link` header of the page before, which names the next one until there is none and leaves nothing out while records are added.',
    query: z.strictObject({
      ...pageQuery,
      table: tableName.optional(),
      page: wholeNumber(1, 1_000_000).optional(),
    }),
    reply: { 200: z.array(recordMeta).meta({ id: 'RecordList' }) },
  },
  async ({ accountId, caller, query }, { records }) => {
    const { data, next_cursor: cursor } = await records.list({ accountId, userId: caller.userId }, query);
    return answer(200, data.map(shownRecord), cursor === null ? {} : { link: linkToNext(query, cursor) });
  },
);

/** RFC 8288: where a list goes on. */
function linkToNext({ table, limit }: { table?: string | undefined; limit: number }, cursor: string): string {
  const query = new URLSearchParams({ ...(table === undefined ? {} : { table }), limit: `${limit}`, cursor });
  return `</v1/storage/records?${query.toString()}>; rel="next"`;
}

export const readRecord = route(
  'GET /v1/storage/records/:id',
  {
    ...reads,
    maxSeconds: LONGEST_TRANSFER,
    summary: 'Read the bytes of a record',
    description:
      'With `X-Checksum`, and its version as ETag. Takes a `Range` of one part, `If-Range`, `If-None-Match` and `If-Modified-Since`.',
    reply: { 200: fileReply },
    produces: ['application/octet-stream'],
    errors: [...sendingErrors, 'record_not_found'],
  },
  ({ accountId, caller, params, wire, origin }, { records }) =>
    records.send({ accountId, userId: caller.userId, id: params.id }, { wire, origin }),
);

export const deleteRecord = route(
  'DELETE /v1/storage/records/:id',
  {
    ...writes,
    versioned: true,
    summary: 'Delete a record',
    description: 'With `If-Match`, only if it has that version. Its storage is yours again at once.',
    reply: { 200: okReply },
    errors: ['record_not_found'],
  },
  async ({ accountId, caller, params, ifMatch }, { records }) => {
    await records.remove({ accountId, userId: caller.userId, id: params.id }, ifMatch);
    return { ok: true };
  },
);

export const readChanges = route(
  'GET /v1/storage/changes',
  {
    ...reads,
    summary: 'Read which records have changed',
    description:
      'Each record that has changed after `since`, once, as it is now, in the order of its last change: no change is ever passed over. Keep `next`, and send it as `since`. If you were away for more than 90 days and may have missed a deletion, the answer is 410 `changes_gone`: ask without `since`, and drop what is not among the answers.',
    query: z.strictObject({
      since: changesPosition.optional().describe('The `next` of the answer before; none: all records.'),
      limit: wholeNumber(1, 1_000).default(100),
    }),
    reply: {
      200: namedObject('RecordChanges', {
        changes: z.array(recordChange),
        next: z.string().describe('Where you go on.'),
        more: z.boolean().describe('There is more at once.'),
      }),
    },
    errors: ['changes_gone'],
  },
  async ({ accountId, caller, query }, { records }) => {
    const { changed, next, more } = await records.changes({ accountId, userId: caller.userId }, query);
    return { changes: changed.map(shownChange), next: shownPosition(next), more };
  },
);
