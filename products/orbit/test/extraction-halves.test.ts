import { describe, expect, test } from 'vitest';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const { document, leaveOfBudget, office, renewBudget, sandbox, working } = await extractionFixture({
  crashHook: death.crashHook,
});

const extractionId = (reply: Reply) => idIn(reply, 'extraction_id');

/** Two pages that are one chunk, with more to say than an answer holds. */
const DENSE = [1, 2].map(
  (n) =>
    `The vendor must deliver table ${n} of the shop.\n${'Nothing else is said on this page of words.\n'.repeat(90)}`,
);
/** An answer that its most tokens cut. */
const TOO_LONG = { kind: 'content', text: `{"items":[{"title":"${'row '.repeat(9_000)}"}]}` } as const;
const SERVED = { kind: 'latency', ms: 0 } as const;

describe('a chunk whose answer is cut', () => {
  test.each([
    { cut: 'once', faults: [TOO_LONG], calls: 3 },
    { cut: 'twice', faults: [TOO_LONG, TOO_LONG], calls: 5 },
    { cut: 'in its second half', faults: [TOO_LONG, SERVED, TOO_LONG], calls: 5 },
  ])('$cut is read in smaller parts, as one call of the plan, and cites the right pages', async (at) => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, DENSE);
    const before = sandbox.bill().length;
    sandbox.faults.next(...at.faults);
    const made = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(made).toMatchObject({ status: 'completed', missing: [], progress: { done: 1, total: 1 } });
    const [section] = await by.sections(scope);
    expect(section?.content.match(/table \d/gu)).toEqual(['table 1', 'table 2']);
    expect(section?.citations.map(({ page }) => page)).toEqual([1, 2]);
    for (const { page, quote } of section?.citations ?? []) expect(DENSE[page - 1]).toContain(quote);
    expect(sandbox.bill().length - before).toBe(at.calls);
    expect(await used()).toBe(1);
  });

  test.each([
    { where: 'before orbit.extract-chunk', calls: 4 },
    { where: 'after orbit.extract-chunk', calls: 3 },
  ])('and whose process dies $where is charged once', async ({ where, calls }) => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, DENSE);
    const asked = extractionId(await by.ask(scope, [id]));
    const before = sandbox.bill().length;
    sandbox.faults.next(TOO_LONG);
    death.plan(where);
    const made = await working(() => by.ended(asked));
    expect(made).toMatchObject({ status: 'completed', missing: [], progress: { done: 1, total: 1 } });
    const contents = (await by.sections(scope)).flatMap(({ content }) => content.match(/table \d/gu));
    expect(contents).toEqual(['table 1', 'table 2']);
    expect(sandbox.bill().length - before).toBe(calls);
    expect(await used()).toBe(1);
  });

  test('however small its parts are is missing, and no call is made twice for it', async () => {
    const { workspace, by, scope } = await office();
    const id = await document(workspace, [LONG[0] ?? '', ...DENSE]);
    const before = sandbox.bill().length;
    sandbox.faults.next(SERVED, TOO_LONG, SERVED, TOO_LONG, SERVED, TOO_LONG);
    const made = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(made).toMatchObject({
      status: 'completed',
      missing: [{ from_page: 2, to_page: 3, reason: 'unusable' }],
      progress: { done: 1, total: 2 },
    });
    const contents = (await by.sections(scope)).map(({ content }) => content.match(/module|table/gu));
    expect(contents).toEqual([['module']]);
    expect(sandbox.bill().length - before).toBe(6);
  });

  test('and for whose parts no budget is left loses nothing of what was read before', async () => {
    const { workspace, by, scope } = await office();
    const id = await document(workspace, [LONG[0] ?? '', ...DENSE]);
    const asked = extractionId(await by.ask(scope, [id]));
    // The reserve is enough for two calls, one of them with a long answer.
    await leaveOfBudget(workspace, 5_500);
    const before = sandbox.bill().length;
    sandbox.faults.next(SERVED, TOO_LONG);
    const first = await working(() => by.ended(asked));
    expect(first).toMatchObject({
      status: 'completed',
      missing: [{ from_page: 2, to_page: 3, reason: 'budget' }],
      progress: { done: 1, total: 2 },
    });
    expect(sandbox.bill().length - before).toBe(2);
    await renewBudget(workspace);
    const second = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(second).toMatchObject({ continues: true, missing: [], progress: { done: 2, total: 2 } });
  });
});
