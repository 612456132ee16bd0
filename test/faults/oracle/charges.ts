import type { Exchange } from '../history.ts';
import { field, groupBy, isSuccess } from './answers.ts';
import type { BilledCall, EventRow, Facts, OutageSpan, PermitRow, Violation } from './facts.ts';
import { costOf, type Entry, entriesOf, idOf, isExact, rowsOf, sum } from './ledger.ts';

const CHAT = 'POST /v1/ai/chat/completions';

/** The codes of a failed provider call, of whose answer nothing was shown. */
const PROVIDER_FAILED = new Set(['provider_unavailable', 'provider_timeout', 'answer_unusable']);

/** Bounds for what was shown until a provider broke off: another tokenizer counts otherwise, by so much and so many. */
const COUNTED = { times: 2, more: 16 } as const;

/**
 * Who pays for what: served as it was served; what the provider broke before anything was shown costs the customer nothing, and
 * afterwards what was shown; what the caller caused costs what the provider bills. Judged where it is certain which it was: by what
 * the client saw, and by the provider's own word for what it did.
 */
export function examineCharges(facts: Facts): Violation[] {
  if (!facts.events.some(hasCharge)) return [];
  const entries = groupBy(entriesOf(facts.events), ({ event }) => event.request_id);
  const rows: Rows = {
    entries,
    permits: groupBy(facts.permits, ({ request_id }) => request_id),
    bill: new Map(facts.bill.map((call) => [call.request_id, call])),
    outages: facts.outages,
  };
  return [
    ...[...entries.values()].flat().flatMap(beyondCost),
    ...facts.history
      .filter(({ route, answer }) => route === CHAT && answer?.replayed !== true)
      .flatMap((exchange) => paid(exchange, rows)),
  ];
}

interface Rows {
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
  readonly permits: ReadonlyMap<string, readonly PermitRow[]>;
  readonly bill: ReadonlyMap<string, BilledCall>;
  readonly outages: readonly OutageSpan[];
}

function hasCharge({ charged }: EventRow): boolean {
  return charged !== undefined;
}

/** No account pays more than the operator does. */
function beyondCost(entry: Entry): Violation[] {
  const [charged, cost] = [sum(entry, 'charged'), sum(entry, 'cost')];
  if (charged >= 0 && charged <= cost) return [];
  const says = `${charged} for ${entry.event.id}, which cost ${cost}`;
  return [{ rule: 'charged more than it cost', says, rows: rowsOf(entry) }];
}

function paid(exchange: Exchange, rows: Rows): Violation[] {
  const entries = (rows.entries.get(exchange.id) ?? []).filter(({ event }) => event.state === 'posted');
  const { answer } = exchange;
  const isAllThere = answer?.whole === true;
  if (isAllThere && PROVIDER_FAILED.has(answer.code ?? '')) return nothingShown(exchange, rows);
  if (isSuccess(answer) && isWhole(answer.body)) return checkServed({ exchange, entries });
  if (isSuccess(answer)) return entries.flatMap((entry) => brokenOff({ exchange, entry }, rows));
  if (exchange.leaves && !isAllThere) return hungUp({ exchange, entries }, rows);
  return [];
}

