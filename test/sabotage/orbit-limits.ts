import type { Patch } from './patch.ts';

const RIGHTS = 'test/orbit/live-rights.test.ts ::';
const LENGTH = 'test/orbit/scope-length.test.ts :: a scope >';
const DIFF = 'src/products/orbit/versions/diff.test.ts :: a diff of two of the longest scopes >';
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
  {
    name: 'workspace-opened-by-a-refusal',
    file: 'src/products/orbit/workspaces/service.ts',
    find: 'const present = await accounts.organizations.get(request);',
    replace:
      'const present = await accounts.organizations.get(request);\n  await db.tenant(accountId, CHANGE, (tx) => parts.openIn(tx, present));',
    expects: 'test/orbit/onboarding.test.ts :: a workspace > is not opened by a change that is refused',
  },
  {
    name: 'mention-mailed-to-who-left',
    file: 'src/products/orbit/comments/service.ts',
    find: '  keepMentionsAmongMembers(parts);',
    replace: '',
    expects:
      'test/orbit/mentions.test.ts :: a mail of a mention goes to none who has left, is suspended or has closed their account meanwhile',
  },
  {
    name: 'mention-mailed-from-closed-workspace',
    file: 'src/products/orbit/comments/store.ts',
    find: "and a.deleted_at is null and u.status = 'active'",
    replace: "and u.status = 'active'",
    expects:
      'test/orbit/mentions.test.ts :: a mail of a mention in a workspace that was closed meanwhile is sent to nobody',
  },
  {
    name: 'live-by-the-secret-before',
    file: 'src/products/orbit/live/store.ts',
    find: 'key.prefix = coalesce(asked.key_prefix, key.prefix)',
    replace: 'key.prefix is not null',
    expects: `${RIGHTS} a reader is cut when they are suspended or close their account, or their session or key ends, whichever way`,
  },
  {
    name: 'live-for-members-alone',
    file: 'src/products/orbit/live/store.ts',
    find: "a.deleted_at is null and u.status = 'active'",
    replace: "a.deleted_at is null and u.status = 'active' and m.role <> 'viewer'",
    expects: `${RIGHTS} a reader whom nothing forbids to read is told on: with another role, without a plan, in a suspended workspace`,
  },
  {
    name: 'scope-of-any-length',
    file: 'src/products/orbit/scopes/length.ts',
    find: 'grown > 0 && characters > MOST_CHARACTERS',
    replace: 'characters < 0',
    expects: `${LENGTH} takes 400,000 characters in its sections and not one more, by whichever call`,
  },
  {
    name: 'long-scope-not-shortened',
    file: 'src/products/orbit/scopes/length.ts',
    find: 'grown > 0 && characters',
    replace: 'characters',
    expects: `${LENGTH} that is too long already is shortened and moved about, and neither grows nor is copied`,
  },
  {
    name: 'growth-by-template-forgotten',
    file: 'src/products/orbit/templates/merging.ts',
    find: 'grown += wanted.content.length - present.content.length;',
    replace: '',
    expects: `${LENGTH} is made no longer by a template, whichever way it is applied`,
  },
  {
    name: 'diff-of-any-number-of-lines',
    file: 'src/products/orbit/versions/lines.ts',
    find: 'Math.min(MOST_PAIRS, room.pairs)',
    replace: 'MOST_PAIRS',
    expects: `${DIFF} compares line by line as far as it may take, and then shows one text in place of the other`,
  },
  {
    name: 'diff-shown-whole',
    file: 'src/products/orbit/versions/lines.ts',
    find: 'room.lines < 0 || ',
    replace: '',
    expects: `${DIFF} shows ten thousand lines, and says how many more there are`,
  },
];
