import type { AccountId, HolderId, PermitId, UsageEventId } from '#platform/kernel';
import type { Usage, WalkTimes } from '../permit.ts';

/** How a provider call of a permit ended. */
export interface CallSettlement {
  readonly event: UsageEventId;
  readonly state: 'posted' | 'voided';
  readonly figures?: Figures;
  /** False: the call does not count among the tries of the work. */
  readonly isTry?: boolean;
  /** How long its steps took, and since when its end is under way; undefined of one that never went out. */
  readonly times?: CallTimes;
  /** The id of the correction that is written if the event is closed already. */
  readonly correctionId: string;
}

export interface CallTimes {
  /** Times of the request that it was made in; undefined in a job. */
  readonly walk: WalkTimes | undefined;
  /** Milliseconds from its dispatch to its end. */
  readonly run: number;
  /** On this process's clock, in milliseconds. */
  readonly endedAt: number;
}

/** PostgreSQL's largest integer: 35 minutes. */
const LONGEST = 2_147_483_647;

/** Milliseconds as the ledger has them, in microseconds. */
const toMicros = (milliseconds: number): number => Math.min(LONGEST, Math.round(milliseconds * 1_000));

/** The five steps as the ledger has them; of the last one what is over by now, to which the database adds its own part. */
export function stepsOf({ times }: CallSettlement): (number | null)[] | undefined {
  if (times === undefined) return undefined;
  const { walk, run, endedAt } = times;
  const before = walk?.map(toMicros) ?? [null, null, null];
  return [...before, toMicros(run), toMicros(performance.now() - endedAt)];
}

/** The next provider call of a permit. */
export interface NextCall {
  readonly event: UsageEventId;
  readonly provider: string;
  readonly model: string;
  readonly priceVersion: string;
  readonly reserve: number;
  readonly tokens: number | undefined;
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
  /** For a settlement: the units that the work took, when they may be fewer than admitted. */
  readonly units?: number;
  /** For a release: quota and credits stay used. */
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

function encodeCall(call: CallSettlement) {
  const { event, state, figures, isTry, correctionId } = call;
  return { e: event, s: state, u: figures, t: isTry, c: correctionId, w: stepsOf(call) };
}

function encodeNext(next: NextCall | ExtensionTerms) {
  if ('longest' in next) return { l: next.longest, s: next.seconds, r: next.reserve };
  const { event, provider, model, priceVersion, reserve, tokens, failures } = next;
  return { e: event, pr: provider, m: model, v: priceVersion, r: reserve, t: tokens, b: failures };
}

export type Figures = ReturnType<typeof toFigures>;

/** Use of a call, in the names of the ledger. */
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
