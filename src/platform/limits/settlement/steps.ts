import type { AccountId, HolderId, PermitId, UsageEventId } from '#platform/kernel';
import type { Usage } from '../permit.ts';

/** The outcome of a provider call, as the SQL functions read it: `e` the usage event, `u` its figures, `c` the id of a correction. */
export interface Outcome {
  readonly e: UsageEventId;
  readonly s: 'posted' | 'voided';
  readonly u?: Figures;
  /** False: none of the tries that the work has. */
  readonly t?: boolean;
  readonly c: string;
}

/** A step of a permit, as the SQL functions read it: of whom (`a`, `p`, `id`), by whom (`h`, fence `f`), and what. */
export interface Step {
  readonly a: AccountId;
  readonly p: string;
  readonly id: PermitId;
  readonly h: HolderId;
  readonly f: number;
  readonly op: 'send' | 'settle' | 'release' | 'requeue' | 'extend' | 'report';
  readonly calls: readonly Outcome[];
  readonly next?: Record<string, unknown>;
  readonly reason?: string;
  /** Of a settlement: the units that the work took, when they may be fewer than admitted. */
  readonly n?: number;
  /** Of a release: quota and credits stay used. */
  readonly k?: true;
  /** The permit is delegated, and may have expired: its end is none of the plain ones. */
  readonly lent?: true;
}

export type Figures = ReturnType<typeof figures>;

/** What a call used, in the names of the ledger. */
export function figures(usage: Usage) {
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
