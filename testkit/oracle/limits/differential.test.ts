import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitPoint, type Statement, statement } from '#platform/db';
import type { HolderId, KeyId } from '#platform/kernel';
import {
  advanceTo,
  ids,
  makeAccount,
  makeGrant,
  makeKey,
  makeMember,
  type Member,
  setTimeZone,
  stopTime,
} from '@plinth/testkit/factories';
import { limitsCatalogue } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { HISTORIES } from '@plinth/testkit/thorough';
import { decide, type DecisionResult } from './decide.ts';
import { featureRules } from './feature.ts';
import { stateOf, stateStatement } from './read.ts';
import type { Request } from './state.ts';
import {
  admission,
  ADMISSION,
  type BatchOwner,
  type DecisionRow,
  preview,
} from '@plinth/testkit/fixtures/limits/admission-items';
import {
  lineOf,
  type Names,
  namesOf,
  renameCharges,
  toComparableState,
  toComparableAnswer,
  toComparableRow,
} from '@plinth/testkit/fixtures/limits/comparing';
import {
  EVENTS,
  FAILURES,
  PRODUCT,
  type Step,
  step,
  type RequestInput,
} from '@plinth/testkit/fixtures/limits/rules';
import { compileFeatures } from '../../../server/src/platform/limits/features.ts';
import { APART } from './check-window.ts';

const { db } = await testDatabase();
await stopTime(db);
await advanceTo(db, '2030-03-13T12:34:56.789Z');
await db.script(ADMISSION);
const catalogue = limitsCatalogue(PRODUCT);
const features = compileFeatures(catalogue, FAILURES);
const UNDONE = commitPoint('test.history', 'nothing: a history is undone');

/** An account with two members, a key with a budget, and one that came from it. It has no plan, for each history gives it one. */
interface Cast {
  readonly of: BatchOwner;
  readonly members: readonly Member[];
  readonly keys: readonly (KeyId | undefined)[];
  readonly session: string;
}

async function makeCast(): Promise<Cast> {
  const owner = await makeAccount(db);
  const other = await makeMember(db, owner.accountId);
  await setTimeZone(db, owner.accountId, 'America/Havana');
  const [maker, made] = [await makeKey(db, owner), await makeKey(db, owner)];
  await db.asMigrator(
    statement(
      `update identity.api_keys set monthly_budget_micros = case id when $1 then 400 else 250 end,
         bounds = case id when $1 then '{"daily_calls": 9, "calls_per_minute": 5, "user_monthly_calls": 12}'::jsonb
           else '{"monthly_calls": 30, "user_daily_calls": 4, "user_daily_budget": 200}' end,
         makers = case id when $1 then '{}' else array[$1::uuid] end where account_id = $2`,
      [maker, owner.accountId],
    ),
  );
  const session = ids.next();
  await db.asMigrator(
    statement(
      `insert into identity.sessions (user_id, id, method, ip, ip_block, user_agent, device, expires_at) values ($1, $2, 'password', '', '', '', '', app.now())`,
      [owner.userId, session],
    ),
  );
  return {
    of: { accountId: owner.accountId, product: 'demo', holder: ids.next<HolderId>() },
    members: [owner, other],
    keys: [undefined, maker, made],
    session,
  };
}

/** The grants of each plan, as the program compiles them. */
async function compilePlans(): Promise<ReadonlyMap<string, string>> {
  const plans = new Map<string, string>();
  for (const plan of Object.keys(PRODUCT.plans)) {
    const { accountId } = await makeAccount(db);
    await makeGrant(db, accountId, { catalogue, plan });
    const [row] = await db.asMigrator(
      statement<{ segment: string }>(
        'select (timeline->-1)::text as segment from entitlements.snapshots where account_id = $1',
        [accountId],
      ),
    );
    plans.set(plan, row?.segment ?? '');
  }
  return plans;
}

const cast = await makeCast();
const plans = await compilePlans();
const { accountId, holder } = cast.of;

