import type { Patch } from './patch.ts';

const at = (name: string) => `src/platform/limits/functions/${name}.sql`;
const DELEGATED = 'src/platform/limits/delegated.test.ts ::';
const REPORTED = 'src/platform/limits/reported.test.ts ::';
const HTTP = 'test/permits/http.test.ts ::';
const LENDING = at('lent');
const REPORTING = at('reported');

/** Permits that are delegated to backends over HTTP, and usage that was metered elsewhere. */
export const PERMITS: readonly Patch[] = [
  {
    name: 'lent-place-kept-until-the-sweep',
    file: at('admission'),
    find: "or p.state = 'queued' or p.due_at > p_now)",
    replace: "or p.state = 'queued' or limits.is_outside(p.holder) or p.due_at > p_now)",
    expects: `${DELEGATED} a permit that is delegated > expires at its instant, not before: its place is free then, without any sweep`,
  },
  {
    name: 'lent-place-not-counted',
    file: at('admission'),
    find: 'or limits.is_outside(holder) ',
    replace: '',
    expects: `${DELEGATED} a permit that is delegated > runs without a process, whatever becomes of the one that gave it`,
  },
  {
    name: 'lent-permit-swept-with-its-process',
    file: at('sweep'),
    find: 'not (limits.is_outside(s.holder)\n          or exists',
    replace: 'not (false\n          or exists',
    expects: `${DELEGATED} a permit that is delegated > runs without a process, whatever becomes of the one that gave it`,
  },
  {
    name: 'expired-when-swept',
    file: at('settlement'),
    find: "and p.due_at <= p_now and limits.abandon(p, 'expired', true) then",
    replace: 'and false then',
    expects: `${DELEGATED} after it has expired > it counts at its reserve, as an estimate, until figures come (swept first: false)`,
  },
  {
    name: 'call-of-a-released-permit-lost',
    file: at('calls'),
    find: " or state = 'voided' and not v_voided and limits.is_outside(p_permit.holder))",
    replace: ')',
    expects: `${DELEGATED} a release > stays, when figures come after it: they are posted all the same, once`,
  },
  {
    name: 'lent-for-longer-than-the-feature',
    file: LENDING,
    find: 'due_at = least(due_at, app.now() + make_interval(secs => p_seconds))',
    replace: 'due_at = app.now() + make_interval(secs => p_seconds)',
    expects: `${DELEGATED} a permit that is delegated > never lasts longer than its feature allows, delegated or extended`,
  },
  {
    name: 'operator-pays-for-what-accounts-say',
    file: LENDING,
    find: "operator_budgets = case right(p_to::text, 1) when '2' then operator_budgets end",
    replace: 'operator_budgets = operator_budgets',
    expects: `${DELEGATED} budgets of the operator > count what the operator’s backends say, and never what an account says of itself`,
  },
  {
    name: 'unused-units-kept',
    file: LENDING,
    find: 'if p_units < p_permit.units then',
    replace: 'if false then',
    expects: `${DELEGATED} a settlement > with fewer units gives the others back, but not to the burst`,
  },
  {
    name: 'unused-credits-given-back-to-each-gift',
    file: LENDING,
    find: 'perform limits.return_credits(p_permit.account_id, v_credits, p_now);',
    replace: '',
    expects: `${DELEGATED} a settlement > gives credits back to where they were drawn last`,
  },
  {
    name: 'extended-by-whoever-may-not-spend',
    file: LENDING,
    find: "if v_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', v_refused); end if;",
    replace: '',
    expects: `${DELEGATED} an extension > is refused to whoever may not spend any more`,
  },
  {
    name: 'permit-of-the-other-kind-of-backend',
    file: 'src/platform/limits/delegated.ts',
    find: 'and p.holder = $3',
    replace: 'and $3::uuid is not null and limits.is_outside(p.holder)',
    expects: `${HTTP} a backend of the operator > has permits of its own: the customer can neither see nor release what is done for them`,
  },
  {
    name: 'every-feature-open',
    file: 'src/platform/permits/opening.ts',
    find: 'feature?.outside === undefined ||',
    replace: 'feature === undefined ||',
    expects: `${HTTP} features > are open only where their product says so: nobody takes a generation of Reel by hand`,
  },
  {
    name: 'any-key-for-any-account',
    file: 'src/server/caller-context.ts',
    find: "shape.onBehalf === true && caller.platformRole === 'admin' && caller.keyId !== undefined;",
    replace: 'shape.onBehalf === true && caller.keyId !== undefined;',
    expects: `${HTTP} a backend of the operator > is a platform admin’s key: no other key calls for an account that is not its own`,
  },
  {
    name: 'admins-key-for-any-account-everywhere',
    file: 'src/server/caller-context.ts',
    find: 'shape.onBehalf === true && caller.platformRole',
    replace: 'caller.platformRole',
    expects: `${HTTP} a backend of the operator > is a platform admin’s key: no other key calls for an account that is not its own`,
  },
  {
    name: 'behalf-not-audited',
    file: 'src/platform/permits/opening.ts',
    find: 'if (caller.keyId === undefined || accountId === caller.accountId) return;',
    replace: 'if (accountId !== undefined) return;',
    expects: `${HTTP} a backend of the operator > takes permits of any account, in its owner’s name, and it is audited there`,
  },
  {
    name: 'permits-answer-not-kept',
    file: 'src/platform/permits/service.ts',
    find: 'if (kept !== undefined) await tx.run(kept);',
    replace: '',
    expects: `${HTTP} a permit over HTTP > is given once for a key: a repeat gets the same one, whatever became of it, and charges nothing`,
  },
  {
    name: 'second-settlement-says-yes',
    file: 'src/platform/permits/service.ts',
    find: "throw new AppError('permit_settled', {",
    replace: "if (units < 0) throw new AppError('permit_settled', {",
    expects: `${HTTP} a settlement > again gets the same answer; with other figures it is told what stands`,
  },
  {
    name: 'reported-twice-charged-twice',
    file: REPORTING,
    find: 'from unnest(v_events) as t where t.id = any(v_fresh);',
    replace: 'from unnest(v_events) as t;',
    expects: `${REPORTED} what is reported > counts once for ever, whether it comes again alone, in a crowd or twice in one report`,
  },
  {
    name: 'late-report-in-the-present-window',
    file: REPORTING,
    find: 'from unnest(p_events) where happened_at >= v_since;',
    replace: 'from unnest(p_events);',
    expects: `${REPORTED} it is charged to the present windows that it lies in > and to none that has passed: then it is in the ledger alone`,
  },
  {
    name: 'report-from-the-future',
    file: REPORTING,
    find: 'least(coalesce(happened_at, v_now), v_now)',
    replace: 'coalesce(happened_at, v_now)',
    expects: `${REPORTED} it is charged to the present windows that it lies in > and what is said to come still has happened now`,
  },
  {
    name: 'preview-of-the-usual-cost',
    file: 'src/platform/permits/service.ts',
    find: '  const call = plannedCall(prices, reserve, estimate);',
    replace: '  const call = plannedCall(prices, reserve, { ...estimate, cost_micros: undefined });',
    expects:
      'test/permits/preview.test.ts :: a permit’s preview > refuses by the words that asking for a permit is refused with',
  },
  {
    name: 'preview-without-what-is-under-way',
    file: 'src/platform/limits/preview.ts',
    find: 'preview(state, request, bounds)',
    replace: 'preview({ ...state, open: [] }, request, bounds)',
    expects:
      'test/permits/preview.test.ts :: a permit’s preview > knows of places that are taken, and that they are free again at once',
  },
];
