import { type Database, statement } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import type { AccountId, HolderId, Ids, Micros, PermitId, UsageEventId } from '#platform/kernel';
import { type Denial, readDenial } from '../denial.ts';
import type { AfterEnds } from '../settlement/ends.ts';
import type { Usage } from '../permit.ts';
import type { Resolution } from '../settlement/settling.ts';
import { type CallSettlement, type PermitStep, toFigures } from '../settlement/step.ts';

/** The holders of delegated permits: the backends themselves, for all processes. `limits.is_outside` knows them too. */
export const BACKENDS: Readonly<Record<Backend, HolderId>> = {
  account: '00000000-0000-7000-8000-000000000001' as HolderId,
  operator: '00000000-0000-7000-8000-000000000002' as HolderId,
};

/** A permit that is delegated to a backend outside of this program, as it stands. */
export interface DelegatedPermit {
  readonly accountId: AccountId;
  readonly backend: Backend;
  readonly id: PermitId;
  readonly product: string;
  readonly feature: string;
  readonly subject: string | null;
  readonly units: number;
  readonly reserve: Micros;
  /** `expired` from the instant at which it was due on, whether the sweep has closed it or not. */
  readonly status: 'running' | 'settled' | 'voided' | 'expired';
  readonly reason: string | null;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  /** The cost that is posted for it, or will be because it has expired. */
  readonly cost: Micros;
  /** Whether that is its reserve, because its real cost was not reported yet. */
  readonly estimated: boolean;
  readonly provider: string;
  readonly model: string;
  readonly providerRequestId: string | null;
  /** The row of its call, and the fence under which it went out. */
  readonly event: UsageEventId;
  readonly fence: number;
}

/** A permit of an account, delegated to one kind of backend; for the other kind it does not exist. */
export interface DelegatedId {
  readonly accountId: AccountId;
  readonly backend: Backend;
  readonly id: string;
}

export interface Extension {
  /** Seconds from now; a permit never ends sooner for it. */
  readonly seconds?: number | undefined;
  /** Most that it may cost in all; a reserve never shrinks. */
  readonly reserve?: number | undefined;
  /** Seconds after its admission that it may last at most. */
  readonly longest: number;
}

export type ExtensionResult =
  | { readonly kind: 'extended'; readonly reserve: Micros; readonly expiresAt: Date }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'closed' };

/** Acts of backends on delegated permits. Each operation is one item of a batch of settlements, and is idempotent. */
export interface DelegatedPermits {
  find(of: DelegatedId): Promise<DelegatedPermit | undefined>;
  /**
   * Closes a permit at what its call used; without figures at its reserve, as an estimate. Answers what it cost in all, or
   * undefined: it was closed before. Figures that were not reported until then are posted all the same, as one correction.
   */
  settle(
    permit: DelegatedPermit,
    end: { readonly units: number; readonly usage: Usage | undefined },
  ): Promise<Micros | undefined>;
  /** Its call was certainly not served: quota and credits go back. False: it was closed before; an estimate of it is corrected to nothing. */
  release(permit: DelegatedPermit, reason: string): Promise<boolean>;
  extend(permit: DelegatedPermit, by: Extension): Promise<ExtensionResult>;
}

type DelegatedRow = Omit<DelegatedPermit, 'accountId' | 'backend'>;

export interface DelegatedPermitsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly resolve: (step: PermitStep) => Promise<Resolution>;
  readonly afterEnds: AfterEnds;
}

export function createDelegatedPermits({
  db,
  ids,
  resolve,
  afterEnds,
}: DelegatedPermitsParts): DelegatedPermits {
  function take(
    { accountId, backend, product, id, event, fence }: DelegatedPermit,
    step: Pick<PermitStep, 'operation' | 'units' | 'next' | 'reason'>,
    settlement?: Pick<CallSettlement, 'state' | 'figures'>,
  ): Promise<Resolution> {
    const permit = { account: accountId, product, permit: id, holder: BACKENDS[backend], fence };
    const calls = settlement === undefined ? [] : [{ event, correctionId: ids.next(), ...settlement }];
    return resolve({ ...permit, isDelegated: true, calls, ...step });
  }

  return {
    async find({ accountId, backend, id }) {
      const values = [accountId, id, BACKENDS[backend]];
      const [[row]] = await db.tenant(accountId, [statement<DelegatedRow>(FIND, values)]);
      return row === undefined ? undefined : { ...row, accountId, backend };
    },
    async settle(permit, { units, usage }) {
      const figures = usage === undefined ? {} : { figures: toFigures(usage) };
      const answer = await take(permit, { operation: 'settle', units }, { state: 'posted', ...figures });
      return answer.kind === 'settled' ? (answer['cost'] as Micros) : undefined;
    },
    async release(permit, reason) {
      const answer = await take(permit, { operation: 'release', reason }, { state: 'voided' });
      return answer.kind === 'voided';
    },
    async extend(permit, { seconds, reserve, longest }) {
      const next = { longest, seconds, reserve };
      const ask = () => take(permit, { operation: 'extend', next });
      return toExtensionResult(await afterEnds(permit.accountId)(ask));
    },
  };
}

function toExtensionResult(answer: Resolution): ExtensionResult {
  switch (answer.kind) {
    case 'extended':
      return {
        kind: 'extended',
        reserve: answer['reserve'] as Micros,
        expiresAt: new Date(String(answer['due_at'])),
      };
    case 'denied':
      return { kind: 'denied', denial: readDenial(answer) };
    case 'refused':
      return { kind: 'refused', reason: String(answer['reason']) };
    default:
      return { kind: 'closed' };
  }
}

/**
 * A permit over HTTP stands for one call; what was said of it later is a correction of that call's row. The call is looked up
 * by itself (`limit 1`): for the sake of an order by id, a join would read all calls of the account.
 */
const FIND = `
  select p.id, p.product, p.feature, p.subject, p.units, p.reserve, p.reason, p.due_at as "expiresAt", p.created_at as "createdAt",
    case when is_over or p.state = 'settled' and p.reason = 'expired' then 'expired' else p.state end as status,
    case when is_over then p.reserve else coalesce((select sum(c.cost) from limits.usage_events c
      where c.account_id = p.account_id and c.permit_id = p.id and c.state = 'posted'), 0)::bigint end as cost,
    is_over or e.state = 'posted' and e.estimated and said.id is null as estimated,
    e.provider, e.model, coalesce(said.provider_request_id, e.provider_request_id) as "providerRequestId", e.id as event, e.fence
  from limits.permits p
  cross join lateral (select p.state = 'running' and p.due_at <= app.now() as is_over) as now
  cross join lateral (select * from limits.usage_events c
    where c.account_id = p.account_id and c.permit_id = p.id and c.attempt = 1 and c.corrects is null limit 1) as e
  left join limits.usage_events said on said.account_id = p.account_id and said.permit_id = p.id and said.corrects = e.id and said.adjustment_id is null
  where p.account_id = $1 and p.id = $2 and p.holder = $3`;
