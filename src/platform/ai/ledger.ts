import { dispatchPoint, type Passing } from '#platform/db';
import { type Micros, micros } from '#platform/kernel';
import type { Permit, Usage } from '#platform/limits';
import type { StreamEnd } from './live-stream.ts';
import type { Plan } from './plan.ts';
import type { AiMetrics } from './ports.ts';
import { cost, type TokenUsage } from './prices.ts';
import type { Target } from './providers.ts';
import { estimatedTokens } from './usage.ts';
import type { WireRequest } from './wire.ts';

const ANSWER = dispatchPoint(
  'ai.answer',
  'a provider has served a call; its figures are still in memory only',
);

/** What is known of a served call when it is posted. */
export interface Served {
  readonly usage: TokenUsage | undefined;
  /** Our own count of the completion, for when the provider gave none. */
  readonly shownTokens: number;
  readonly id: string | undefined;
  readonly tier: string | undefined;
}

export interface LedgerEntry {
  readonly permit: Permit;
  readonly wire: WireRequest;
  readonly target: Target;
  readonly plan: Plan;
}

/** Tells the permit, exactly once a call, what became of it. */
export interface Ledger {
  served(entry: LedgerEntry, served: Served): Usage;
  notServed(entry: LedgerEntry): void;
  /** The provider had no room for it. */
  throttled(entry: LedgerEntry): void;
  unknown(entry: LedgerEntry): void;
  /** A stream's end: by the provider's figures where it gave them, else what was shown, else the whole reserve, and then there are none. */
  streamed(entry: LedgerEntry, served: Served, end: StreamEnd): Usage | undefined;
}

export function createLedger(parts: {
  readonly priceVersion: string;
  readonly metrics: AiMetrics | undefined;
  readonly passing: Passing | undefined;
}): Ledger {
  const { metrics, passing } = parts;

  function spent({ permit }: LedgerEntry, amount: Micros): void {
    metrics?.cost(permit.product, permit.feature, amount);
  }

  const ledger: Ledger = {
    served(entry, served) {
      const usage = usageOf(entry, served, parts.priceVersion);
      passing?.(ANSWER, 'before');
      entry.permit.served(usage);
      passing?.(ANSWER, 'after');
      spent(entry, usage.cost);
      return usage;
    },
    notServed: ({ permit }) => permit.notServed(),
    throttled: ({ permit }) => permit.notServed({ throttled: true }),
    unknown(entry) {
      entry.permit.unknown();
      spent(entry, entry.plan.call.reserve);
    },
    streamed(entry, served, end) {
      const isShownAll = end === 'complete';
      // The provider stopped when we did, or soon after; but what a reasoning model did unseen nobody can tell.
      const isShownKnown = (end === 'hung_up' || end === 'unread') && !entry.target.price.thinks;
      if (served.usage !== undefined || isShownAll || isShownKnown) return ledger.served(entry, served);
      ledger.unknown(entry);
      return undefined;
    },
  };
  return ledger;
}

function usageOf(entry: LedgerEntry, served: Served, priceVersion: string): Usage {
  const { target, plan } = entry;
  const tokens = served.usage ?? ownCount(entry, served.shownTokens);
  const priced = cost(target.price, tokens, served.tier);
  return {
    provider: target.provider,
    model: target.model,
    providerRequestId: served.id,
    promptTokens: tokens.promptTokens,
    cachedTokens: tokens.cachedTokens,
    completionTokens: tokens.completionTokens,
    reasoningTokens: tokens.reasoningTokens,
    // An estimate stays within the reserve; a provider's own figures are booked as they are.
    cost: served.usage === undefined ? micros(Math.min(priced, plan.call.reserve)) : priced,
    priceVersion,
    estimated: served.usage === undefined,
  };
}

function ownCount({ wire, plan }: LedgerEntry, shownTokens: number): TokenUsage {
  return {
    promptTokens: estimatedTokens(wire.inputBytes),
    cachedTokens: 0,
    completionTokens: Math.min(shownTokens, plan.maxTokens * wire.replies),
    reasoningTokens: 0,
  };
}
