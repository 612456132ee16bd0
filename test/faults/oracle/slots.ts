import type { Exchange } from '../history.ts';
import { groupBy } from './answers.ts';
import type { Facts, OutageSpan, PermitRow, Violation } from './facts.ts';

/**
 * Milliseconds in which all is well, after which the slot of a request that has ended is free. A try to tell the database that
 * hangs is given up after ten seconds, and the next comes within one; the rest is for machines that do much else.
 */
export const SLOT_FREE_WITHIN = 20_000;

const CHAT = 'POST /v1/ai/chat/completions';

/**
 * How long slots stay taken by requests that have ended, in whichever way, by a clock that no test moves on. Time counts in one
 * piece, between outages: of the process that served it, or of the database for all.
 */
export function examineSlots(facts: Pick<Facts, 'history' | 'trace' | 'outages'>): Violation[] {
  const lives = livesOf(facts.trace);
  return facts.history
    .filter((exchange) => exchange.route === CHAT && !goesOn(exchange))
    .flatMap((exchange) => {
      const outages = facts.outages.filter(({ node }) => node === undefined || node === exchange.node);
      return (lives.get(exchange.id) ?? []).flatMap((life) => keptTooLong(exchange, life, outages));
    });
}

/** A plain call with a key is worth finishing without its client: its answer waits for the repeat. */
function goesOn({ key, body, answer }: Exchange): boolean {
  return key !== undefined && !body.includes('"stream":true') && answer?.whole !== true;
}

/** When a permit was open. */
interface Life {
  readonly permit: PermitRow;
  readonly opened: number;
  /** Never, where it was not closed. */
  readonly closed: number;
}

function livesOf(trace: Facts['trace']): Map<string, Life[]> {
  const lives = new Map<string, Life>();
  for (const change of trace) {
    if (change.about !== 'permits') continue;
    const { row, wall } = change;
    const { opened, closed } = lives.get(row.id) ?? { opened: wall, closed: Number.POSITIVE_INFINITY };
    const isOver = row.state === 'settled' || row.state === 'voided';
    lives.set(row.id, { permit: row, opened, closed: isOver ? Math.min(closed, wall) : closed });
  }
  const withoutJobs = [...lives.values()].filter(({ permit }) => permit.job_id === null);
  return groupBy(withoutJobs, ({ permit }) => permit.request_id);
}

function keptTooLong(
  exchange: Exchange,
  { permit, opened, closed }: Life,
  outages: readonly OutageSpan[],
): Violation[] {
  const since = exchange.ended;
  // What a process knew that is no more, its lease tells.
  if (outages.some(({ of, from, until }) => of === 'process' && from < closed && until > opened)) return [];
  const troubled = outages.filter(({ of }) => of === 'database' || of === 'pause');
  const calm = longestCalm({ since, until: closed }, troubled);
  if (calm <= SLOT_FREE_WITHIN) return [];
  const says = `${permit.id} of ${exchange.id}: ${Math.round(calm / 1_000)} s with nothing out of order`;
  return [{ rule: 'a slot stays taken', says, rows: [exchange, permit] }];
}

/** The longest piece of a time that no outage touches; endless, where the time is and they are not. */
export function longestCalm(
  { since, until }: { readonly since: number; readonly until: number },
  outages: readonly OutageSpan[],
): number {
  let longest = 0;
  let calmFrom = since;
  for (const { from, until: over } of outages.toSorted((a, b) => a.from - b.from)) {
    if (over <= calmFrom || from >= until) continue;
    longest = Math.max(longest, from - calmFrom);
    calmFrom = over;
  }
  return Math.max(longest, until - calmFrom);
}
