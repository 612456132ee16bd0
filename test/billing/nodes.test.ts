import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, ids } from '@plinth/testkit/factories';
import { type Chance, chanceOf } from '../faults/chance.ts';
import { isShort } from '@plinth/testkit/thorough';
import { endOf, type Rows } from './account-state.ts';
import { type Node, openNode } from './node.ts';
import { StripeCustomer } from './stripe-customer.ts';
import { openDrivenStripe } from './driven-stripe.ts';

const drivenStripe = await openDrivenStripe();
const { faults } = drivenStripe.sandbox;
const one = await openNode(drivenStripe);
const other = await openNode(drivenStripe, { beside: one });
/** Hears of everything once it is over, and of nothing before. */
const afterwards = await openNode(drivenStripe);

const STEPS: readonly ((customer: StripeCustomer) => Promise<unknown>)[] = [
  (customer) => customer.subscribes('reel.basic'),
  (customer) => customer.changesTo('reel.pro'),
  (customer) => customer.isRefunded(0, 100),
  (customer) => customer.cancels('at the end'),
  (customer) => customer.isRefunded(0, 200),
  (customer) => customer.resumes(),
  (customer) => customer.changesTo('reel.standard', { credited: true }),
];

/** What is done to two processes while the steps are taken. */
class Meddler {
  readonly #chance: Chance;
  readonly #drains: Promise<void>[] = [];
  readonly #fetching = new Set<Node>();

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get node(): Node {
    return this.#chance.pick([one, other]);
  }

  async meddles(): Promise<void> {
    const times = this.#chance.between(0, 4);
    for (let time = 0; time < times; time += 1) {
      const what = this.#chance.weighted({ drain: 3, answer: 4, lease: 1 });
      if (what === 'drain') await this.#beginsToFetch();
      if (what === 'answer') this.#letsAnAnswerThrough();
      // The fetching process has lost its claim: another process may fetch the same.
      if (what === 'lease') await advance(one.db, '91 seconds');
    }
  }

  /** Every answer is there in the end. */
  async ends(): Promise<void> {
    faults.clear();
    await Promise.all(this.#drains);
    await advance(one.db, '91 seconds');
    await one.inbox.drain();
  }

  async #beginsToFetch(): Promise<void> {
    const { node } = this;
    const drained = node.inbox.drain();
    this.#drains.push(drained);
    // A process that already fetches only looks again, and may have nothing more to ask.
    if (this.#fetching.has(node)) return;
    this.#fetching.add(node);
    const ended = drained.finally(() => this.#fetching.delete(node));
    await Promise.race([ended, faults.untilHeld(faults.held().length + 1)]);
  }

  /** Any that is under way, not the oldest. */
  #letsAnAnswerThrough(): void {
    const held = faults.held();
    held[this.#chance.between(0, Math.max(0, held.length - 1))]?.release();
  }
}

const wants = () =>
  one.db.asMigrator(statement<{ many: number }>('select count(*)::int as many from billing.wants'));
const endNow = (rows: Rows) => endOf(rows, drivenStripe.now());

describe('two processes whose answers are late and overtake each other while the provider moves on', () => {
  const seeds = Array.from({ length: isShort ? 5 : 10 }, (_, seed) => `two nodes ${seed}`);

  test.each(seeds)('end as a read afterwards (%s)', async (seed) => {
    const chance = chanceOf(seed);
    const [meddler, customer, accountId] = [
      new Meddler(chance),
      new StripeCustomer(drivenStripe),
      ids.next<AccountId>(),
    ];
    for (const node of [one, afterwards]) await node.open(accountId, `${accountId}@example.com`);
    await customer.register(accountId);
    for (const step of STEPS) {
      faults.always('GET', null);
      await step(customer);
      const news = drivenStripe.newEvents();
      faults.always('GET', { kind: 'hold' });
      for (const event of news) if (chance.happens(0.8)) await meddler.node.hear(event);
      await meddler.meddles();
    }
    faults.always('GET', null);
    await one.inbox.reconcile();
    await meddler.ends();
    await afterwards.inbox.reconcile();
    await afterwards.inbox.drain();
    expect(await wants()).toEqual([{ many: 0 }]);
    expect(endNow(await one.rows(accountId))).toEqual(endNow(await afterwards.rows(accountId)));
  });
});
