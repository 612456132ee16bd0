import type { Patch } from './patch.ts';

const MEMBERS = 'test/orbit/members.test.ts ::';

/** What bounds a workspace of Orbit, and the numbers that are asked for. */
export const ORBIT_LIMITS: readonly Patch[] = [
  {
    name: 'empty-number-is-zero',
    file: 'src/platform/kernel/numerals.ts',
    find: "typeof value === 'string' && NUMERAL.test(value)",
    replace: "typeof value === 'string'",
    expects:
      'test/walkers/routes.test.ts :: every route > is 400 for a wrong or undeclared query parameter, and names it',
  },
  {
    name: 'no-plan-any-number-of-members',
    file: 'src/platform/limits/functions/gauges.sql',
    find: "if v_segment->>'plan' is null then",
    replace: 'if false then',
    expects: `${MEMBERS} a free workspace > that has no plan, as its owner has a free one already, has no more members than that`,
  },
];
