import { AppError, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { base64, checksum, storageReads, storageWrites, TOGETHER } from '../octets.ts';
import type { Adiuva } from '../service.ts';
import { milliseconds, recordMeta, shownRecord, tableName, version } from './replies.ts';
import type { WriteOutcome } from './service.ts';

const route = productRoutes<Adiuva>();

/** A call is one of the plan's requests. Each of its records is looked at, charged and committed as one that comes alone. */
const several = {
  tag: 'Adiuva records',
  rate: { perMinute: 60, by: 'member' },
  idempotency: 'none',
} as const;
const id = z.uuid().toLowerCase();

const oneVersion = namedObject('RecordVersion', {
  id,
  table: tableName,
  blob: base64.describe('The bytes, in base64.'),
  checksum: checksum.describe('Their SHA-256, in hex.'),
  if_version: z.int().min(0).describe('The version that it takes the place of; 0: there is none.'),
});

const written = namedObject('RecordWriteResult', {
  id: z.uuid(),
  status: z.enum(['written', 'refused']),
  version: version.optional(),
  updated_at: milliseconds.optional(),
  error: namedObject('RecordWriteError', { code: z.string(), message: z.string() }).optional(),
});

export const writeRecords = route(
  'POST /v1/storage/records/write',
  {
    ...storageWrites,
    ...several,
    maxBody: TOGETHER.body,
    operation: 'writeStorageRecords',
    summary: 'Store several records',
    description:
      'Up to 100 records in a body of 2 MB, each as by `PUT` under an id of yours, and in a commit of its own: one that is refused holds up no other, and its `error` says why (`precondition_failed`, `record_not_found`, `limit_exceeded`, …). It takes no Idempotency-Key: a record that was written is not written again, because its version is another one then.',
    body: namedObject('RecordsWrite', {
      records: z.array(oneVersion).min(1).max(TOGETHER.records),
    }).refine(({ records }) => new Set(records.map((one) => one.id)).size === records.length, {
      path: ['records'],
      error: 'Two of them have one id.',
    }),
    reply: { 200: namedObject('RecordsWritten', { data: z.array(written) }) },
    errors: ['plan_required', 'storage_unavailable'],
  },
  async ({ accountId, caller, body }, { plan, records }) => {
    await plan.assertGrants(accountId, 'storage');
    const inputs = body.records.map(({ blob, if_version: ifVersion, ...one }) =>
      ifVersion === 0
        ? ({ ...one, body: blob, ifMatch: undefined, expects: 'absent' } as const)
        : ({ ...one, body: blob, ifMatch: ifVersion, expects: 'present' } as const),
    );
    const results = await records.writeEach({ accountId, userId: caller.userId }, inputs);
    return { data: results.map(shownOutcome) };
  },
);

function shownOutcome({ id: of, outcome }: WriteOutcome): z.infer<typeof written> {
  if (outcome instanceof AppError) {
    const { code, message } = outcome;
    return { id: of, status: 'refused', error: { code, message } };
  }
  return { id: of, status: 'written', version: outcome.seq, updated_at: outcome.updated_at.getTime() };
}

export const readSeveral = route(
  'POST /v1/storage/records/read',
  {
    ...storageReads,
    ...several,
    operation: 'readStorageRecords',
    summary: 'Read the bytes of several records',
    description:
      'Up to 100 records, which have a megabyte together: `left` names those that had no room, or changed while they were read. Ask for them again, or by themselves where nothing else came. An id of none of your records is passed over; 404 if all are. It takes no Idempotency-Key: it changes nothing.',
    body: namedObject('RecordsRead', { ids: z.array(id).min(1).max(TOGETHER.records) }),
    reply: {
      200: namedObject('RecordsReply', {
        data: z.array(recordMeta.extend({ blob: z.string() }).meta({ id: 'RecordWithBytes' })),
        left: z.array(z.uuid()),
      }),
    },
    errors: ['record_not_found', 'storage_unavailable'],
  },
  async ({ accountId, caller, body, wire }, { records }) => {
    const place = wire.hold();
    place.take(TOGETHER.bytes);
    const owner = { accountId, userId: caller.userId };
    const { found, left } = await records.readEach(owner, body.ids, TOGETHER.bytes).finally(place.free);
    const data = found.map(({ row, bytes }) => ({ ...shownRecord(row), blob: bytes.toString('base64') }));
    return { data, left };
  },
);
