import { beforeAll, describe, expect, test } from 'vitest';
import { isShort } from '@plinth/testkit/thorough';
import { creditsIn, moneyIn, type Rows, withoutTellings } from './account-state.ts';
import type { Scenario } from './scenario.ts';
import { runScenarios, type FinishedScenario, type ScenarioRun } from './run-scenarios.ts';
import { endText, forgetEverything, inEveryOrder, inSomeOrder } from './answer-orders.ts';

/** Some eight seconds on a quiet machine; it is bounded in case something hangs. Milliseconds. */
const LONGEST = 240_000;
/** Random orders of each history, beside every order of its last events: one in a run of the whole suite. */
const SEEDS = ['2031', '2032'].slice(0, isShort ? 1 : 2);

/** In a run of the whole suite each object comes right after each other one; a named part and a night try every order. */
const IN_EVERY_ORDER = isShort
  ? 'its last six objects end the same, each right after each other'
  : 'every order of its last six objects ends the same';

/** Tests of histories, which are all played at once. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  describe('in every order of a payment provider’s events', () => {
    let stage: ScenarioRun;
    let rebuilt: Rebuilt;
    beforeAll(async () => {
      stage = await runScenarios(scenarios);
      rebuilt = await rebuildAll(stage);
      await forgetEverything(stage.node.db, stage.finished);
    }, LONGEST);
    describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s:', (_, scenario) => {
      const findFinished = (): FinishedScenario => {
        const finished = stage.finished.find((one) => one.scenario === scenario);
        if (finished === undefined) throw new Error('it was not played');
        return finished;
      };
      const end = () => endText(findFinished(), findFinished().rows.told);
      const whenever = (rows: Rows) => endText(findFinished(), withoutTellings(rows));

      test('after each step the plan is in effect that it should', () => {
        expect(findFinished().had).toEqual(scenario.steps.map(({ has }) => has));
      });
      test('the money is what the provider took and gave back', () => {
        expect(moneyIn(findFinished().rows.told)).toEqual(findFinished().money);
      });
      test('so many credits are left', () => {
        expect(creditsIn(findFinished().rows.told)).toBe(scenario.left ?? 0);
      });
      test('events that come twice, late and the newest first end the same', () => {
        expect(whenever(findFinished().rows.late)).toBe(whenever(findFinished().rows.told));
      });
      test('events that were all lost end the same once the provider is asked', () => {
        expect(whenever(findFinished().rows.lost)).toBe(whenever(findFinished().rows.told));
      });
      test('kept bodies that are told again without the provider end the same', () => {
        const { accountId } = findFinished();
        expect(rebuilt.after.get(accountId)).toEqual(rebuilt.before.get(accountId));
      });
      test(IN_EVERY_ORDER, async () => {
        const { ends } = await inEveryOrder(stage.node, findFinished(), { byPairs: isShort });
        expect([...ends]).toEqual([end()]);
      });
      test('all answers ever fetched, twice and in random orders, end the same', async () => {
        for (const seed of SEEDS)
          expect(await inSomeOrder(stage.node, findFinished(), seed), seed).toBe(end());
      });
    });

    test('nothing is asked of the provider to tell kept bodies again', () => {
      expect(rebuilt.asked).toBe(0);
    });
  });
}

interface Rebuilt {
  readonly before: ReadonlyMap<string, Rows>;
  readonly after: ReadonlyMap<string, Rows>;
  /** What the provider was asked for meanwhile. */
  readonly asked: number;
}

async function rebuildAll({ stripe, node, finished }: ScenarioRun): Promise<Rebuilt> {
  const rows = async () =>
    new Map(
      await Promise.all(
        finished.map(async ({ accountId }) => [accountId, await node.rows(accountId)] as const),
      ),
    );
  const before = await rows();
  const asked = stripe.sandbox.calls().length;
  await node.inbox.rebuild();
  return { before, after: await rows(), asked: stripe.sandbox.calls().length - asked };
}
