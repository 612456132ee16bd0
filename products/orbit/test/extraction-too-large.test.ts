import { afterEach, describe, expect, test } from 'vitest';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';
import type { Workspace } from './fixture.ts';

const extractionId = (reply: Reply) => idIn(reply, 'extraction_id');

/** Two pages that are one chunk, of many tokens and little to say. */
const TWO = [1, 2].map(
  (n) =>
    `The vendor must deliver table ${n} of the shop.\n${'Nothing else is said of x7 q9 k3 v5 z8 w1.\n'.repeat(90)}`,
);
/** As a provider says that its model takes no request of this length. */
const REFUSED = { kind: 'status', status: 400, code: 'context_length_exceeded' } as const;
const SERVED = { kind: 'latency', ms: 0 } as const;

/** An app of the policy that is there, or with further caps of each call. */
async function openFixture(caps?: { readonly inputBytes?: number; readonly cost?: number }) {
  const AI_CONFIG = JSON.stringify({ version: '2026-11-22', policies: { 'orbit.ai': { caps } } });
  const app = await extractionFixture(caps === undefined ? {} : { settings: { AI_CONFIG } });
  const { sandbox, office, document, working, count } = app;

  /** Has pages extracted; what came of it, and how many requests were sent to a provider for it. */
  async function extractPages(
    pages: readonly string[],
    faults: readonly (typeof REFUSED | typeof SERVED)[] = [],
  ) {
    const of = await office();
    const id = await document(of.workspace, pages);
    const before = sandbox.requests();
    const asked = extractionId(await of.by.ask(of.scope, [id]));
    sandbox.faults.next(...faults);
    const end = await working(() => of.by.ended(asked));
    return {
      ...of,
      id,
      end,
      requests: sandbox.requests() - before,
      sections: await of.by.sections(of.scope),
    };
  }

  const open = ({ owner }: Workspace) =>
    count(owner.by, 'limits.permits', `state not in ('settled', 'voided')`);
  return { ...app, extracted: extractPages, open };
}

const plain = await openFixture();

afterEach(() => plain.sandbox.faults.always(null));

const tablesIn = (sections: readonly { readonly content: string }[]) =>
  sections.flatMap(({ content }) => content.match(/table \d/gu) ?? []);

describe('a chunk that is too large for the model', () => {
  test.each([
    { where: 'as a whole', faults: [REFUSED], requests: 3 },
    { where: 'in its halves', faults: [REFUSED, REFUSED], requests: 5 },
    { where: 'in its second half', faults: [REFUSED, SERVED, REFUSED], requests: 5 },
  ])('$where is read in smaller parts, as one call of the plan', async ({ faults, requests }) => {
    const read = await plain.extracted(TWO, faults);
    expect(read.end).toMatchObject({ status: 'completed', missing: [], progress: { done: 1, total: 1 } });
    expect(tablesIn(read.sections)).toEqual(['table 1', 'table 2']);
    expect(read.sections.flatMap(({ citations }) => citations.map(({ page }) => page))).toEqual([1, 2]);
    expect(read.requests).toBe(requests);
    expect(await read.used()).toBe(1);
  });

  test('in quarters too is missing for that reason, and the others are read', async () => {
    const faults = [SERVED, REFUSED, REFUSED, REFUSED];
    const read = await plain.extracted([LONG[0] ?? '', ...TWO], faults);
    expect(read.end).toMatchObject({
      status: 'completed',
      missing: [{ document_id: read.id, from_page: 2, to_page: 3, reason: 'too_large' }],
      progress: { done: 1, total: 2 },
    });
    expect(read.requests).toBe(4);
    expect(await read.used()).toBe(1);
  });

  test('however small its parts are is refused with the reason, where nothing else is there: given back, and nothing spent', async () => {
    plain.sandbox.faults.always(REFUSED);
    const read = await plain.extracted(TWO);
    expect(read.end).toMatchObject({ status: 'failed', error: { code: 'context_too_large' } });
    expect(read.requests).toBe(3);
    expect(read.sections).toEqual([]);
    expect(await read.workspace.member.used()).toMatchObject({ ai_calls: 0, daily_cost: 0 });
    expect(await plain.open(read.workspace)).toBe(0);
  });
});

describe('a policy with a cap of each call', () => {
  test.each([
    { of: 'bytes', caps: { inputBytes: 9_000 }, requests: 2 },
    { of: 'cost', caps: { cost: 620 }, requests: 2 },
  ])(
    'of $of has a chunk read in parts that fit; what does not fit is never sent',
    async ({ caps, requests }) => {
      const { extracted } = await openFixture(caps);
      const read = await extracted(TWO);
      expect(read.end).toMatchObject({ status: 'completed', missing: [], progress: { done: 1, total: 1 } });
      expect(tablesIn(read.sections)).toEqual(['table 1', 'table 2']);
      expect(read.requests).toBe(requests);
      expect(await read.used()).toBe(1);
    },
  );

  test.each([
    { of: 'bytes', caps: { inputBytes: 1_000 }, code: 'context_too_large' },
    { of: 'cost', caps: { cost: 1 }, code: 'call_too_costly' },
  ])('of $of that no part fits refuses with $code: nothing is sent or charged', async ({ caps, code }) => {
    const { extracted, open } = await openFixture(caps);
    const read = await extracted(TWO);
    expect(read.end).toMatchObject({ status: 'failed', error: { code } });
    expect(read.requests).toBe(0);
    expect(await read.workspace.member.used()).toMatchObject({ ai_calls: 0, daily_cost: 0 });
    expect(await open(read.workspace)).toBe(0);
  });
});
