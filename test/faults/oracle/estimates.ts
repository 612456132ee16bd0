import { groupBy } from './answers.ts';
import type { BilledCall, Facts, Violation } from './facts.ts';
import { costOf, type Entry, entriesOf, idOf, isExact, rowsOf, sum } from './ledger.ts';

/**
 * Lays every estimate beside the bill of its call: what the operator may owe was never thought to be less than it is. An estimate
 * that is corrected later counts too: until then budgets relied on it. (That none is beyond its reserve, the ledger's rules say.)
 */
export function examineEstimates({ events, bill }: Pick<Facts, 'events' | 'bill'>): Violation[] {
  const entries = entriesOf(events);
  const billed = new Map(bill.map((call) => [call.request_id, call]));
  const names = new Set(entries.map(idOf));
  const nameless = entries.filter((entry) => idOf(entry) === null && isOpenEstimate(entry));
  const estimates = groupBy(nameless, ({ event }) => `${event.request_id} ${event.model}`);
  const unnamed = groupBy(
    bill.filter((call) => !names.has(call.request_id)),
    (call) => `${call.client_request_id} ${call.model}`,
  );
  return [
    ...entries.flatMap((entry) => tooLow(entry, billed.get(idOf(entry) ?? ''))),
    ...[...unnamed].flatMap(([name, calls]) => laidBeside(calls, estimates.get(name) ?? [])),
  ];
}

function isOpenEstimate(entry: Entry): boolean {
  return entry.event.state === 'posted' && !isExact(entry);
}

function tooLow(entry: Entry, call: BilledCall | undefined): Violation[] {
  const { event, correction } = entry;
  if (call === undefined || event.state !== 'posted') return [];
  // A provider that bills more than it was asked for passes every estimate (decision 47): what it thought is the part that it was told to add.
  const owed = call.fault?.kind === 'usage' ? costOf(withoutThought(call)) : costOf(call);
  const thought = [
    ...(event.estimated ? [event.cost] : []),
    ...(correction?.estimated === true ? [sum(entry, 'cost')] : []),
  ];
  return thought
    .filter((cost) => cost < owed)
    .map((cost) => ({
      rule: 'an estimate below the bill',
      says: `${cost} for ${call.request_id}, billed at ${costOf(call)}`,
      rows: [call, ...rowsOf(entry)],
    }));
}

/** It is unknown which of a request's estimates stands for which of its calls: the dearest call needs the dearest estimate. */
function laidBeside(calls: readonly BilledCall[], estimates: readonly Entry[]): Violation[] {
  const dearest = estimates.toSorted((a, b) => sum(b, 'cost') - sum(a, 'cost'));
  return calls
    .toSorted((a, b) => costOf(b) - costOf(a))
    .flatMap((call, index) => {
      const entry = dearest[index];
      return entry === undefined ? [] : tooLow(entry, call);
    });
}

const withoutThought = (call: BilledCall): BilledCall => ({
  ...call,
  completion_tokens: call.completion_tokens - call.reasoning_tokens,
});
