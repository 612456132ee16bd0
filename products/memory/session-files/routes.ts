import {
  answer,
  fileReply,
  mediaType,
  namedObject,
  octetsOf,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
} from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { itemOf, reads, writes } from '../access.ts';
import { replyMaker } from '../items/reply.ts';
import { clientId } from '../sessions/replies.ts';

const route = productRoutes<Memory>();

const LARGEST = 20_000_000;
const ANY_TYPE = 'application/octet-stream';
/** A file may take as long to come, or to be read, in seconds; and so many are sent or read in a minute. */
const transfers = { maxSeconds: 600, rate: { perMinute: 120, by: 'member' } } as const;

/** Signs that end a line, separate folders, or turn text around. */
const NOT_IN_NAMES = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/u;
const fileName = z
  .string()
  .max(255)
  .refine(
    (name) => name.trim() !== '' && !/^\.{1,2}$/.test(name) && !NOT_IN_NAMES.test(name),
    'A name has no folders and no control characters.',
  );

const type = z.string().transform((text, context) => {
  const known = mediaType(text);
  if (known !== undefined) return known;
  context.addIssue('This is not a media type.');
  return z.NEVER;
});

const memoryFile = namedObject('MemoryFile', {
  id: z.uuid(),
  session_id: z.uuid(),
  client_id: z.string(),
  name: z.string(),
  type: z.string().describe('As its client said it. It is answered as bytes of no type.'),
  bytes: z.int(),
  created_at: z.iso.datetime(),
});

const shownFile = replyMaker(memoryFile);

export const storeMemoryFile = route(
  'POST /v1/sessions/:id/files',
  {
    ...writes,
    ...transfers,
    streamedBody: true,
    summary: 'Store a file of a session',
    description:
      'Its bytes as application/octet-stream, 20 MB of them at most. Stored all, or not at all. Sent again with the same `client_id`, it is the file that is there; other bytes, or another name or type, under a known one are 409 `memory_file_conflict`. What a session has twice is kept once. It takes no Idempotency-Key: its `client_id` is that.',
    idempotency: 'none',
    query: z.strictObject({
      client_id: clientId.describe('Your own name for it; it is not sealed.'),
      name: fileName,
      type: type.default(ANY_TYPE).describe('Its media type; it is not sealed.'),
    }),
    reply: { 201: memoryFile, 200: memoryFile },
    errors: [
      'memory_session_not_found',
      'author_only',
      'memory_file_empty',
      'memory_file_conflict',
      'memory_files_exhausted',
      'limit_exceeded',
      'length_required',
      'client_gone',
      'request_timeout',
      'upload_expired',
      'storage_unavailable',
    ],
  },
  async ({ query: { client_id, ...facts }, wire, origin, ...call }, { sessionFiles }) => {
    const body = octetsOf({ wire, origin }, LARGEST);
    const { row, isNew } = await sessionFiles.store(itemOf(call), { ...facts, clientId: client_id, body });
    return answer(isNew ? 201 : 200, shownFile(row));
  },
);

export const listMemoryFiles = route(
  'GET /v1/sessions/:id/files',
  {
    ...reads,
    summary: 'List the files of a session',
    description: 'Newest first.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(memoryFile) },
    errors: ['memory_session_not_found'],
  },
  async ({ query, ...call }, { sessionFiles }) => {
    const { data, next_cursor } = await sessionFiles.list(itemOf(call), query);
    return { data: data.map(shownFile), next_cursor };
  },
);

export const readMemoryFile = route(
  'GET /v1/sessions/:id/files/:file_id',
  {
    ...reads,
    ...transfers,
    summary: 'Read the bytes of a file',
    description: 'To be saved under its name, and never shown: no browser runs what is in it.',
    reply: { 200: fileReply },
    produces: [ANY_TYPE],
    errors: [
      'memory_file_not_found',
      'blob_not_found',
      'blob_gone',
      'secret_unreadable',
      'storage_unavailable',
    ],
  },
  ({ wire, origin, ...call }, { sessionFiles }) =>
    sessionFiles.send({ ...itemOf(call), fileId: call.params.file_id }, { wire, origin }),
);

export const deleteMemoryFile = route(
  'DELETE /v1/sessions/:id/files/:file_id',
  {
    ...writes,
    summary: 'Delete a file of a session',
    description: 'The author of the session alone may. Its storage is yours again at once.',
    reply: { 200: okReply },
    errors: ['memory_session_not_found', 'memory_file_not_found', 'author_only'],
  },
  async (call, { sessionFiles }) => {
    await sessionFiles.remove({ ...itemOf(call), fileId: call.params.file_id });
    return { ok: true };
  },
);
