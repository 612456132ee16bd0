import { groupBy } from './answers.ts';
import type { BilledCall, EventRow, Facts, Violation } from './facts.ts';

/** What the sandbox's models cost, in micro-dollars per million tokens: an oracle has a price list of its own. */
const PRICES: Readonly<Record<string, { input: number; cached: number; output: number }>> = {
  'sandbox-small': { input: 150_000, cached: 75_000, output: 600_000 },
  'sandbox-large': { input: 2_500_000, cached: 1_250_000, output: 10_000_000 },
  'sandbox-reasoning': { input: 1_250_000, cached: 125_000, output: 10_000_000 },
};

/** The provider that keeps the bill; what was metered elsewhere is on no bill of ours. */
const BILLED_BY = 'sandbox';

/** A call as the ledger knows it in the end: its row, and what corrects it. The last word is the correction; those before it were estimates. */
export interface Entry {
  readonly event: EventRow;
  readonly earlier: readonly EventRow[];
  readonly correction: EventRow | undefined;
}

/**
 * Lays the provider's bill beside the ledger, call by call by the provider's own id of it. Each billed call stands there once:
 * at the provider's figures, or as an estimate that could not be corrected. All other charges are on the bill.
 */
export function examineLedger({ events, bill }: Pick<Facts, 'events' | 'bill'>): Violation[] {
  const entries = entriesOf(events);
  const billed = new Map(bill.map((call) => [call.request_id, call]));
  const named = groupBy(
    entries.filter((entry) => idOf(entry) !== null),
    (entry) => idOf(entry) ?? '',
  );
  return [
    ...bill.flatMap((call) => onceAndExact(call, named.get(call.request_id) ?? [])),
    ...checkLost(bill, entries, named),
    ...entries.flatMap((entry) => checkUnbilled(entry, billed)),
  ];
}

/** The calls that our provider was asked for. */
export function entriesOf(all: readonly EventRow[]): Entry[] {
  const events = all.filter(({ provider }) => provider === BILLED_BY);
  const corrections = groupBy(
    events.filter(({ corrects }) => corrects !== null),
    ({ corrects }) => corrects ?? '',
  );
  return events
    .filter(({ corrects }) => corrects === null)
    .map((event) => {
      // The provider's figures end the corrections, even if an estimate is recorded later.
      const of = (corrections.get(event.id) ?? []).toSorted(
        (a, b) => Number(b.estimated) - Number(a.estimated) || (a.id < b.id ? -1 : 1),
      );
      return { event, earlier: of.slice(0, -1), correction: of.at(-1) };
    });
}

/** The provider's own id of it. */
export function idOf({ event, correction }: Entry): string | null {
  return correction?.provider_request_id ?? event.provider_request_id;
}

export function rowsOf({ event, earlier, correction }: Entry): EventRow[] {
  return correction === undefined ? [event] : [event, ...earlier, correction];
}

/** A correction may itself be an estimate, closer than the one before. */
export function isExact({ event, correction }: Entry): boolean {
  return event.state === 'posted' && !(correction ?? event).estimated;
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
  return { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost: costOf(call) };
}

/** Micro-dollars. */
export function costOf(
  call: Pick<BilledCall, 'model' | 'prompt_tokens' | 'cached_tokens' | 'completion_tokens'>,
): number {
  const price = PRICES[call.model];
  if (price === undefined) throw new Error(`the oracle does not know what ${call.model} costs`);
  const parts =
    (call.prompt_tokens - call.cached_tokens) * price.input +
    call.cached_tokens * price.cached +
    call.completion_tokens * price.output;
  return Math.ceil(parts / 1_000_000);
}

export function sum(entry: Entry, name: string): number {
  return rowsOf(entry).reduce((total, row) => total + Number(row[name as keyof EventRow]), 0);
}

/** A billed call that no row names must be one of the estimates of the request that it was made for. */
function checkLost(
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

function checkUnbilled(entry: Entry, billed: ReadonlyMap<string, BilledCall>): Violation[] {
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
  // A correction to nothing: it turned out that the call was never served, though its refusal had an id.
  if (sum(entry, 'cost') === 0 && entry.correction !== undefined) return [];
  if (id !== null && billed.has(id)) return [];
  return [{ rule: 'posted and not billed', says: `${event.id} names ${id}`, rows }];
}