/** A plan from now on, after those that the account has had. */
const give = (plan: string) =>
  statement(
    `insert into entitlements.snapshots (account_id, product, version, timeline, cause)
     select $1, 'demo', 1 + coalesce((select max(version) from entitlements.snapshots where account_id = $1), 0),
       coalesce((select jsonb_agg(s || case when (s->>'until')::timestamptz <= at.now then '{}' else jsonb_build_object('until', at.now) end order by place)
         from jsonb_array_elements(entitlements.timeline($1, 'demo')) with ordinality as t (s, place) where (s->>'from')::timestamptz < at.now), '[]')
       || jsonb_build_array($2::jsonb || jsonb_build_object('from', at.now, 'until', null)), 'granted'
     from (select date_trunc('milliseconds', app.now()) as now) as at`,
    [accountId, plans.get(plan)],
  );

/** The time moves on; the lease of a live process with it. */
const pass = (interval: string): Statement[] => [
  statement(
    'update limits.holders set expires_at = expires_at + $1::text::interval where expires_at > app.now()',
    [interval],
  ),
  statement('update app.clock set ahead = ahead + $1::text::interval', [interval]),
];

/** The lease is not renewed: a live process renews each ten seconds, which would come between what is compared. */
const begin = (plan: string, after: number): Statement[] => [
  statement('reset role'),
  statement('update app.clock set ahead = ahead + make_interval(secs => $1)', [after]),
  statement(
    `with account as (update accounts.accounts set created_at = app.now() where account_id = $1),
       session as (update identity.sessions set expires_at = app.now() + interval '400 days' where user_id = $2)
     select limits.start_holder($3, 'test', interval '30 seconds')`,
    [accountId, cast.members[0]?.userId, holder],
  ),
  give(plan),
];

function toRequest(wanted: RequestInput): Request {
  const { feature, units, reserve, subject, state, provider, needs } = wanted;
  const key =
    wanted.again === 0
      ? undefined
      : { route: 'POST /use', keyHash: `${accountId} ${wanted.again}`, bodyHash: wanted.body };
  return {
    permitId: ids.next(),
    eventId: ids.next(),
    userId: cast.members[wanted.key > 0 ? 0 : wanted.member]?.userId ?? '',
    keyId: cast.keys[wanted.key],
    sessionId: wanted.key === 3 ? cast.session : undefined,
    feature,
    rules: featureRules(catalogue, feature, FAILURES),
    units,
    reserve,
    least: Math.min(wanted.least, reserve),
    state,
    subject,
    endUser: wanted.endUser,
    provider,
    requestId: 'request',
    needs,
    key,
  };
}

const PERMITS = `select p.id, state, holder, fence, units, p.reserve, charges, slots, limits.micros(due_at) as due, plan, operator_budgets, limits.micros(created_at) as created,
    (select count(*) from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.reserve = p.reserve and e.state = case p.state when 'queued' then 'pending' else 'sent' end) as events
  from limits.permits p where account_id = $1 and id = any($2::uuid[]) order by id`;

const ALERTS = `select scope || ' ' || name || ' ' || starts || ' ' || size || ' ' || threshold as line from limits.alerts where account_id = $1`;

type PermitRow = Record<string, unknown> & { readonly charges: Parameters<typeof renameCharges>[0] };

type Rows = readonly (readonly unknown[])[];

/** The statements of a step, and the assertions about their answers. */
interface Play {
  readonly statements: readonly Statement[];
  readonly compare?: (rows: Rows) => void;
}

