import { expect, test } from 'vitest';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { ids } from '@plinth/testkit/factories';
import { atEndOfFile } from '@plinth/testkit/closing';
import { basePlans } from '../../../server/src/app/google-play.ts';
import type { Facts } from '../../../server/src/platform/billing/facts.ts';
import { openPlayProvider } from './provider.ts';
import { HISTORIES, type History, PlayCustomer } from './histories.ts';
import { planAt, recordsOf } from '../store-records.ts';

// What Google Play answers, told by its own packages, and what follows from it: without a database, in every order.

const BEGINNING = Date.UTC(2026, 0, 1);
const sandbox = await createGooglePlaySandbox({ plans: basePlans(), startsAt: new Date(BEGINNING) });
atEndOfFile(() => sandbox.close());
const provider = openPlayProvider(sandbox);

interface Answer {
  readonly token: string;
  readonly number: number;
  readonly facts: Facts;
}

/** Every order, of as many as six. */
function ordersOf<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((one) => ordersOf(of.filter((other) => other !== one)).map((rest) => [one, ...rest]));
}

/** As the inbox applies answers: one that was asked for before that in effect changes nothing. */
function applyAnswers(answers: readonly Answer[]): Facts[] {
  const newest = new Map<string, Answer>();
  for (const answer of answers)
    if (answer.number > (newest.get(answer.token)?.number ?? 0)) newest.set(answer.token, answer);
  return [...newest.values()].map(({ facts }) => facts);
}

async function playHistory(
  history: History,
  check: (answers: readonly Answer[], has: string | null) => void,
) {
  const customer = new PlayCustomer(sandbox, ids.next());
  const from = sandbox.told().length;
  const beginning = sandbox.world.now;
  const answers: Answer[] = [];
  let heard = from;
  for (const [day, does, has] of history.steps) {
    sandbox.world.advanceTo(new Date(beginning + day * 86_400_000));
    does(customer);
    const told = sandbox.told().slice(heard);
    heard = sandbox.told().length;
    // Others live on in the same world.
    for (const { token } of told.filter((one) => customer.tokens.includes(one.token))) {
      answers.push({ token, number: answers.length + 1, facts: await provider.factsOf(token) });
    }
    check(answers, has);
  }
  return { customer, answers };
}

test.each(HISTORIES)(
  'what $name is had as long as it should be, in whatever order it is heard of',
  async (history) => {
    const { answers } = await playHistory(history, (known, has) => {
      expect(planAt(recordsOf(applyAnswers(known)), sandbox.now())).toBe(has);
    });
    const [before, last] = [answers.slice(0, -6), answers.slice(-6)];
    const ends = new Set(
      ordersOf(last).map((order) => sortedText(applyAnswers([...before, ...order, ...order]))),
    );
    expect(ends).toEqual(new Set([sortedText(applyAnswers(answers))]));
  },
);

const sortedText = (facts: readonly Facts[]) => JSON.stringify(recordsOf(facts.toSorted(byToken)));

const byToken = (a: Facts, b: Facts) =>
  (a.subscription?.startsAt.getTime() ?? 0) - (b.subscription?.startsAt.getTime() ?? 0);

test('after a downgrade without an event of the old purchase’s end, the new plan is in effect', async () => {
  const customer = new PlayCustomer(sandbox, ids.next());
  customer.buys('reel.pro:monthly');
  customer.isAcknowledged();
  const before = await provider.factsOf(customer.token);
  sandbox.advance(3);
  customer.changesTo('reel.basic:monthly');
  const records = recordsOf([before, await provider.factsOf(customer.token)]);
  expect(planAt(records, sandbox.now())).toBe('basic');
});
