import { openDatabase } from '#platform/db';
import { makeAccount, makeGrant, type Member } from '@plinth/testkit/factories';
import { type Chance, chanceOf } from '../chance.ts';
import { makeCustomers } from '../customers.ts';
import { type FaultServices, openServices } from '../services.ts';
import { examine, type Facts, type Violation } from '../oracle/index.ts';
import { isQuiet, readRows } from '../read.ts';
import type { Outcome } from '../judgement.ts';
import { sleep } from '../turns.ts';
import { type Decider, openDecider, type Verdicts } from './deciders.ts';
import { catalogue } from './catalogue.ts';
import { requestId } from './messages.ts';

const DECIDERS = 3;
const ACCOUNTS = 60;
/** On the large plan are the first few, where the crowds are. */
const LARGE = 4;
const CALLERS = 60;
/** Milliseconds in which everything that was left must be closed. */
const PATIENCE = 30_000;

export interface DecisionsOptions {
  readonly seed: string;
  readonly decisions: number;
  readonly say: (line: string) => void;
}

/**
 * So many admission decisions, by three processes that have the program's limits in them and are killed, paused and cut off
 * meanwhile; then the oracle's judgement.
 */
export async function runDecisions({ seed, decisions, say }: DecisionsOptions): Promise<Outcome> {
  const chance = chanceOf(seed);
  const opened = new AsyncDisposableStack();
  try {
    const services = await openServices();
    opened.defer(() => services.close());
    await makeCustomers(services.url, services.folder);
    const members = await makeMembers(services.url);
    await services.trace();
    const verdicts: Verdicts = new Map();
    const options = { urlFor: services.urlFor, seed, members, chance, verdicts, callers: CALLERS };
    const deciders = await Promise.all(
      Array.from({ length: DECIDERS }, (_, n) => openDecider(`decider-${n + 1}`, options)),
    );
    let isOver = false;
    const troubles = troubleUntil(() => isOver, { chance: chance.for('faults'), services, deciders, say });
    await waitForDecisions(verdicts, decisions, say);
    isOver = true;
    await troubles;
    await Promise.all(deciders.map((decider) => decider.stop()));
    return await judgeRun(services, { verdicts, deciders });
  } finally {
    await opened.disposeAsync();
  }
}

async function makeMembers(url: string): Promise<Member[]> {
  const db = await openDatabase({ engine: 'postgres', url });
  try {
    const members: Member[] = [];
    for (let n = 0; n < ACCOUNTS; n += 1) {
      const member = await makeAccount(db);
      await makeGrant(db, member.accountId, { catalogue, plan: n < LARGE ? 'large' : 'small' });
      members.push(member);
    }
    return members;
  } finally {
    await db.close();
  }
}

/** Decisions with a known outcome; a process thought dead has none. */
function countDecisions(verdicts: Verdicts): number {
  let sum = 0;
  for (const lines of verdicts.values()) for (const line of lines) sum += line.replaceAll(/[fx]/g, '').length;
  return sum;
}

async function waitForDecisions(
  verdicts: Verdicts,
  decisions: number,
  say: (line: string) => void,
): Promise<void> {
  let told = 0;
  for (let sum = 0; sum < decisions; sum = countDecisions(verdicts)) {
    if (sum - told >= 100_000) {
      told = sum;
      say(`${sum} decisions`);
    }
    await sleep(200);
  }
}

interface DecisionContext {
  readonly chance: Chance;
  readonly services: FaultServices;
  readonly deciders: readonly Decider[];
  readonly say: (line: string) => void;
}

/** One trouble after the other, for processes that are at work; the clock moves on more often than not, so that windows begin anew. */
async function troubleUntil(isOver: () => boolean, context: DecisionContext): Promise<void> {
  const { chance, deciders } = context;
  while (!isOver()) {
    await sleep(chance.between(200, 1_500));
    const [first, ...rest] = deciders.filter(({ isAtWork }) => isAtWork);
    if (first === undefined) continue;
    await trouble(chance.pick([first, ...rest]), context);
  }
}

