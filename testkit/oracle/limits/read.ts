import { type Statement, statement } from '#platform/db';
import type { AccountId, HolderId } from '#platform/kernel';
import {
  type Bounds,
  type Credit,
  keyOf,
  type KnownKey,
  type Meter,
  type OpenPermit,
  type Request,
  type Segment,
  type Spender,
  spenderOf,
  type State,
} from './state.ts';

/** The account and the requests whose state is read: keys and spenders that no request names are left out. */
export interface StateRequest {
  readonly accountId: AccountId;
  readonly product: string;
  readonly holder: HolderId;
  readonly requests: readonly Request[];
}

interface Row {
  readonly state: {
    readonly now: number;
    readonly zone: string;
    readonly made_at: number;
    readonly anchor: number | null;
    readonly timeline: readonly Segment[];
    readonly meters: readonly (Meter & { readonly scope: string })[];
    readonly failures: State['failuresElsewhere'];
    readonly staked: State['staked'];
    readonly open: readonly OpenPermit[];
    readonly credits: readonly Credit[];
    readonly spenders: readonly Spender[];
    readonly keys: readonly (KnownKey & { readonly route: string; readonly keyHash: string })[];
    readonly leases: readonly { readonly id: string; readonly until: number }[];
    readonly operator: Bounds['operatorBudgets'];
  };
}

/** Reads at one instant all that requests of an account and product are decided by, in the system's scope. */
export function stateStatement({ accountId, product, holder, requests }: StateRequest): Statement<Row> {
  const spenders = requests.map(({ userId, keyId = null, sessionId = null }) => ({
    account_id: accountId,
    user_id: userId,
    key_id: keyId,
    session_id: sessionId,
  }));
  const keys = requests.flatMap(({ key }) => (key === undefined ? [] : [key]));
  return statement<Row>(READ, [accountId, product, holder, JSON.stringify(spenders), JSON.stringify(keys)]);
}

/** Read rows, as `decide` takes them. */
export function stateOf({ state: read }: Row, { accountId, product, holder, requests }: StateRequest) {
  const { zone, anchor, timeline, staked, open, credits } = read;
  const meters = new Map(read.meters.map(({ scope, seen, windows }) => [scope, { seen, windows }]));
  const spenders = new Map(
    requests.flatMap((request, index) => {
      const spender = read.spenders[index];
      return spender === undefined ? [] : [[spenderOf(request), spender]];
    }),
  );
  const keys = new Map(read.keys.map((key) => [keyOf(key), key]));
  const of = { accountId, product, zone, madeAt: read.made_at, anchor, timeline };
  const state: State = {
    ...of,
    meters,
    failuresElsewhere: read.failures,
    staked,
    open,
    credits,
    spenders,
    keys,
  };
  const leases = new Map(read.leases.map(({ id, until }) => [id, until]));
  const bounds: Bounds = { now: read.now, holder, leases, operatorBudgets: read.operator };
  return { state, bounds };
}

const READ = `
  select jsonb_build_object(
    'now', limits.micros(at.now), 'zone', accounts.time_zone($1), 'made_at', limits.micros((select created_at from accounts.accounts where account_id = $1)),
    'anchor', (select limits.micros(starts_at) from limits.anchors where account_id = $1 and product = $2),
    'timeline', (select jsonb_agg(s || jsonb_build_object('from', limits.micros((s->>'from')::timestamptz), 'until', limits.micros((s->>'until')::timestamptz)) order by place)
      from jsonb_array_elements(entitlements.timeline($1, $2)) with ordinality as t (s, place)),
    'meters', (select coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'seen', seen, 'windows', (
        select coalesce(jsonb_agg(jsonb_build_object('name', w.name, 'start', w.start, 'used', w.used) order by place), '[]')
          from unnest(names, starts, used) with ordinality as w (name, start, used, place)))), '[]')
      from limits.meters where account_id = $1 and (scope = $2 or starts_with(scope, $2 || '/') or scope like 'key:%')),
    'failures', (select coalesce(jsonb_agg(jsonb_build_object('start', w.start, 'used', w.used)), '[]')
      from limits.meters m cross join lateral unnest(m.names, m.starts, m.used) as w (name, start, used) where m.account_id = $1 and m.scope <> $2 and 'failures' = any (m.names) and w.name = 'failures'),
    'staked', (select coalesce(jsonb_agg(jsonb_build_object('reserve', reserve, 'dueAt', limits.micros(due_at))), '[]') from limits.may_fail($1, at.now)),
    'open', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'state', state, 'holder', holder, 'jobId', job_id, 'slots', slots, 'dueAt', limits.micros(due_at))), '[]')
      from limits.permits where account_id = $1 and product = $2 and state in ('queued', 'running')),
    'credits', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'source', source, 'amount', amount, 'taken', taken, 'remaining', remaining,
        'expiresAt', limits.micros(expires_at), 'period', period, 'updatedAt', limits.micros(updated_at))), '[]') from limits.credits where account_id = $1 and product = $2),
    'spenders', (select coalesce(jsonb_agg(jsonb_build_object('refused', s.refused,
        'keyExpiresAt', (select limits.micros(expires_at) from identity.api_keys k where k.account_id = $1 and k.id = s.key_id),
        'sessionExpiresAt', (select limits.micros(expires_at) from identity.sessions i where i.user_id = s.user_id and i.id = s.session_id),
        'keyBounds', (select coalesce(jsonb_agg(jsonb_build_object('keyId', b.key_id, 'name', b.name, 'most', most) order by b.place), '[]')
          from unnest(s.bounds) with ordinality as b (key_id, most, name, place))) order by s.place), '[]')
      from rows from (unnest(asked.spenders), unnest(accounts.standings(asked.spenders))) with ordinality
        as s (account_id, user_id, key_id, session_id, refused, bounds, place)),
    'keys', (select coalesce(jsonb_agg(jsonb_build_object('route', k.route, 'keyHash', k.key_hash, 'bodyHash', k.body_hash, 'state', k.state,
        'expiresAt', limits.micros(k.expires_at), 'kept', jsonb_build_object('status', k.status, 'headers', k.headers, 'answer', k.answer, 'sealed', k.sealed),
        'permit', case when p.id is not null then jsonb_build_object('id', p.id, 'state', p.state, 'holder', p.holder, 'jobId', p.job_id, 'fence', p.fence, 'reserve', p.reserve,
          'pendingEvent', (select e.id from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.state = 'pending')) end)), '[]')
      from jsonb_to_recordset($5::text::jsonb) as q (route text, "keyHash" text)
      join idempotency.keys k on k.account_id = $1 and k.route = q.route and k.key_hash = q."keyHash"
      left join limits.permits p on p.account_id = $1 and p.id = k.permit_id),
    'leases', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'until', limits.micros(expires_at))), '[]') from limits.holders where id = $3 or expires_at > at.now),
    'operator', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from unnest(limits.operator_states(at.now)) as o)) as state
  from (select app.now() as now) as at
    cross join (select array(select row(account_id, user_id, key_id, session_id)::accounts.spender
      from jsonb_to_recordset($4::text::jsonb) as w (account_id uuid, user_id uuid, key_id uuid, session_id uuid)) as spenders) as asked`;
