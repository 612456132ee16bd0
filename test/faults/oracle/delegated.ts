import type { Exchange } from '../history.ts';
import { field, groupBy, isSuccess } from './answers.ts';
import type { EventRow, Facts, PermitRow, Violation } from './facts.ts';

/** Permits over HTTP and usage that was metered elsewhere: what a backend was told, beside the rows. */
export function examineDelegated(facts: Facts): Violation[] {
  const rows: Rows = {
    permits: new Map(facts.permits.map((permit) => [permit.id, permit])),
    events: groupBy(facts.events, ({ permit_id }) => permit_id),
  };
  return [
    ...facts.history.flatMap((exchange) => checkClosed(exchange, rows)),
    ...checkRepeated(facts.history),
    ...checkReported(facts),
  ];
}

interface Rows {
  readonly permits: ReadonlyMap<string, PermitRow>;
  readonly events: ReadonlyMap<string, readonly EventRow[]>;
}

const ENDS: Readonly<Record<string, PermitRow['state'] | 'any'>> = {
  'POST /v1/permits': 'any',
  'POST /v1/permits/:id/extend': 'any',
  'POST /v1/permits/:id/settle': 'settled',
  'POST /v1/permits/:id/release': 'voided',
};

/** What was taken is there, what was settled is settled at the cost that was said, and what was given back is void. */
function checkClosed(exchange: Exchange, { permits, events }: Rows): Violation[] {
  const state = ENDS[exchange.route];
  if (state === undefined || !isSuccess(exchange.answer)) return [];
  const id = String(field(exchange.answer.body, 'permit_id'));
  const permit = permits.get(id);
  const calls = events.get(id) ?? [];
  const rows = [exchange, permit, ...calls];
  if (permit === undefined || (state !== 'any' && permit.state !== state)) {
    return [{ rule: 'a permit and what was said of it differ', says: `${id} is ${permit?.state}`, rows }];
  }
  if (state !== 'settled') return [];
  const said = field(exchange.answer.body, 'cost_micros');
  const posted = calls.filter((call) => call.state === 'posted').reduce((sum, { cost }) => sum + cost, 0);
  if (posted === said && permit.units === field(exchange.answer.body, 'units')) return [];
  const says = `${id}: ${posted} posted for ${permit.units} units`;
  return [{ rule: 'a settlement and its rows differ', says, rows }];
}

/** The same end of the same permit is told in the same words. */
function checkRepeated(history: readonly Exchange[]): Violation[] {
  const ends = history.filter(({ route, answer }) => /settle|release/.test(route) && isSuccess(answer));
  return [...groupBy(ends, ({ path, body }) => `${path} ${body}`).values()].flatMap(([first, ...others]) => {
    const other = others.find((exchange) => wordsOf(exchange) !== wordsOf(first));
    if (other === undefined) return [];
    return [{ rule: 'one end, two answers', says: other.path, rows: [first, other] }];
  });
}

function wordsOf(exchange: Exchange | undefined): string {
  return JSON.stringify(exchange?.answer?.body);
}

/** What was reported under an id stands in the ledger once, and what was promised to stand there does. */
function checkReported({ history, events }: Facts): Violation[] {
  const rows = groupBy(
    events.filter(({ reported_id }) => reported_id !== null),
    ({ account_id, reported_id }) => `${account_id} ${reported_id}`,
  );
  const twice = [...rows].filter(([, group]) => group.length > 1);
  const promised = history
    .filter(({ route, answer }) => route === 'POST /v1/usage-events' && isSuccess(answer))
    .flatMap((exchange) => {
      const data = field(exchange.answer?.body, 'data');
      const told = Array.isArray(data) ? (data as unknown[]) : [];
      return told
        .filter((event) => field(event, 'status') !== 'refused')
        .map((event) => ({ exchange, event }));
    });
  return [
    ...twice.map(([id, group]) => ({ rule: 'reported once, posted twice', says: id, rows: group })),
    ...promised
      .filter(({ exchange, event }) => !rows.has(`${exchange.account} ${String(field(event, 'id'))}`))
      .map(({ exchange, event }) => ({
        rule: 'reported and not posted',
        says: JSON.stringify(event),
        rows: [exchange],
      })),
  ];
}
