import type { Patch } from './patch.ts';

const DAYS = 'src/products/coditect/functions/days.sql';
const TAKING = 'src/products/coditect/sessions/taking.ts';
const GROUPED = 'src/products/coditect/sessions/grouped.ts';
const FIGURES = 'test/coditect/analytics.test.ts :: figures by day >';
const COMPUTED = `${FIGURES} are what a checker computes from sessions and answers, before a day is written down and after it`;
const ONCE = `${FIGURES} are written once, by whichever process, and denials are forgotten with it`;
const GROUPS = 'test/coditect/sessions/grouped.test.ts :: what is asked for one key >';
const OBSERVED = 'test/coditect/sessions/observed.test.ts ::';

/** Figures of licences by day, acquires that share a commit, plans that were given for later. */
export const CODITECT_DAYS: readonly Patch[] = [
  {
    name: 'day-written-at-midnight',
    file: DAYS,
    find: "coditect.day_starts(next.day + 1) + interval '1 hour' <= app.now()",
    replace: 'coditect.day_starts(next.day + 1) <= app.now()',
    expects: ONCE,
  },
  {
    name: 'denials-kept-after-their-day',
    file: DAYS,
    find: 'delete from coditect.denials d where d.created_at < coditect.day_starts(v_day + 1);',
    replace: '',
    expects: ONCE,
  },
  {
    name: 'busiest-moment-counts-whoever-went',
    file: DAYS,
    find: 'union all select s.account_id, s.went, -1 from spans s where s.came < s.went),',
    replace: 'union all select s.account_id, s.went, 0 from spans s where s.came < s.went),',
    expects: COMPUTED,
  },
  {
    name: 'day-counts-whole-sessions',
    file: DAYS,
    find: 'greatest(s.started_at, b.starts) as came',
    replace: 's.started_at as came',
    expects: COMPUTED,
  },
  {
    name: 'open-session-ends-when-it-is-written-down',
    file: DAYS,
    find: 'when t.expires_at <= app.now() then t.expires_at end as ended_at) as seat',
    replace: 'end as ended_at) as seat',
    expects: COMPUTED,
  },
  {
    name: 'denials-uncounted',
    file: TAKING,
    find: '...(denied === 0 ? [] : [insertDenials(head, { id: ids.next(), denied })]),',
    replace: '...(denied === 0 ? [] : []),',
    expects: ONCE,
  },
  {
    name: 'machines-without-room-come-in-a-crowd',
    file: TAKING,
    find: "if (live + coming.size >= most) return 'depends';",
    replace: '',
    expects:
      'test/coditect/sessions/crowd.test.ts :: machines that come at once > get the places that are left, and those who get no seat leave theirs to the next',
  },
  {
    name: 'group-fails-with-one-of-it',
    file: GROUPED,
    find: 'if (group.length > 1 && !(error instanceof DatabaseAway) && !mayBeDone(error)) {',
    replace: 'if (group.length > 1_000) {',
    expects: `${GROUPS} that the database has undone is tried in halves: one that can’t be done takes no other with it`,
  },
  {
    name: 'acquired-without-its-origin',
    file: TAKING,
    find: 'origin: asker.origin,',
    replace: '',
    expects: `${OBSERVED} the audit > has each event of a licence with who made it, from which address and with which program`,
  },
  {
    name: 'plan-for-later-never-begins',
    file: 'src/products/coditect/lifecycle/store.ts',
    find: 'and g.starts_at <= app.now() and (g.ends_at is null or g.ends_at > app.now())',
    replace: 'and g.created_at > app.now()',
    expects:
      'test/coditect/beginnings.test.ts :: a plan that was given for later has its licence, and its mail, once its time has begun: once, whoever looks',
  },
];
