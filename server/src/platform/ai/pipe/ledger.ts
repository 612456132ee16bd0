import { dispatchPoint, type CrashHook } from '#platform/db';
import { micros, type UsageEventId, isRecord, jsonIn, jsonOf } from '#platform/kernel';
import type { Permit, Usage } from '#platform/limits';
import type { IncomingHttpHeaders } from 'node:http';
import type { StreamEnd } from './live-stream.ts';
import type { CallPlan } from '../plan.ts';
import type { AiMetrics } from '../ports.ts';
import { cost } from '../metering/prices.ts';
import { type Target, thinks } from '../providers/providers.ts';
import type { LateEnd } from '../streams/remainder.ts';
import { inputTokens, type TokenCounter, tokensOf } from '../metering/tokens.ts';
import {
  type InputUsage,
  type TokenUsage,
  type AnswerReading,
  estimatedTokens,
  idOf,
} from '../metering/usage.ts';
import type { WireRequest } from '../wire.ts';

const ANSWER = dispatchPoint(
  'ai.answer',
  'a provider has served a call; its figures are still in memory only',
);

/** The figures of a call when it is posted. */
export interface CallFigures {
  readonly usage: TokenUsage | undefined;
  /** The provider's figures of a stream so far: what there is when it breaks off. */
  readonly progress?: TokenUsage | undefined;
  /** The provider's figures of the input, where it gave none of the answer. */
  readonly input?: InputUsage | undefined;
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

/** Bytes of a request without an answer: below it, they are a good enough bound beside the longest reply. */
const WORTH_COUNTING = 4_096;

/** The figures of a call without an answer. */
const NOTHING_SHOWN: CallFigures = { usage: undefined, shownTokens: 0, id: undefined, tier: undefined };

/** The usage of a refused call: no provider bills it. */
const NO_TOKENS: TokenUsage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };

/** The posted usage: at once by a provider's figures; else when the tokens have been counted. */
export type PostedUsage = Usage | Promise<Usage>;

/**
 * Posts the outcome of each call to its permit, exactly once. Two figures: what the provider may bill the operator, and what
 * is charged to the account. A call that was served, or that its caller made fail, is charged at
 * its cost; a call that the provider broke, at what was shown of it (docs/decisions/0047).
 */
export interface Ledger {
  served(entry: LedgerEntry, served: CallFigures): PostedUsage;
  notServed(entry: LedgerEntry): void;
  /** The provider had no room for it. */
  throttled(entry: LedgerEntry): void;
  /** The provider broke it after it had the request. */
  broken(entry: LedgerEntry, shown?: CallFigures): PostedUsage;
  /** Its caller made it fail. Figures that come later are posted by `late`. */
  caused(entry: LedgerEntry, shown?: CallFigures): PostedUsage;
  /** A stream's end. */
  streamed(entry: LedgerEntry, served: CallFigures, end: StreamEnd): PostedUsage;
  /** The real usage of a call that was posted as `caused`, as far as its answer was read on. */
  late(entry: LedgerEntry, served: CallFigures, end: LateEnd): void;
}

export function createLedger(parts: {
  readonly tokens: TokenCounter;
  readonly metrics: AiMetrics | undefined;
  readonly crashHook: CrashHook | undefined;
}): Ledger {
  const { tokens, metrics, crashHook } = parts;

  function recordCost(
    { permit }: LedgerEntry,
    { cost: amount, charged }: Pick<Usage, 'cost' | 'charged'>,
  ): void {
    metrics?.cost(permit.product, permit.feature, amount);
    if (amount > charged) metrics?.failureCost(permit.product, permit.feature, micros(amount - charged));
  }

  /** Posts a call, once its tokens have been counted where the provider gave no figures. */
  function postCounted(
    entry: LedgerEntry,
    seen: CallFigures,
    post: (entry: LedgerEntry, seen: CallFigures) => Usage,
  ): PostedUsage {
    const isSmall = seen.shownTokens === 0 && entry.wire.inputBytes < WORTH_COUNTING;
    return seen.usage === undefined && !isSmall && seen.isHurried !== true
      ? countTokens(entry, seen).then(([one, it]) => post(one, it))
      : post(entry, seen);
  }

  async function countTokens(entry: LedgerEntry, seen: CallFigures): Promise<[LedgerEntry, CallFigures]> {
    const { wire, target } = entry;
    const input = wire.counted ?? (seen.input === undefined ? await tokens.count(wire) : undefined);
    const output =
      seen.shown === undefined ? undefined : await tokens.count({ kept: [Buffer.from(seen.shown)] });
    return [
      input === undefined ? entry : { ...entry, wire: { ...wire, counted: input } },
      output === undefined ? seen : { ...seen, shownTokens: tokensOf(target.price, output) },
    ];
  }

  /** Posted where the outcome is not known to the last token: at the provider's figures where it gave any. */
  function postUncertain(entry: LedgerEntry, usage: Usage): Usage {
    if (usage.estimated) entry.permit.unknown(usage);
    else entry.permit.served(usage);
    recordCost(entry, usage);
    return usage;
  }

  const ledger: Ledger = {
    served: (entry, served) =>
      postCounted(entry, served, (one, seen) => {
        const usage = usageOf(one, seen, true);
        crashHook?.(ANSWER, 'before');
        one.permit.served(usage);
        crashHook?.(ANSWER, 'after');
        recordCost(one, usage);
        return usage;
      }),
    notServed: ({ permit }) => permit.notServed(),
    throttled: ({ permit }) => permit.notServed({ throttled: true }),
    broken: (entry, shown = NOTHING_SHOWN) =>
      postCounted(entry, shown, (one, seen) => {
        const usage = usageOf(one, seen, false);
        const charged = seen.shownTokens === 0 ? 0 : Math.min(usage.cost, shownCost(one, seen));
        return postUncertain(one, { ...usage, charged: micros(charged) });
      }),
    caused: (entry, shown = NOTHING_SHOWN) =>
      postCounted(entry, shown, (one, seen) => postUncertain(one, usageOf(one, seen, false))),
    streamed(entry, served, end) {
      if (end === 'complete') return ledger.served(entry, served);
      const { usage = served.progress } = served;
      return end === 'cut' || end === 'timeout'
        ? ledger.broken(entry, { ...served, usage })
        : ledger.caused(entry, served);
    },
    late(entry, served, end) {
      const known = end === 'not_served' ? { ...served, usage: NO_TOKENS } : served;
      if (known.usage === undefined && end === 'part') return;
      void (async () => {
        const [one, seen] = known.usage === undefined ? await countTokens(entry, known) : [entry, known];
        await one.permit.amend(one.event, usageOf(one, seen, true));
      })();
    },
  };
  return ledger;
}

