import {
  type CsvValue,
  fileReply,
  concealModelCost,
  modelCost,
  namedObject,
  routesFor,
  routesOf,
  sendCsv,
  sendDownload,
} from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { z } from 'zod';
import type { Limits } from '../limits.ts';
import { eventFilters, filterOf, shownEvent, usageEvent } from '../routes.ts';
import type { UsageEventFilter, UsageEventRow } from './usage.ts';

const route = routesFor<Pick<Limits, 'usageEvent' | 'usageEvents'>>();
/** Rows of an export that are read at a time. */
const BATCH = 5_000;

const details = namedObject('UsageEventDetails', {
  ...usageEvent.shape,
  reserve_micros: modelCost('What was held of budgets before it was sent: the most that it could cost.'),
  plan: z.string().nullable().describe('The plan that admitted it.'),
  permit_status: z
    .enum(['queued', 'running', 'settled', 'voided'])
    .nullable()
    .describe('null: the call was metered elsewhere.'),
  reason: z
    .string()
    .nullable()
    .describe('Why the permit was closed as it is: an error code of the call, or some words.'),
});

const read = route(
  'GET /v1/usage/events/:id',
  {
    summary: 'Read a row of the ledger, and why it is as it is',
    tag: 'Usage',
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 600, by: 'account' },
    reply: { 200: details },
    errors: ['not_found'],
  },
  async ({ accountId, params }, limits) => {
    const row = await limits.usageEvent(accountId, params.id);
    if (row === undefined)
      throw new AppError('not_found', { message: 'There is no such row in the ledger.' });
    return shownEvent(row);
  },
);

type Shown = z.infer<typeof usageEvent>;

/** As customers see it who do not see what model calls cost. */
const concealedEvent = (row: UsageEventRow): Shown => concealModelCost(usageEvent, shownEvent(row));
/** By column: its name, and its value of a row. */
const COLUMNS = (Object.keys(usageEvent.shape) as (keyof Shown)[]).filter((name) => name !== 'steps');

const exportAll = route(
  'GET /v1/usage/export',
  {
    summary: 'Export the ledger as CSV or JSON lines',
    description:
      'The rows that `GET /v1/usage` has in its pages, all of them, newest first. A file that ends early is incomplete: fetch it again.',
    tag: 'Usage',
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...eventFilters }),
    reply: { 200: fileReply },
    produces: ['application/jsonl', 'text/csv'],
  },
  async ({ accountId, query: { format, ...words }, seesModelCost, wire, origin }, limits) => {
    const shown = seesModelCost ? shownEvent : concealedEvent;
    const batches = batchesOf(limits, accountId, { filter: filterOf(words), shown });
    if (format === 'csv')
      return sendCsv(wire, { name: 'ledger', columns: COLUMNS, batches: tableOf(batches) }, origin.signal);
    const type = 'application/jsonl; charset=utf-8';
    return sendDownload(wire, { name: 'ledger.jsonl', type, batches: linesOf(batches) }, origin.signal);
  },
);

async function* batchesOf(
  limits: Pick<Limits, 'usageEvents'>,
  accountId: AccountId,
  { filter, shown }: { readonly filter: UsageEventFilter; readonly shown: (row: UsageEventRow) => Shown },
): AsyncGenerator<Shown[]> {
  let before: string | undefined;
  do {
    const { rows, next } = await limits.usageEvents(accountId, { limit: BATCH, before, filter });
    if (rows.length > 0) yield rows.map(shown);
    before = next;
  } while (before !== undefined);
}

async function* tableOf(batches: AsyncIterable<readonly Shown[]>): AsyncGenerator<CsvValue[][]> {
  for await (const rows of batches) yield rows.map((row) => COLUMNS.map((name) => toField(row[name])));
}

function toField(value: Shown[keyof Shown]): CsvValue {
  if (value === null || typeof value === 'number') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function* linesOf(batches: AsyncIterable<readonly Shown[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

export const eventRoutes = routesOf({ read, exportAll });