/** Alerts are told once: `told` has those of the history so far. */
function play(one: Step, told: Set<string>): Play {
  if (one.do === 'pass') return { statements: pass(one.interval) };
  if (one.do === 'event') return { statements: happening(one.what) };
  const requests = one.wishes.map(toRequest);
  const wanted = { ...cast.of, requests };
  const read = stateStatement(wanted);
  // A preview has no key; every second one will do.
  const previewed = requests[0]?.key === undefined && one.wishes[0]?.subject === 'a';
  const made = requests.map(({ permitId }) => permitId);
  return {
    statements: [
      read,
      ...(previewed ? [preview({ ...cast.of, features }, requests.slice(0, 1))] : []),
      admission({ ...cast.of, features }, requests),
      read,
      statement(PERMITS, [accountId, made]),
    ],
    compare([before, ...answers]) {
      count.batches += 1;
      count.requests += requests.length;
      const [previews = [], rows = [], after, permits = []] = previewed ? answers : [[], ...answers];
      const { state, bounds } = stateOf(before?.[0] as never, wanted);
      const decided = decide(state, requests, bounds);
      if (previewed) same(previews, rows.slice(0, 1));
      const found = stateOf(after?.[0] as never, wanted).state;
      same(
        (rows as DecisionRow[]).map((row, index) => toComparableRow(row, index === 0)),
        decided.decisions.map(({ answer }, index) => toComparableAnswer(answer, index === 0)),
      );
      const isSetBack = (state.meters.get('demo')?.seen ?? 0) > bounds.now + APART;
      same(toComparableState(found, bounds, isSetBack), toComparableState(decided.state, bounds, isSetBack));
      const names = namesOf(found.credits);
      same(
        (permits as PermitRow[]).map((row) => ({ ...row, charges: renameCharges(row.charges, names) })),
        madeBy(decided, names),
      );
      for (const { changes } of decided.decisions)
        for (const change of changes) if (change.do === 'alert') told.add(lineOf(change));
    },
  };
}

function happening(what: keyof typeof EVENTS): Statement[] {
  if (what === 'nothing') return [];
  if (what === 'bigger') return [give('big')];
  if (what === 'smaller')
    return [
      statement('delete from entitlements.snapshots where account_id = $1 and version > 1', [accountId]),
    ];
  return [statement(EVENTS[what], [accountId])];
}

/** The rows of permits, which a state has only a part of. */
function madeBy({ decisions }: DecisionResult, names: Names): object[] {
  const changes = decisions.flatMap((decision) => decision.changes);
  const made = changes.flatMap((change) => (change.do === 'permit' ? [change.permit] : []));
  return made
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((permit) => ({
      id: permit.id,
      state: permit.state,
      holder: permit.holder,
      fence: 1,
      units: permit.units,
      reserve: permit.reserve,
      charges: renameCharges(permit.charges, names),
      slots: permit.slots,
      due: permit.dueAt,
      plan: permit.plan,
      operator_budgets: permit.operatorBudgets,
      created: permit.createdAt,
      events: 1,
    }));
}

/** Vitest's own comparison takes longer than all decisions of a history: it only tells a difference. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Played so far: a search of hours says now and then how far it is. */
const count = { histories: 0, batches: 0, requests: 0 };

/** Plays a history in one transaction and one trip, and undoes it. */
async function playHistory(plan: string, after: number, steps: readonly Step[]): Promise<void> {
  const told = new Set<string>();
  const plays: Play[] = [
    { statements: begin(plan, after) },
    ...steps.map((one) => play(one, told)),
    {
      statements: [statement(ALERTS, [accountId])],
      compare: ([alerts = []]) => same(new Set((alerts as { line: string }[]).map(({ line }) => line)), told),
    },
  ];
  const undone = new Error('undone');
  let answers: Rows = [];
  await db
    .system('limits.admission', UNDONE, async (tx) => {
      answers = await tx.runAll(plays.flatMap(({ statements }) => statements));
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  let at = 0;
  for (const { statements, compare } of plays) {
    compare?.(answers.slice(at, at + statements.length));
    at += statements.length;
  }
  count.histories += 1;
  if (count.histories % 1_000 === 0) console.info(count);
}

/** A plan, seconds until the history begins, and what happens then. */
const history = (steps: { readonly minLength: number; readonly maxLength: number }) =>
  fc.asyncProperty(
    fc.constantFrom('small', 'small', 'big', 'none'),
    fc.integer({ min: 0, max: 70_000_000 }),
    fc.array(step, steps),
    playHistory,
  );

test('decides as the living PL/pgSQL does, whatever happened to the account before', async () => {
  if (HISTORIES === undefined)
    return assertWithin(history({ minLength: 10, maxLength: 40 }), { numRuns: 60, within: 30_000 });
  const { runs, seed, longest } = HISTORIES;
  await fc.assert(history({ minLength: 1, maxLength: longest }), { numRuns: runs, seed, endOnFailure: true });
}, 0);
