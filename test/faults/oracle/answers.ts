import type { Answer, Exchange } from '../history.ts';
import type { EventRow, Facts, GenerationRow, PermitRow, Violation } from './facts.ts';

/** A caller with such an answer got nothing, and so owes nothing. */
const DENIALS = new Set([
  'limit_exceeded',
  'plan_required',
  'rate_limited',
  'idempotency_in_progress',
  'idempotency_mismatch',
  'outcome_unknown',
]);

/** Lays what callers were told beside the rows: denials, repeats, and what was promised. */
export function examineAnswers(facts: Facts): Violation[] {
  const rows: Rows = {
    permits: groupBy(facts.permits, ({ request_id }) => request_id),
    events: groupBy(facts.events, ({ request_id }) => request_id),
    generations: new Map(facts.generations.map((one) => [one.id, one])),
    byPermit: groupBy(facts.generations, ({ permit_id }) => permit_id),
  };
  const keyed = groupBy(
    facts.history.filter(({ key }) => key !== undefined),
    ({ account, route, key }) => `${account} ${route} ${key}`,
  );
  return [
    ...facts.history.flatMap((exchange) => [
      ...checkDenied(exchange, rows),
      ...checkPromised(exchange, rows),
    ]),
    ...[...keyed.values()].flatMap((exchanges) => [...sameAnswer(exchanges), ...oneEffect(exchanges, rows)]),
  ];
}

interface Rows {
  readonly permits: ReadonlyMap<string, readonly PermitRow[]>;
  readonly events: ReadonlyMap<string, readonly EventRow[]>;
  readonly generations: ReadonlyMap<string, GenerationRow>;
  readonly byPermit: ReadonlyMap<string, readonly GenerationRow[]>;
}

export function groupBy<Row>(rows: readonly Row[], name: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(name(row));
    if (group === undefined) groups.set(name(row), [row]);
    else group.push(row);
  }
  return groups;
}

function checkDenied(exchange: Exchange, { permits, events }: Rows): Violation[] {
  const code = exchange.answer?.code;
  if (code === undefined || !DENIALS.has(code)) return [];
  const found = [...(permits.get(exchange.id) ?? []), ...(events.get(exchange.id) ?? [])];
  if (found.length === 0) return [];
  return [{ rule: 'charged on denial', says: `${code} for ${exchange.id}`, rows: [exchange, ...found] }];
}

export function isSuccess(answer: Answer | undefined): answer is Answer {
  return answer !== undefined && answer.whole && answer.status >= 200 && answer.status < 300;
}

/** All answers for one key that say how it went say the same. */
function sameAnswer(exchanges: readonly Exchange[]): Violation[] {
  const [first, ...others] = exchanges.filter(({ answer }) => isSuccess(answer) && !isStream(answer));
  const other = others.find((exchange) => questionAndAnswer(exchange) !== questionAndAnswer(first));
  if (other === undefined) return [];
  return [{ rule: 'one key, two answers', says: `key ${other.key}`, rows: [first, other] }];
}

/** Fields of an object have no order: a stored answer may come back in another. */
function questionAndAnswer(exchange: Exchange | undefined): string {
  return JSON.stringify(
    [exchange?.answer?.status, exchange?.body, exchange?.answer?.body],
    (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  );
}

function isStream({ body }: Answer): boolean {
  return typeof body === 'string';
}

/** For one key at most one permit came to something, and at most one generation was made. */
function oneEffect(exchanges: readonly Exchange[], { permits, byPermit }: Rows): Violation[] {
  const made = exchanges.flatMap(({ id }) => permits.get(id) ?? []);
  const kept = made.filter(({ state }) => state !== 'voided');
  const generations = made.flatMap(({ id }) => byPermit.get(id) ?? []);
  if (kept.length <= 1 && generations.length <= 1) return [];
  const says = `key ${exchanges[0]?.key}: ${kept.length} permits, ${generations.length} generations`;
  return [{ rule: 'one key, two effects', says, rows: [...made, ...generations] }];
}

function checkPromised(exchange: Exchange, rows: Rows): Violation[] {
  const { answer, route } = exchange;
  if (!isSuccess(answer)) return [];
  if (route === 'POST /v1/create' || route === 'POST /v1/regenerate') return checkAccepted(exchange, rows);
  if (route === 'POST /v1/generations/:id/cancel') return checkAccepted(exchange, rows, 'cancelled');
  if (route === 'POST /v1/ai/chat/completions' && !answer.replayed)
    return checkServed(exchange, answer, rows);
  return [];
}

function checkAccepted(exchange: Exchange, { generations }: Rows, status?: string): Violation[] {
  const id = String(field(exchange.answer?.body, 'generation_id'));
  const row = generations.get(id);
  if (row !== undefined && (status === undefined || row.status === status)) return [];
  return [{ rule: 'accepted and lost', says: `generation ${id}`, rows: [exchange, row] }];
}

/** An answer of a model that is all there: there is a row for it, with the figures that the caller saw. */
function checkServed(exchange: Exchange, answer: Answer, { events }: Rows): Violation[] {
  const shown = field(field(answer.body, 'usage'), 'completion_tokens');
  if (isStream(answer) && !String(answer.body).includes('[DONE]')) return [];
  const found = events.get(exchange.id) ?? [];
  const matches = (event: EventRow) =>
    event.state === 'posted' && (event.estimated || shown === undefined || event.completion_tokens === shown);
  if (found.some(matches)) return [];
  const says = `${exchange.id} was shown what no row stands for`;
  return [{ rule: 'served and not posted', says, rows: [exchange, ...found] }];
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
