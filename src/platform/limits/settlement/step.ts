import type { AccountId, HolderId, PermitId, UsageEventId } from '#platform/kernel';
import type { Usage } from '../permit.ts';

/** How a provider call of a permit ended. */
export interface CallSettlement {
  readonly event: UsageEventId;
  readonly state: 'posted' | 'voided';
  readonly figures?: Figures;
  /** False: the call does not count among the tries of the work. */
  readonly isTry?: boolean;
  /** The id of the correction that is written if the event is closed already. */
  readonly correctionId: string;
}

/** The next provider call of a permit. */
export interface NextCall {
  readonly event: UsageEventId;
  readonly provider: string;
  readonly model: string;
  readonly priceVersion: string;
  readonly reserve: number;
  /** Micro-dollars a day that the operator pays for failed calls of the account. */
  readonly failures: number;
}

/** How a delegated permit is extended. */
export interface ExtensionTerms {
  /** Seconds after its admission that the permit may last. */
  readonly longest: number;
  readonly seconds?: number | undefined;
  readonly reserve?: number | undefined;
}

/** One step of a permit: who takes it, for which permit, and what it does. */
export interface PermitStep {
  readonly account: AccountId;
  readonly product: string;
  readonly permit: PermitId;
  readonly holder: HolderId;
  readonly fence: number;
  readonly operation: 'send' | 'settle' | 'release' | 'requeue' | 'extend' | 'report';
  readonly calls: readonly CallSettlement[];
  readonly next?: NextCall | ExtensionTerms;
  readonly reason?: string;
  /** Of a settlement: the units that the work took, when they may be fewer than admitted. */
  readonly units?: number;
  /** Of a release: quota and credits stay used. */
  readonly keepsQuota?: true;
  /** The permit is delegated and may have expired, so that its end is not a plain one. */
  readonly isDelegated?: true;
}

/** A step as the SQL functions read it. These letters never change: programs of two versions serve beside each other. */
export function encodeStep(step: PermitStep) {
  return {
    a: step.account,
    p: step.product,
    id: step.permit,
    h: step.holder,
    f: step.fence,
    op: step.operation,
    calls: step.calls.map(encodeCall),
    next: step.next && encodeNext(step.next),
    reason: step.reason,
    n: step.units,
    k: step.keepsQuota,
    lent: step.isDelegated,
  };
}

function encodeCall({ event, state, figures, isTry, correctionId }: CallSettlement) {
  return { e: event, s: state, u: figures, t: isTry, c: correctionId };
}

function encodeNext(next: NextCall | ExtensionTerms) {
  if ('longest' in next) return { l: next.longest, s: next.seconds, r: next.reserve };
  const { event, provider, model, priceVersion, reserve, failures } = next;
  return { e: event, pr: provider, m: model, v: priceVersion, r: reserve, b: failures };
}

export type Figures = ReturnType<typeof toFigures>;

/** What a call used, in the names of the ledger. */
export function toFigures(usage: Usage) {
  return {
    provider: usage.provider,
    model: usage.model,
    provider_request_id: usage.providerRequestId,
    prompt_tokens: usage.promptTokens,
    cached_tokens: usage.cachedTokens,
    completion_tokens: usage.completionTokens,
    reasoning_tokens: usage.reasoningTokens,
    cost: usage.cost,
    charged: usage.charged,
    price_version: usage.priceVersion,
    estimated: usage.estimated,
  };
}