/** Plain, or a complete stream without an error event. */
function isWhole(body: unknown): boolean {
  return typeof body !== 'string' || (body.includes('[DONE]') && !/"error":\s*\{/.test(body));
}

/** The provider failed, and the client was told so: nothing is charged, and the quota is back. */
function nothingShown(exchange: Exchange, { entries, permits, outages }: Rows): Violation[] {
  if (isForgotten(exchange, outages)) return [];
  const calls = entries.get(exchange.id) ?? [];
  const charged = calls.reduce((total, entry) => total + sum(entry, 'charged'), 0);
  const kept = (permits.get(exchange.id) ?? []).filter(({ state }) => state !== 'voided');
  if (charged === 0 && kept.length === 0) return [];
  const says = `${charged} and ${kept.length} of quota for ${exchange.id}`;
  const rows = [exchange, ...kept, ...calls.flatMap(rowsOf)];
  return [{ rule: 'charged for what the provider broke', says, rows }];
}

/** Its process ended before it could tell the database what became of the call, and no other knew: it is closed as an estimate. */
function isForgotten({ node, asked, ended }: Exchange, outages: readonly OutageSpan[]): boolean {
  const ends = outages.filter((one) => one.of === 'process' && one.node === node && one.from >= asked);
  return outages.some(
    (away) =>
      away.of === 'database' &&
      (away.node === undefined || away.node === node) &&
      away.from < ended &&
      ends.some(({ from }) => from < away.until + TELLING),
  );
}

/** Milliseconds within which a living process has told what it knows, once the database is there again. */
const TELLING = 3_000;

interface ChargedExchange {
  readonly exchange: Exchange;
  readonly entries: readonly Entry[];
}

/** What was served is charged at its cost, and never above its reserve; tries that failed before it, not at all. */
function checkServed({ exchange, entries }: ChargedExchange): Violation[] {
  const id = servedId(exchange.answer?.body);
  const own = entries.filter((entry) => idOf(entry) === id);
  // Without its id the answer can't be told from the tries before it.
  if (id === undefined || own.length !== 1) return [];
  return entries.flatMap((entry): Violation[] => {
    const [charged, cost] = [sum(entry, 'charged'), sum(entry, 'cost')];
    const rows = [exchange, ...rowsOf(entry)];
    if (!own.includes(entry)) {
      if (charged === 0) return [];
      return [
        { rule: 'charged for what the provider broke', says: `${charged}, a try of ${exchange.id}`, rows },
      ];
    }
    const allowed = Math.min(cost, entry.event.reserve);
    const isRight = isExact(entry) ? charged === allowed : charged > 0 || cost === 0;
    if (isRight) return [];
    return [{ rule: 'served and charged otherwise', says: `${charged} for ${cost}, ${exchange.id}`, rows }];
  });
}

/** The sandbox names an answer and its line of the bill alike. */
function servedId(body: unknown): string | undefined {
  const id = typeof body === 'string' ? /"id":"([^"]+)"/.exec(body)?.[1] : field(body, 'id');
  return typeof id === 'string' ? id.replace(/^chatcmpl-/, 'req_') : undefined;
}

/** The client has all that came, and it is not the end: the provider broke off, by its own account. Input and what was shown is charged. */
function brokenOff(
  { exchange, entry }: { readonly exchange: Exchange; readonly entry: Entry },
  { bill }: Rows,
): Violation[] {
  const call = bill.get(idOf(entry) ?? '');
  if (call?.fault === undefined || !/^(?:cut_stream|hang_midstream)$/.test(call.fault.kind)) return [];
  const { times, more } = COUNTED;
  const shown = Math.min(call.completion_tokens, call.fault.after ?? 0);
  const most = costOf({
    ...call,
    cached_tokens: 0,
    prompt_tokens: call.prompt_tokens * times + more,
    completion_tokens: shown * times + more,
  });
  const charged = sum(entry, 'charged');
  if (charged <= most) return [];
  const says = `${charged} for ${shown} tokens shown, ${exchange.id}`;
  return [{ rule: 'charged for what was not shown', says, rows: [exchange, call, ...rowsOf(entry)] }];
}

/** The caller left, and nothing else was out of order: it is charged what its call cost, and its quota is used. */
function hungUp({ exchange, entries }: ChargedExchange, { bill, permits, outages }: Rows): Violation[] {
  const touched = outages.some(
    ({ node, from, until }) =>
      (node === undefined || node === exchange.node) &&
      from < exchange.ended + AFTERWARDS &&
      until > exchange.asked,
  );
  if (touched) return [];
  const kept = (permits.get(exchange.id) ?? []).every(({ state }) => state === 'settled');
  return entries.flatMap((entry) => {
    const call = bill.get(idOf(entry) ?? '');
    // What it met may have been broken by the provider before the caller left.
    if (call === undefined || call.fault !== undefined) return [];
    const [charged, cost] = [sum(entry, 'charged'), sum(entry, 'cost')];
    if (charged === cost && kept) return [];
    const says = `${charged} of ${cost} for ${exchange.id}, its quota ${kept ? 'used' : 'given back'}`;
    return [{ rule: 'left, and not charged for it', says, rows: [exchange, call, ...rowsOf(entry)] }];
  });
}

/** Milliseconds in which what a call cost is read to its end and told. */
const AFTERWARDS = 20_000;
