import type { Call, Caller } from './caller.ts';
import type { Member } from './fleet.ts';
import type { Answer, History } from './history.ts';
import { field } from './oracle/answers.ts';
import type { OutageSpan, UsageAnswer } from './oracle/facts.ts';
import { costOf, examine, type Facts, type Violation } from './oracle/index.ts';
import type { Outages } from './outages.ts';
import { lastChange, readBill, readRows } from './read.ts';
import type { FaultContext } from './troubles.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  /** What happened in numbers. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Callers {
  readonly history: History;
  readonly all: readonly Caller[];
}

/** Idle connections that broke fail the first caller that uses them. */
const TRIES = 20;

/** Readings of what the API says and of the rows, at most, until no row changed between the two. */
const ASKED = 10;

/** Asks every account what it has, reads all rows, and has the oracle judge. */
export async function judgeRun(context: FaultContext, callers: Callers): Promise<Outcome> {
  const { services, members, sandbox, outages } = context;
  const { history } = callers;
  const { from, told, rows } = await readOneState(context, callers);
  const facts: Facts = {
    ...rows,
    ...told,
    bill: await readBill(sandbox.url),
    history: history.exchanges,
    outages: spansOf(members, outages),
  };
  const defects = members.flatMap((member) => member.defects);
  const counts = countsOf(facts, members);
  const isIdle = counts['succeeded'] === 0 || counts['billed_calls'] === 0;
  const deadlocks = await services.postgres.deadlocks();
  return {
    violations: [
      ...deadlocks.map((says) => ({ rule: 'transactions waited for each other', says, rows: [] })),
      // Where nothing works, nothing is violated.
      ...(isIdle ? [{ rule: 'nothing was done', says: JSON.stringify(counts), rows: [] }] : []),
      ...examine(facts, { from, until: await services.time() }).map((violation) =>
        withLog(violation, members),
      ),
      ...defects.map((said) => ({ rule: 'a process ended by a defect', says: said, rows: [] })),
    ],
    counts,
  };
}

/** What the processes logged of a request that a violation shows: a seed may never bring it about again. */
function withLog(violation: Violation, members: readonly Member[]): Violation {
  const ids = violation.rows.map((row) => field(row, 'id')).filter((id) => typeof id === 'string');
  const lines = ids.flatMap((id) => members.flatMap((member) => member.saidOf(`"request_id":"${id}"`)));
  return { ...violation, rows: [...violation.rows, ...lines] };
}

/**
 * Reads what the API says, and the rows, of one state. A call that the provider goes on with after its caller has left, or whose process stood still,
 * is corrected when no permit is open any more.
 */
async function readOneState({ services }: FaultContext, { history, all }: Callers) {
  for (let tries = 1; ; tries += 1) {
    const from = await services.time();
    const before = await lastChange(services.sql);
    const told = await askAll(all, [...history.exchanges]);
    const rows = await readRows(services.sql);
    if (tries === ASKED || (await lastChange(services.sql)) === before) return { from, told, rows };
  }
}

/** Callers know processes by their place among those that serve. */
function spansOf(members: readonly Member[], outages: Outages): OutageSpan[] {
  const nodes = members.filter(({ verb }) => verb === 'serve').map(({ name }) => name);
  return outages.list().flatMap(({ of, member, from, until }): OutageSpan[] => {
    const node = member === undefined ? undefined : nodes.indexOf(member);
    return node === -1 ? [] : [{ of, node, from, until }];
  });
}

/** What the API says at the end: of what is used, and of every generation that was promised. */
async function askAll(all: readonly Caller[], exchanges: History['exchanges']) {
  const usage = new Map<string, UsageAnswer>();
  const generations = new Map<string, string>();
  for (const caller of all) {
    const { body } = await certain(caller, { route: 'GET /v1/usage' });
    usage.set(caller.parts.account, {
      limits: field(body, 'data') as UsageAnswer['limits'],
      events: field(body, 'events') as UsageAnswer['events'],
    });
    for (const { caller: name, answer } of exchanges) {
      const id = field(answer?.body, 'generation_id');
      if (name !== caller.parts.name || answer?.status !== 202 || typeof id !== 'string') continue;
      if (generations.has(id)) continue;
      const path = `/v1/generations/${id}`;
      const read = await certain(caller, { route: 'GET /v1/generations/:id', path });
      generations.set(id, String(field(read.body, 'status')));
    }
  }
  return { usage, told: generations };
}

async function certain(caller: Caller, call: Call): Promise<Answer> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { answer } = await caller.send(call);
    if (answer?.whole === true && answer.status < 500) return answer;
  }
  throw new Error(`${call.path ?? call.route} is not answered any more, though the faults are over`);
}

/** What estimates come to whose calls are known by the provider's id, and what it billed for the same: how close they are. */
function closenessOf({ events, bill }: Facts): Record<string, number> {
  const billed = new Map(bill.map((call) => [call.request_id, costOf(call)]));
  const known = events.filter(
    ({ estimated, corrects, provider_request_id: id }) =>
      estimated && corrects === null && id !== null && billed.has(id),
  );
  return {
    estimated_micros: known.reduce((sum, { cost }) => sum + cost, 0),
    billed_for_them: known.reduce(
      (sum, event) => sum + (billed.get(event.provider_request_id ?? '') ?? 0),
      0,
    ),
  };
}

function countsOf(facts: Facts, members: readonly Member[]): Record<string, number> {
  const answers = facts.history.map(({ answer }) => answer);
  return {
    requests: answers.length,
    unanswered: answers.filter((answer) => answer === undefined || !answer.whole).length,
    succeeded: answers.filter((answer) => answer?.whole === true && answer.status < 300).length,
    denied: answers.filter((answer) => answer?.code === 'limit_exceeded').length,
    replayed: answers.filter((answer) => answer?.replayed === true).length,
    permits: facts.permits.length,
    generations: facts.generations.length,
    billed_calls: facts.bill.length,
    estimates: facts.events.filter(({ estimated }) => estimated).length,
    ...closenessOf(facts),
    corrections: facts.events.filter(({ corrects }) => corrects !== null).length,
    changes: facts.trace.length,
    restarts: members.reduce((sum, { starts }) => sum + starts - 1, 0),
  };
}
