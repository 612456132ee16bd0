import type { BilledCall, EventRow, Facts, Violation } from './facts.ts';

/** What the sandbox's models cost, in micro-dollars per million tokens: an oracle has a price list of its own. */
const PRICES: Readonly<Record<string, { input: number; cached: number; output: number }>> = {
  'sandbox-small': { input: 150_000, cached: 75_000, output: 600_000 },
  'sandbox-large': { input: 2_500_000, cached: 1_250_000, output: 10_000_000 },
};

/** The provider that keeps the bill; what was metered elsewhere is on no bill of ours. */
const BILLED_BY = 'sandbox';

/** A call as the ledger knows it in the end: its row, and the one that corrects it. */
interface Entry {
  readonly event: EventRow;
  readonly correction: EventRow | undefined;
}

/**
 * Lays the provider's bill beside the ledger, call by call by the provider's own id of it. Each billed call stands there once:
 * at the provider's figures, or as an estimate that nobody could correct. What is not an estimate is on the bill.
 */
export function examineLedger({ events, bill }: Pick<Facts, 'events' | 'bill'>): Violation[] {
  const entries = entriesOf(events.filter(({ provider }) => provider === BILLED_BY));
  const billed = new Map(bill.map((call) => [call.request_id, call]));
  const named = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = idOf(entry);
    if (id !== null) named.set(id, [...(named.get(id) ?? []), entry]);
  }
  return [
    ...bill.flatMap((call) => onceAndExact(call, named.get(call.request_id) ?? [])),
    ...lost(bill, entries, named),
    ...entries.flatMap((entry) => unbilled(entry, billed)),
  ];
}

function entriesOf(events: readonly EventRow[]): Entry[] {
  const corrections = new Map(events.map((event) => [event.corrects, event]));
  return events
    .filter(({ corrects }) => corrects === null)
    .map((event) => ({ event, correction: corrections.get(event.id) }));
}

function idOf({ event, correction }: Entry): string | null {
  return correction?.provider_request_id ?? event.provider_request_id;
}

function rowsOf({ event, correction }: Entry): EventRow[] {
  return correction === undefined ? [event] : [event, correction];
}

function isExact({ event, correction }: Entry): boolean {
  return event.state === 'posted' && (!event.estimated || correction !== undefined);
}

function onceAndExact(call: BilledCall, entries: readonly Entry[]): Violation[] {
  if (entries.length > 1) {
    const rows = [call, ...entries.flatMap(rowsOf)];
    return [{ rule: 'billed once, posted twice', says: call.request_id, rows }];
  }
  return entries.flatMap((entry): Violation[] => {
    const rows = [call, ...rowsOf(entry)];
    if (entry.event.state !== 'posted') {
      return [{ rule: 'billed and not posted', says: `${call.request_id} is ${entry.event.state}`, rows }];
    }
    if (!isExact(entry)) return [];
    const wrong = Object.entries(figuresOf(call)).filter(([name, figure]) => sum(entry, name) !== figure);
    return wrong.map(([name, figure]) => ({
      rule: 'ledger and bill differ',
      says: `${name} of ${call.request_id}: ${sum(entry, name)} posted, ${figure} billed`,
      rows,
    }));
  });
}

function figuresOf(call: BilledCall): Record<string, number> {
  const { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens } = call;
  const price = PRICES[call.model];
  if (price === undefined) throw new Error(`the oracle does not know what ${call.model} costs`);
  const parts =
    (prompt_tokens - cached_tokens) * price.input +
    cached_tokens * price.cached +
    completion_tokens * price.output;
  const cost = Math.ceil(parts / 1_000_000);
  return { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost };
}

function sum(entry: Entry, name: string): number {
  return rowsOf(entry).reduce((total, row) => total + Number(row[name as keyof EventRow]), 0);
}

/** A billed call that no row names must be one of the estimates of the request that it was made for. */
function lost(
  bill: readonly BilledCall[],
  entries: readonly Entry[],
  named: ReadonlyMap<string, unknown>,
): Violation[] {
  const estimates = new Map<string, number>();
  for (const entry of entries) {
    if (entry.event.state !== 'posted' || idOf(entry) !== null || isExact(entry)) continue;
    const { request_id: id } = entry.event;
    estimates.set(id, (estimates.get(id) ?? 0) + 1);
  }
  return bill.flatMap((call) => {
    if (named.has(call.request_id)) return [];
    const id = call.client_request_id ?? '';
    const left = estimates.get(id) ?? 0;
    estimates.set(id, left - 1);
    if (left > 0) return [];
    const rows = [call, ...entries.filter(({ event }) => event.request_id === id).flatMap(rowsOf)];
    return [{ rule: 'billed and not posted', says: `${call.request_id}, made for ${id}`, rows }];
  });
}

function unbilled(entry: Entry, billed: ReadonlyMap<string, BilledCall>): Violation[] {
  const { event } = entry;
  const rows = rowsOf(entry);
  if (event.state === 'pending' || event.state === 'sent') {
    return [{ rule: 'a call without an end', says: `${event.id} is still ${event.state}`, rows }];
  }
  if (event.state === 'voided' && event.cost !== 0) {
    return [{ rule: 'a voided call costs', says: `${event.cost} for ${event.id}`, rows }];
  }
  if (event.state === 'posted' && event.estimated && event.cost > event.reserve) {
    return [{ rule: 'an estimate beyond its reserve', says: `${event.cost} of ${event.reserve}`, rows }];
  }
  const id = idOf(entry);
  if (!isExact(entry)) return [];
  // A correction to nothing: it turned out that the call was never served.
  if (id === null && sum(entry, 'cost') === 0 && entry.correction !== undefined) return [];
  if (id !== null && billed.has(id)) return [];
  return [{ rule: 'posted and not billed', says: `${event.id} names ${id}`, rows }];
}
