import { dispatchPoint, type CrashHook } from '#platform/db';
import { micros, type UsageEventId } from '#platform/kernel';
import type { Permit, Usage } from '#platform/limits';
import type { StreamEnd } from './live-stream.ts';
import type { CallPlan } from '../plan.ts';
import type { AiMetrics } from '../ports.ts';
import { cost } from '../metering/prices.ts';
import type { Target } from '../providers/providers.ts';
import type { LateEnd } from '../streams/remainder.ts';
import { inputTokens, type TokenCounter, tokensOf } from '../metering/tokens.ts';
import type { TokenUsage } from '../metering/usage.ts';
import type { WireRequest } from '../wire.ts';

const ANSWER = dispatchPoint(
  'ai.answer',
  'a provider has served a call; its figures are still in memory only',
);

/** What is known of a call when it is posted. */
export interface Served {
  readonly usage: TokenUsage | undefined;
  /** Our own count of the completion, for when the provider gave none. */
  readonly shownTokens: number;
  /** The completion itself, where it is at hand: it is counted by a tokenizer then. Members of a body, as a request has them. */
  readonly shown?: string | undefined;
  /** There is no time to count: this server stops. */
  readonly isHurried?: boolean;
  readonly id: string | undefined;
  readonly tier: string | undefined;
}

export interface LedgerEntry {
  readonly permit: Permit;
  /** Its row. */
  readonly event: UsageEventId;
  readonly wire: WireRequest;
  readonly target: Target;
  readonly plan: CallPlan;
}

/** Characters of a request of whose answer nothing was seen: below it, its bytes are a good enough bound beside the longest reply. */
const WORTH_COUNTING = 4_096;

/** Of a call of which nothing was seen. */
const NOTHING_SHOWN: Served = { usage: undefined, shownTokens: 0, id: undefined, tier: undefined };

/** Of a call that was refused: no provider bills it. */
const NO_TOKENS: TokenUsage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };

/** What was posted: at once by a provider's figures; else when the tokens have been counted. */
export type Posted = Usage | Promise<Usage>;

/**
 * Tells the permit, exactly once a call, what became of it. Two figures: what the provider may bill the operator, and what
 * is charged to the account. A call that was served, or that came to nothing by the doing of whoever asked, is charged at
 * what it costs; of one that the provider broke, what was shown of it (docs/decisions/0047).
 */
export interface Ledger {
  served(entry: LedgerEntry, served: Served): Posted;
  notServed(entry: LedgerEntry): void;
  /** The provider had no room for it. */
  throttled(entry: LedgerEntry): void;
  /** The provider broke it after it had the request. */
  broken(entry: LedgerEntry, shown?: Served): Posted;
  /** It came to nothing by the caller's doing. Where there are no figures, those that follow are told by `late`. */
  caused(entry: LedgerEntry, shown?: Served): Posted;
  /** A stream's end. */
  streamed(entry: LedgerEntry, served: Served, end: StreamEnd): Posted;
  /** What a call that was posted as `caused` really used, as far as its answer was read on. */
  late(entry: LedgerEntry, served: Served, end: LateEnd): void;
}

