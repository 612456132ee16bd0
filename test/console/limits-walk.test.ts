import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import {
  limitsOf,
  meetLimit,
  type PlanLimit,
  type WireRefusal,
} from '@plinth/testkit/fixtures/limits/meet-limit';
import { products } from '#products';
import { createStripeSandbox } from '#sandbox/stripe';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

/** A refusal as the page shows it. */
interface Shown {
  readonly text: string;
  readonly ways: readonly { readonly text: string; readonly href: string | null }[];
  readonly hasBar: boolean;
}

/** The refusal that is on the page; null: none is. A script for the page. */
const SHOWN = `(() => {
  const refusal = document.querySelector('.said .refusal');
  return refusal && {
    text: refusal.innerText,
    ways: [...refusal.querySelectorAll('a, button')].map((way) => ({ text: way.innerText, href: way.getAttribute('href') })),
    hasBar: refusal.querySelector('[role=progressbar]') !== null,
  };
})()`;

describe.runIf(isHere)('each limit of each product', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox();
  atEndOfFile(() => sandbox.close());
  // As customers see it: without what model calls cost.
  const visit = await visitConsole({ stripe: sandbox, settings: { SHOW_MODEL_COST: 'false' } });
  const { page, url, signInAs, openElsewhere, broken, customer, person } = visit;
  const alone = await openElsewhere();
  await signInAs(await customer());
  await signInAs(await person(), alone);
  const seen = new Set<string>();

  /** The link leads to the plan that it names. */
  async function follow(at: Page, plan: string, name: string): Promise<void> {
    if (seen.has(plan)) return;
    seen.add(plan);
    await at.locator('.said .refusal a').click();
    await at.getByRole('group', { name: `Buy ${name}` }).waitFor();
    await at.goBack();
    await at.getByRole('button', { name: /^Send/ }).waitFor();
  }

  test.each(products.map(({ catalogue }) => catalogue).filter(({ plans }) => Object.keys(plans).length > 0))(
    '$name says in words what is full, when it opens, that nothing was charged, and the way on',
    async (catalogue) => {
      const at = catalogue.holds === 'personal' ? alone : page;
      const complaints: string[] = [];
      for (const limit of ends(limitsOf([catalogue]))) {
        const account = await (catalogue.holds === 'personal' ? person : customer)(limit.plan);
        const refusal = await meetLimit(visit, account, limit);
        const shown = await show(at, refusal);
        const faults = objections(limit, refusal, shown);
        complaints.push(...faults.map((fault) => `${limit.plan} ${limit.name}: ${fault}: ${shown?.text}`));
        const { upgrade } = refusal.error.details;
        if (faults.length === 0 && typeof upgrade === 'string')
          await follow(at, upgrade, nameOf(limit, upgrade));
      }
      expect(complaints).toEqual([]);
      expect(broken).toEqual([]);
      expect(at.url()).toBe(`${url}/`);
    },
  );
});

/** Sends a call whose refusal is the one of the limit, and answers what the page says of it. */
async function show(at: Page, refusal: WireRefusal): Promise<Shown | null> {
  const { status, error } = refusal;
  const route = '**/v1/ai/chat/completions';
  await at.route(route, (asked) => asked.fulfill({ status, json: { error } }));
  await at.getByRole('button', { name: /^Send/ }).click();
  await at.locator('.said .refusal').waitFor();
  await at.unroute(route);
  return at.evaluate(SHOWN);
}

/** Each limit in the smallest plan and in the largest one that bounds it: those between say the same. */
function ends(limits: readonly PlanLimit[]): PlanLimit[] {
  return [...Map.groupBy(limits, ({ name }) => name).values()].flatMap((plans) => [
    ...plans.slice(0, 1),
    ...(plans.length > 1 ? plans.slice(-1) : []),
  ]);
}

const nameOf = ({ catalogue }: PlanLimit, plan: string): string =>
  catalogue.plans[plan.slice(catalogue.product.length + 1)]?.name ?? plan;

/** Facts that a refusal leaves unsaid. */
function objections(limit: PlanLimit, { error: { details } }: WireRefusal, shown: Shown | null): string[] {
  if (shown === null) return ['it shows no refusal'];
  const { text, ways, hasBar } = shown;
  const { upgrade, resets_at: opens, max, needed } = details;
  const isFull = typeof max === 'number' && max > 0 && !(typeof needed === 'number' && needed > max);
  const sold = typeof upgrade === 'string' ? nameOf(limit, upgrade) : undefined;
  const link = ways.find(({ href }) => href?.startsWith('/app/plan?') === true);
  return [
    ...(/_|\b[0-9a-f]{8}-|\b[a-z]+\.[a-z]/.test(text) ? ['a name of the program'] : []),
    ...(text.includes('undefined') || text.includes('NaN') ? ['a hole'] : []),
    ...(isFull === hasBar ? [] : ['its bar']),
    ...(text.includes('Nothing was charged') ? [] : ['what it cost']),
    ...(typeof opens !== 'string' || limit.kind === 'concurrency' || text.includes('Opens again')
      ? []
      : ['when it opens']),
    ...(sold === undefined || link?.text.match(/^(.+): [$€]\d/)?.[1] === sold
      ? []
      : ['the plan and its price']),
    ...(sold !== undefined || ways.length > 0 || /Opens|Remove|No plan has more/.test(text)
      ? []
      : ['a way on']),
  ];
}