/** By the provider's figures where it gave them; else the most that it may bill, within the reserve. `isWhole`: all of the answer was seen. */
function usageOf(entry: LedgerEntry, served: CallFigures, isWhole: boolean): Usage {
  const { target, plan } = entry;
  const tokens = served.usage ?? mostTokens(entry, served, isWhole);
  const priced = cost(target.price, tokens, served.tier);
  // Tokens that a provider writes beyond max_tokens are paid by the operator: a customer pays at most what they allowed.
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
 * For a whole answer, the tokens shown; those of pictures are not seen in it. Unseen thinking is not countable, and what a provider
 * generated after the connection broke neither: then it may be all that was asked for.
 */
function mostTokens(entry: LedgerEntry, served: CallFigures, isWhole: boolean): TokenUsage {
  const isSeen = entry.wire.dialect.writes && !thinks(entry.target);
  const output = isWhole && isSeen ? served.shownTokens : undefined;
  return tokensWith(entry, served.input, output);
}

function shownCost(entry: LedgerEntry, { shownTokens, tier, input }: CallFigures): number {
  return cost(entry.target.price, tokensWith(entry, input, shownTokens), tier);
}

/** The input by its figures, or as we count it, and so many tokens of output, or the most that was asked for. */
function tokensWith(
  { wire, plan, target }: LedgerEntry,
  input: InputUsage = { promptTokens: inputTokens(target.price, wire), cachedTokens: 0 },
  output = Number.POSITIVE_INFINITY,
): TokenUsage {
  return { ...NO_TOKENS, ...input, completionTokens: Math.min(output, plan.maxTokens * wire.replies) };
}

/** The words of a plain answer, as a request would hold them. */
function shownIn({ dialect }: WireRequest, body: Buffer): string | undefined {
  const answer = jsonIn(body.toString('utf8'));
  const messages = isRecord(answer) ? dialect.shownIn(answer) : undefined;
  const said = messages && jsonOf(messages);
  return said === undefined ? undefined : `"messages":${said}`;
}

/** The words of a stream, likewise. */
export function asRequest(words: string | undefined): string | undefined {
  return words === undefined || words === ''
    ? undefined
    : `"messages":${JSON.stringify([{ content: words }])}`;
}

/** The usage in the unit of the price: what is billed by its request alone tells none, and seconds are no tokens. */
export function usageTold(
  { wire: { characters }, target: { price } }: Pick<LedgerEntry, 'wire' | 'target'>,
  { usable, usage, seconds }: Pick<AnswerReading, 'usable' | 'usage' | 'seconds'>,
): TokenUsage | undefined {
  const isBySeconds = price.maxSeconds !== undefined;
  if (usage !== undefined && !isBySeconds) return usage;
  const promptTokens = isBySeconds ? seconds : characters;
  return promptTokens === undefined || !usable ? undefined : { ...NO_TOKENS, promptTokens };
}

/** Reads the cost of an answer. */
export function toCallFigures(
  entry: Pick<LedgerEntry, 'wire' | 'target'>,
  reading: AnswerReading,
  answer: { headers: IncomingHttpHeaders; body: Buffer },
): CallFigures {
  const { wire } = entry;
  return {
    usage: usageTold(entry, reading),
    input: reading.input,
    shownTokens: estimatedTokens(answer.body.length),
    shown: reading.usage === undefined && wire.dialect.writes ? shownIn(wire, answer.body) : undefined,
    id: requestId(answer.headers) ?? reading.id,
    tier: reading.tier,
  };
}

/** The provider's id of a call: the header that its support asks for, where it has one. */
export function requestId(headers: IncomingHttpHeaders): string | undefined {
  return idOf(headers['x-request-id'] ?? headers['request-id']);
}
