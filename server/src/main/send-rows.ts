import { setTimeout as pause } from 'node:timers/promises';
import type { Problem } from '#platform/imports';
import { isRecord } from '#platform/kernel';
import { z } from 'zod';
import { OperatorError } from './operator-error.ts';
import { RefusedCall, type SignedCaller } from './server-caller.ts';

/** A row on its way, as the server takes it. */
export interface ImportRow {
  readonly line: number;
  /** No two rows may have the same. */
  readonly key: unknown;
  readonly item: Readonly<Record<string, unknown>>;
  /** The customer that they are at Stripe. */
  readonly stripe?: { readonly customer: string; readonly livemode: boolean };
}

export interface Sending {
  readonly caller: SignedCaller;
  readonly kind: 'customers' | 'balances';
  readonly isTrying: boolean;
  readonly report: (problem: Problem<string>) => void;
}

/** Rows of a request, in number and in characters of JSON: the server takes 500 and 1 MiB, which may be three bytes for each. */
const MOST_ROWS = 500;
const MOST_CHARACTERS = 300_000;
/** Links of a request. */
const MOST_LINKS = 100;
/** Refusals of one request after which an import ends: a minute's budget is spent within two. */
const MOST_WAITS = 20;
/** Seconds. */
const LONGEST_WAIT = 60;

const reply = z.object({
  data: z.array(
    z.object({
      status: z.string(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
/** Sends rows in batches, and answers how many came to what: `created`, `refused`. It keeps one batch, and the keys of all. */
export async function sendRows(
  sending: Sending,
  rows: AsyncIterable<ImportRow | Problem<string>>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  const add = (status: string) => void counts.set(status, (counts.get(status) ?? 0) + 1);
  const refuse = (problem: Problem<string>) => {
    add('refused');
    sending.report(problem);
  };
  let batch: ImportRow[] = [];
  let size = 0;
  const flush = async () => {
    const links: ImportRow[] = [];
    for (const { row, status, error } of await sendBatch(sending, batch)) {
      if (error !== null) refuse({ line: row.line, ...error });
      else add(status);
      if (error === null) links.push(row);
    }
    for (const { row, status, error } of await sendLinks(sending, links)) {
      // A customer who is only tried is not there to be linked.
      if (sending.isTrying && error?.code === 'customer_unknown') add('linked');
      else if (error !== null) refuse({ line: row.line, ...error });
      else if (status === 'linked') add(status);
    }
    [batch, size] = [[], 0];
  };
  for await (const row of rows) {
    if ('code' in row) {
      refuse(row);
      continue;
    }
    const key = JSON.stringify(row.key ?? row.line);
    const length = JSON.stringify(row.item).length;
    if (seen.has(key)) refuse({ line: row.line, code: 'duplicate', message: 'An earlier line has this id.' });
    else if (hasBrokenText(row.item))
      refuse({ line: row.line, code: 'validation_failed', message: BROKEN_TEXT });
    else if (length > MOST_CHARACTERS) refuse({ line: row.line, code: 'line_too_long' });
    else {
      if (batch.length >= MOST_ROWS || size + length > MOST_CHARACTERS) await flush();
      seen.add(key);
      batch.push(row);
      size += length;
    }
  }
  await flush();
  return counts;
}

const BROKEN_TEXT = 'A text of this line has a NUL character, or half of a character.';

/** The server takes such a text nowhere, and would refuse all lines that are sent with it. */
function hasBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  return isRecord(value) && Object.entries(value).flat().some(hasBrokenText);
}

interface SentRow {
  readonly row: ImportRow;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

async function sendBatch(sending: Sending, batch: readonly ImportRow[]): Promise<SentRow[]> {
  if (batch.length === 0) return [];
  const items = batch.map(({ item }) => item);
  const answer =
    sending.kind === 'customers'
      ? await callPatiently(sending, 'POST /v1/customers/batch', { customers: items })
      : await callPatiently(sending, 'PUT /v1/admin/credits', { credits: items });
  return pairsOf(batch, answer);
}

/** Tells the server which customers of Stripe its own are. Throws where it does not sell there, or in another mode. */
async function sendLinks(sending: Sending, rows: readonly ImportRow[]): Promise<SentRow[]> {
  const sent: SentRow[] = [];
  const linked = rows.filter((row) => row.stripe !== undefined);
  for (let from = 0; from < linked.length; from += MOST_LINKS) {
    const part = linked.slice(from, from + MOST_LINKS);
    const customers = part.map(({ item, stripe }) => ({
      customer: item['external_id'],
      stripe_customer: stripe?.customer,
    }));
    const livemode = part.some(({ stripe }) => stripe?.livemode);
    sent.push(
      ...pairsOf(
        part,
        await callPatiently(sending, 'PUT /v1/admin/stripe-customers', { livemode, customers }),
      ),
    );
  }
  return sent;
}

function pairsOf(rows: readonly ImportRow[], entries: z.infer<typeof reply>['data']): SentRow[] {
  return rows.map((row, index) => {
    const entry = entries[index];
    if (entry === undefined) throw new OperatorError('The server did not answer for all rows of a batch.');
    return { row, ...entry };
  });
}

/** A call that is refused for a while is made again then: a batch that was applied is known. */
async function callPatiently({ caller, isTrying }: Sending, line: string, body: object) {
  for (let waits = 0; ; waits += 1) {
    try {
      return reply.parse(await caller.call(line, { ...body, dry_run: isTrying })).data;
    } catch (error) {
      if (!(error instanceof RefusedCall) || error.retryAfter === undefined || waits >= MOST_WAITS)
        throw error;
      await pause(Math.min(error.retryAfter, LONGEST_WAIT) * 1_000);
    }
  }
}
