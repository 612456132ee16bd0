import { createOpenAISandbox } from '#sandbox/openai';
import { type Caller, openCaller } from './caller.ts';
import { chanceOf } from './chance.ts';
import { type Customer, makeCustomers } from './customers.ts';
import { type Member, openMember } from './fleet.ts';
import { openServices } from './services.ts';
import { newHistory } from './history.ts';
import { SLOT_FREE_WITHIN } from './oracle/index.ts';
import { newOutages } from './outages.ts';
import { type Callers, judgeRun, type Outcome } from './judgement.ts';
import { isQuiet, slotsTaken } from './read.ts';
import { callUntil } from './requests.ts';
import { scheduleOf } from './schedule.ts';
import { make, type FaultContext } from './troubles.ts';
import { sleep } from './turns.ts';

const VERBS = ['serve', 'serve', 'serve', 'worker', 'worker'] as const;
/** Those that reach the database by way of PgBouncer. */
const POOLED = ['serve-2', 'worker-2'];
/** Seconds of the database's time after which any process may close every abandoned permit: a minute, for one without a job. */
const PAST_EVERY_TIME = 65;
/** Longer than the oracle lets a slot be taken with nothing out of order; only then the clock moves. Milliseconds. */
const SLOTS_FREE = SLOT_FREE_WITHIN + 5_000;
/** As long as everything may take to end when the faults are over: a hanging call's time-outs, then the sweep. Milliseconds. */
const PATIENCE = 45_000;

export interface RunOptions {
  readonly seed: string;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Callers, faults and the real program's processes for so many seconds; then the oracle's judgement. */
export async function run({ seed, seconds, say }: RunOptions): Promise<Outcome> {
  const chance = chanceOf(seed);
  const opened = new AsyncDisposableStack();
  try {
    const services = await openServices(POOLED);
    opened.defer(() => services.close());
    const customers = await makeCustomers(services.url, services.folder);
    await services.trace();
    const sandbox = await createOpenAISandbox({ latencyMs: 15, perTokenMs: 1 });
    opened.defer(() => sandbox.close());
    const upstreams = {
      databaseFor: services.databaseFor,
      redis: services.redis === undefined ? undefined : new URL(services.redis.url),
      provider: new URL(sandbox.url),
    };
    const outages = newOutages();
    const options = { upstreams, folder: services.folder, chance: chance.for('links'), outages, say };
    const members = await Promise.all(
      VERBS.map((verb, n) => openMember(verb, `${verb}-${(n % 3) + 1}`, options)),
    );
    opened.defer(async () => void (await Promise.all(members.map((member) => member.stop()))));
    await Promise.all(members.map((member) => member.ready()));
    const tears = chance.for('tears');
    const context: FaultContext = { services, members, sandbox, outages, tears, say };
    const callers = callersOf(customers, members, seed);
    await underFaults(context, { seed, seconds, callers: callers.all });
    await settleDown(context);
    return await judgeRun(context, callers);
  } finally {
    await opened.disposeAsync();
  }
}

function callersOf(customers: readonly Customer[], members: readonly Member[], seed: string): Callers {
  const history = newHistory();
  const nodes = members
    .filter(({ verb }) => verb === 'serve')
    .map(({ front }) => `http://127.0.0.1:${front.port}`);
  const all = customers.flatMap(({ accountId, key, callers }, n) =>
    Array.from({ length: callers }, (_, m) => {
      const name = `caller-${n + 1}-${m + 1}`;
      const chance = chanceOf(`${seed}/${name}`);
      return openCaller({ name, account: accountId, token: key, nodes, history, chance });
    }),
  );
  return { history, all };
}

async function underFaults(
  context: FaultContext,
  { seed, seconds, callers }: Pick<RunOptions, 'seed' | 'seconds'> & { readonly callers: readonly Caller[] },
): Promise<void> {
  const ms = seconds * 1_000;
  const began = performance.now();
  const isOver = () => performance.now() - began > ms;
  const calling = callers.map((caller) => callUntil(caller, isOver));
  const troubles = scheduleOf(chanceOf(`${seed}/faults`), { ms, members: context.members.length }).map(
    async (trouble) => {
      await sleep(trouble.at);
      await make(trouble, context);
    },
  );
  await Promise.all([...troubles, sleep(ms)]);
  context.sandbox.faults.clear();
  for (const { name, provider } of context.members) {
    const isBack = context.outages.begin('provider', name);
    provider.cut();
    isBack();
  }
  await Promise.all(calling);
}

/** The faults are over: everybody runs, slots are free by themselves, and what was left behind is found when time moves on. */
async function settleDown({ services, members, say }: FaultContext): Promise<void> {
  for (const member of members) member.signal('SIGCONT');
  await Promise.all(members.map((member) => member.ready()));
  const calm = performance.now();
  while ((await slotsTaken(services.sql)) > 0 && performance.now() - calm < SLOTS_FREE) await sleep(200);
  say(`slots free after ${((performance.now() - calm) / 1_000).toFixed(1)} s`);
  await services.endLeasesOfTheDead();
  await services.advance(PAST_EVERY_TIME);
  const began = performance.now();
  while (!(await isQuiet(services.sql)) && performance.now() - began < PATIENCE) await sleep(200);
  say(`quiet after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