export function createLedger(parts: {
  readonly tokens: TokenCounter;
  readonly metrics: AiMetrics | undefined;
  readonly crashHook: CrashHook | undefined;
}): Ledger {
  const { tokens, metrics, crashHook } = parts;

  function spent({ permit }: LedgerEntry, { cost: amount, charged }: Pick<Usage, 'cost' | 'charged'>): void {
    metrics?.cost(permit.product, permit.feature, amount);
    if (amount > charged) metrics?.failureCost(permit.product, permit.feature, micros(amount - charged));
  }

  /** Hands on what is known of a call, once its tokens have been counted where the provider gave no figures. */
  function counted(
    entry: LedgerEntry,
    seen: Served,
    post: (entry: LedgerEntry, seen: Served) => Usage,
  ): Posted {
    const isSmall = seen.shownTokens === 0 && entry.wire.kept.length < WORTH_COUNTING;
    return seen.usage === undefined && !isSmall && seen.isHurried !== true
      ? closely(entry, seen).then(([one, it]) => post(one, it))
      : post(entry, seen);
  }

  async function closely(entry: LedgerEntry, seen: Served): Promise<[LedgerEntry, Served]> {
    const { wire, target } = entry;
    const input = wire.counted ?? (await tokens.count(wire));
    const output = seen.shown === undefined ? undefined : await tokens.count({ kept: seen.shown });
    return [
      input === undefined ? entry : { ...entry, wire: { ...wire, counted: input } },
      output === undefined ? seen : { ...seen, shownTokens: tokensOf(target.price, output) },
    ];
  }

  /** Posted where the outcome is not known to the last token: at the provider's figures where it gave any. */
  function perhaps(entry: LedgerEntry, usage: Usage): Usage {
    if (usage.estimated) entry.permit.unknown(usage);
    else entry.permit.served(usage);
    spent(entry, usage);
    return usage;
  }

  const ledger: Ledger = {
    served: (entry, served) =>
      counted(entry, served, (one, seen) => {
        const usage = usageOf(one, seen, true);
        crashHook?.(ANSWER, 'before');
        one.permit.served(usage);
        crashHook?.(ANSWER, 'after');
        spent(one, usage);
        return usage;
      }),
    notServed: ({ permit }) => permit.notServed(),
    throttled: ({ permit }) => permit.notServed({ throttled: true }),
    broken: (entry, shown = NOTHING_SHOWN) =>
      counted(entry, shown, (one, seen) => {
        const usage = usageOf(one, seen, false);
        const charged = seen.shownTokens === 0 ? 0 : Math.min(usage.cost, shownCost(one, seen));
        return perhaps(one, { ...usage, charged: micros(charged) });
      }),
    caused: (entry, shown = NOTHING_SHOWN) =>
      counted(entry, shown, (one, seen) => perhaps(one, usageOf(one, seen, false))),
    streamed(entry, served, end) {
      if (end === 'complete') return ledger.served(entry, served);
      return end === 'cut' || end === 'timeout' ? ledger.broken(entry, served) : ledger.caused(entry, served);
    },
    late(entry, served, end) {
      const known = end === 'not_served' ? { ...served, usage: NO_TOKENS } : served;
      if (known.usage === undefined && end === 'part') return;
      void (async () => {
        const [one, seen] = known.usage === undefined ? await closely(entry, known) : [entry, known];
        await one.permit.amend(one.event, usageOf(one, seen, true));
      })();
    },
  };
  return ledger;
}

/** By the provider's figures where it gave them; else the most that it may bill, within the reserve. `isWhole`: all of the answer was seen. */
function usageOf(entry: LedgerEntry, served: Served, isWhole: boolean): Usage {
  const { target, plan } = entry;
  const tokens = served.usage ?? mostTokens(entry, served, isWhole);
  const priced = cost(target.price, tokens, served.tier);
  // What a provider writes beyond what it was asked for (max_tokens) is the operator's: a customer pays what they allowed at most.
  const allowed = micros(Math.min(priced, plan.call.reserve));
  const amount = served.usage === undefined ? allowed : priced;
  return {
    provider: target.provider,
    model: target.model,
    providerRequestId: served.id,
    promptTokens: tokens.promptTokens,
    cachedTokens: tokens.cachedTokens,
    completionTokens: tokens.completionTokens,
    reasoningTokens: tokens.reasoningTokens,
    cost: amount,
    charged: allowed,
    priceVersion: target.price.version,
    estimated: served.usage === undefined,
  };
}

/**
 * Of an answer that was seen whole, what was shown; but what a model thought unseen nobody can tell, and what a provider
 * generated after the connection broke neither: it may be all that was asked for.
 */
function mostTokens(entry: LedgerEntry, served: Served, isWhole: boolean): TokenUsage {
  return isWhole && !entry.target.price.thinks ? tokensWith(entry, served.shownTokens) : tokensWith(entry);
}

function shownCost(entry: LedgerEntry, { shownTokens, tier }: Served): number {
  return cost(entry.target.price, tokensWith(entry, shownTokens), tier);
}

/** The input as we count it, and so many tokens of output, or the most that was asked for. */
function tokensWith({ wire, plan, target }: LedgerEntry, output = Number.POSITIVE_INFINITY): TokenUsage {
  const completionTokens = Math.min(output, plan.maxTokens * wire.replies);
  return { ...NO_TOKENS, promptTokens: inputTokens(target.price, wire), completionTokens };
}