async function trouble(decider: Decider, { chance, services, say }: DecisionContext): Promise<void> {
  const kind = chance.weighted({
    clock: 10,
    kill: 4,
    pause: 4,
    pause_past_lease: 2,
    cut: 4,
    silence: 4,
    delay: 4,
    commits: 4,
  });
  const lasts = chance.between(50, 2_000);
  say(`${kind} ${kind === 'clock' ? '' : decider.name} ${lasts} ms`);
  const { link, commits } = decider;
  if (kind === 'clock') return services.advance(chance.pick([5, 25, 65]));
  if (kind === 'kill') return decider.signal('SIGKILL');
  if (kind === 'cut') return link.cut();
  if (kind === 'delay') link.delay = [chance.between(0, 20), chance.between(20, 200)];
  else if (kind === 'silence') link.silence();
  else if (kind === 'commits') commits.probability = chance.pick([0.05, 0.5]);
  else decider.signal('SIGSTOP');
  if (kind === 'pause_past_lease') await services.advance(31, decider.name);
  await sleep(lasts);
  link.delay = [0, 0];
  commits.probability = 0;
  link.resume();
  decider.signal('SIGCONT');
}

async function judgeRun(
  services: FaultServices,
  { verdicts, deciders }: { readonly verdicts: Verdicts; readonly deciders: readonly Decider[] },
): Promise<Outcome> {
  await sweptAll(services);
  const at = await services.time();
  const facts: Facts = {
    ...(await readRows(services.sql)),
    bill: [],
    history: [],
    usage: new Map(),
    told: new Map(),
    outages: [],
  };
  const { violations, counts } = examineVerdicts(verdicts, facts);
  const defects = deciders.flatMap((decider) => decider.defects);
  return {
    violations: [
      ...violations,
      ...examine(facts, { from: at, until: at }),
      ...defects.map((said) => ({ rule: 'a process ended by a defect', says: said, rows: [] })),
    ],
    counts: {
      ...counts,
      permits: facts.permits.length,
      changes: facts.trace.length,
      restarts: deciders.reduce((sum, { starts }) => sum + starts - 1, 0),
    },
  };
}

/** What processes had sent before they died may still be under way in the database, and a sweep passes over what that locks. */
async function sweptAll({ sql }: FaultServices): Promise<void> {
  const began = performance.now();
  do await sql.rows(END_ALL);
  while (!(await isQuiet(sql)) && performance.now() - began < PATIENCE);
}

/** No process lives any more: every lease ends, and a sweep closes what they left. */
const END_ALL = `
  begin;
  update limits.holders set expires_at = least(expires_at, app.now());
  set local role plinth_system;
  select limits.sweep(1000000);
  commit;`;

/** For each decision whose verdict arrived: a permit is a row, and anything else is none. */
function examineVerdicts(verdicts: Verdicts, { permits }: Facts) {
  const byRequest = new Map(permits.map((permit) => [permit.request_id, permit]));
  const counts = {
    decisions: countDecisions(verdicts),
    admitted: 0,
    denied: 0,
    repeats: 0,
    thought_dead: 0,
    unheard: 0,
    denied_and_charged: 0,
  };
  const names = { p: 'admitted', d: 'denied', r: 'repeats', f: 'thought_dead', x: 'unheard' } as const;
  const violations: Violation[] = [];
  for (const [name, lines] of verdicts) {
    const letters = lines.join('');
    for (let n = 0; n < letters.length; n += 1) {
      const letter = letters[n] as keyof typeof names;
      counts[names[letter]] += 1;
      const id = requestId(name, n);
      const permit = byRequest.get(id);
      if (letter === 'p' && permit === undefined) {
        violations.push({ rule: 'admitted without a row', says: id, rows: [] });
      }
      if (/[drf]/.test(letter) && permit !== undefined) {
        counts.denied_and_charged += 1;
        violations.push({ rule: 'charged on denial', says: id, rows: [permit] });
      }
    }
  }
  return { violations, counts };
}
