import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { StripeSandbox, WorldEvent } from '#sandbox/stripe';
import { advanceTo, ids } from '@plinth/testkit/factories';
import type { ObjectKind } from '../../server/src/platform/billing/facts.ts';
import type { Body } from '../../server/src/platform/billing/payment-provider.ts';
import { type Money, planOf, type Rows, sumOf } from './account-state.ts';
import { type Scenario, instantOf, type Step } from './scenario.ts';
import { type Node, openNode } from './node.ts';
import { StripeCustomer } from './stripe-customer.ts';
import { openDrivenStripe, type DrivenStripe } from './driven-stripe.ts';

/** An answer of the provider, with the number under which it was asked. */
export interface Answer {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly number: number;
  readonly body: Body | null;
}

/** told: each message as it comes. late: each twice, a step late, the newest first. lost: none; the provider is asked. */
export type DeliveryMode = 'told' | 'late' | 'lost';

/** A history that is over. */
export interface FinishedScenario {
  readonly scenario: Scenario;
  readonly accountId: AccountId;
  readonly endedAt: Date;
  /** The plan in effect after each step. */
  readonly had: readonly (string | null)[];
  /** What the account came to, by how it was heard of. */
  readonly rows: Readonly<Record<DeliveryMode, Rows>>;
  /** Everything ever fetched of it, by processes that got the event in time. */
  readonly answers: readonly Answer[];
  /** What the provider took and gave back, as its own books have it; minor units. */
  readonly money: Money;
}

export interface ScenarioRun {
  readonly stripe: DrivenStripe;
  /** Which was told of everything. */
  readonly node: Node;
  readonly finished: readonly FinishedScenario[];
}

/** Runs scenarios all at once, on one timeline, before three databases that hear of it in different ways. */
export async function runScenarios(scenarios: readonly Scenario[]): Promise<ScenarioRun> {
  const stripe = await openDrivenStripe();
  const nodes = { told: await openNode(stripe), late: await openNode(stripe), lost: await openNode(stripe) };
  const running = await Promise.all(scenarios.map((scenario) => openScenario(stripe, nodes, scenario)));
  // As its schedule does from the first start on.
  await nodes.lost.inbox.reconcile();
  const hearing = new MessageDelivery(nodes);
  const finished: FinishedScenario[] = [];
  for (const moment of momentsOf(scenarios)) {
    const at = instantOf(moment);
    stripe.sandbox.advanceTo(at);
    for (const { db } of Object.values(nodes)) await advanceTo(db, at.toISOString());
    const acting = running.filter(({ scenario }) => stepAt(scenario, moment) !== undefined);
    await Promise.all(
      acting.map(async ({ scenario, customer, accountId }) =>
        stepAt(scenario, moment)?.does?.(customer, accountId),
      ),
    );
    const leaving = acting.filter(({ scenario }) => stepAt(scenario, moment) === scenario.steps.at(-1));
    await hearing.of(stripe.newEvents(), { all: leaving.length > 0 });
    for (const { had, scenario, accountId } of acting)
      had.push(planOf(await nodes.told.rows(accountId), productOf(scenario), at));
    for (const one of leaving) finished.push(await leave(one, { stripe, nodes, endedAt: at }));
  }
  return { stripe, node: nodes.told, finished };
}

type Nodes = Readonly<Record<DeliveryMode, Node>>;

/** A scenario, and who goes through it. */
interface RunningScenario {
  readonly scenario: Scenario;
  readonly accountId: AccountId;
  readonly customer: StripeCustomer;
  readonly had: (string | null)[];
}

async function openScenario(
  stripe: DrivenStripe,
  nodes: Nodes,
  scenario: Scenario,
): Promise<RunningScenario> {
  const accountId = ids.next<AccountId>();
  for (const node of Object.values(nodes)) await node.open(accountId, `${accountId}@example.com`);
  const customer = new StripeCustomer(stripe);
  await customer.register(scenario.noted === false ? undefined : accountId);
  return { scenario, accountId, customer, had: [] };
}

interface ScenarioEnd {
  readonly stripe: DrivenStripe;
  readonly nodes: Nodes;
  readonly endedAt: Date;
}

async function leave(
  { scenario, accountId, customer, had }: RunningScenario,
  { stripe, nodes, endedAt }: ScenarioEnd,
): Promise<FinishedScenario> {
  const rows = {
    told: await nodes.told.rows(accountId),
    late: await nodes.late.rows(accountId),
    lost: await nodes.lost.rows(accountId),
  };
  const answers = await nodes.told.db.asMigrator(answersOf(customer.id));
  return {
    scenario,
    accountId,
    endedAt,
    had,
    rows,
    answers,
    money: moneyOf(stripe.sandbox.world, customer.id),
  };
}

function moneyOf(world: StripeSandbox['world'], customer: string): Money {
  const charges = world
    .table('charge')
    .list()
    .filter((charge) => charge.customer === customer);
  const own = new Set(charges.map(({ id }) => id));
  const ofThem = (charge: string | { readonly id: string } | null) =>
    own.has(typeof charge === 'string' ? charge : (charge?.id ?? ''));
  return {
    taken: sumOf(charges.filter(({ status }) => status === 'succeeded')),
    refunded: sumOf(
      world
        .table('refund')
        .list()
        .filter(({ charge, status }) => status === 'succeeded' && ofThem(charge)),
    ),
    disputed: sumOf(
      world
        .table('dispute')
        .list()
        .filter(({ charge, status }) => status === 'lost' && ofThem(charge)),
    ),
  };
}

/** Brings messages to each database in its own way. */
class MessageDelivery {
  readonly #nodes: Nodes;
  #before: readonly WorldEvent[] = [];

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** `all`: nothing may be missing anywhere any more. */
  async of(news: readonly WorldEvent[], { all }: { readonly all: boolean }): Promise<void> {
    const { told, late, lost } = this.#nodes;
    for (const event of news) await told.hear(event);
    const due = all ? [...this.#before, ...news] : this.#before;
    for (const event of [...due, ...due].toReversed()) await late.hear(event);
    this.#before = all ? [] : news;
    if (all) await lost.inbox.reconcile();
    await Promise.all([told, late, lost].map(({ inbox }) => inbox.drain()));
  }
}

/** A day, and the how-manieth step of that day. */
interface Moment {
  readonly day: number;
  readonly nth: number;
}

function momentsOf(scenarios: readonly Scenario[]): Moment[] {
  const moments = scenarios.flatMap(({ steps }) =>
    steps.map((step) => ({ day: step.day, nth: ofItsDay(steps, step.day).indexOf(step) })),
  );
  const each = new Map(moments.map((moment) => [`${moment.day} ${moment.nth}`, moment]));
  return [...each.values()].sort((a, b) => a.day - b.day || a.nth - b.nth);
}

const ofItsDay = (steps: readonly Step[], day: number) => steps.filter((step) => step.day === day);
const stepAt = ({ steps }: Scenario, { day, nth }: Moment) => ofItsDay(steps, day)[nth];

/** The product that a history is about. */
function productOf({ steps }: Scenario): string {
  return steps.find(({ has }) => has !== null)?.has?.split('.')[0] ?? 'reel';
}

const answersOf = (customer: string) =>
  statement<Answer>(
    `select kind, object_id as id, b.number, b.body from billing.bodies b join billing.objects o using (store, mode, kind, object_id)
     where o.customer = $1 order by b.number`,
    [customer],
  );
