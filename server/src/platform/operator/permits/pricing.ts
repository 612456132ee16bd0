import { cost, type Price, type Prices, reserve } from '#platform/ai';
import { AppError, micros } from '#platform/kernel';
import type { PlannedCall, Usage } from '#platform/limits';
import './errors.ts';

/** Use of a backend's model call, by its own report. */
export interface ReportedUsage {
  readonly model: string;
  readonly provider?: string | undefined;
  readonly provider_request_id?: string | undefined;
  readonly prompt_tokens: number;
  readonly cached_tokens?: number | undefined;
  readonly completion_tokens: number;
  readonly reasoning_tokens?: number | undefined;
}

/** Cost of a backend's work, by its own report: tokens, for which the catalogue has the price; or micro-dollars, taken as they are. */
export interface ReportedCost {
  readonly usage?: ReportedUsage | undefined;
  readonly cost_micros?: number | undefined;
}

/** A backend's estimate of its model call. */
export interface Estimate {
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly prompt_tokens?: number | undefined;
  readonly completion_tokens?: number | undefined;
  readonly cost_micros?: number | undefined;
}

interface NamedModel {
  readonly provider: string;
  readonly model: string;
}

/** Where a backend names no model: its ledger rows say that it was none of ours. */
const UNNAMED: NamedModel = { provider: 'outside', model: 'unnamed' };
/** In place of a price catalogue's version, for costs that were said. */
const AS_SAID = 'as-said';

/**
 * The call that a permit is taken for. Without an estimate that says what it costs, it reserves what its feature does
 * (`usual`, micro-dollars). A model that the catalogue does not price is a 404 `model_unknown`.
 */
export function plannedCall(prices: Prices, usual: number, estimate: Estimate = {}): PlannedCall {
  const { model, provider, prompt_tokens: prompt, completion_tokens: completion } = estimate;
  if (estimate.cost_micros !== undefined)
    return { ...UNNAMED, priceVersion: AS_SAID, reserve: micros(estimate.cost_micros) };
  if (model === undefined) return { ...UNNAMED, priceVersion: prices.version, reserve: micros(usual) };
  const { price, ...named } = priceOf(prices, { model, provider });
  const size = { inputTokens: prompt ?? 0, maxOutputTokens: completion ?? 0 };
  const isSized = prompt !== undefined || completion !== undefined;
  return {
    ...named,
    priceVersion: prices.version,
    reserve: isSized ? reserve(price, size) : micros(usual),
  };
}

/**
 * Use of a call, as the ledger has it; nothing where nothing is said. `planned`: the model that was expected. A model that
 * the catalogue does not price is `model_unknown`, unless its cost is said.
 */
export function usageOf(prices: Prices, said: ReportedCost, planned: NamedModel = UNNAMED): Usage {
  const { usage, cost_micros: costSaid } = said;
  const tokens = tokensOf(usage);
  const more = { ...tokens, providerRequestId: usage?.provider_request_id, estimated: false };
  if (usage !== undefined && costSaid === undefined) {
    const { price, ...named } = priceOf(prices, usage);
    const amount = cost(price, tokens);
    return { ...more, ...named, cost: amount, charged: amount, priceVersion: prices.version };
  }
  const provider = usage?.provider ?? planned.provider;
  const model = usage?.model ?? planned.model;
  const amount = micros(costSaid ?? 0);
  return { ...more, provider, model, cost: amount, charged: amount, priceVersion: AS_SAID };
}

/** No more is cached than was asked, and no more reasoned than was generated, also where a backend reports more. */
function tokensOf(usage: ReportedUsage | undefined) {
  const promptTokens = usage?.prompt_tokens ?? 0;
  const completionTokens = usage?.completion_tokens ?? 0;
  return {
    promptTokens,
    cachedTokens: Math.min(usage?.cached_tokens ?? 0, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(usage?.reasoning_tokens ?? 0, completionTokens),
  };
}

/** The price of a model: `{provider: 'openai', model: 'gpt-4o'}`, `openai/gpt-4o`, or `gpt-4o` where only one provider has it. */
function priceOf(
  prices: Prices,
  { model, provider }: { readonly model: string; readonly provider?: string | undefined },
): NamedModel & { readonly price: Price } {
  const candidates =
    provider === undefined
      ? [model, ...prices.names.filter((name) => name.endsWith(`/${model}`))].map(split)
      : [{ provider, model }];
  const found = candidates.flatMap((named) => {
    const price = prices.of(named.provider, named.model);
    return price === undefined ? [] : [{ ...named, price }];
  });
  const [only, another] = found;
  if (only === undefined) {
    throw new AppError('model_unknown', { message: unpricedMessage(prices, model) });
  }
  if (another === undefined) return only;
  throw new AppError('model_unknown', {
    message: 'Several providers have a model of this name. Choose one with `provider`.',
    details: { providers: found.map((one) => one.provider) },
  });
}

/** A dated snapshot may cost something else than the model, so its price is not guessed; the model that it belongs to is named. */
function unpricedMessage({ names }: Prices, model: string): string {
  const base = names
    .filter((name) => model.startsWith(`${split(name).model}-`))
    .toSorted(byLength)
    .at(-1);
  const near = base === undefined ? '' : ` It has "${base}", which may have another price.`;
  return `The price catalogue has no model of this name.${near} Name the model as the catalogue does, not by an alias or with a date, or say what the call cost with cost_micros.`;
}

const byLength = (a: string, b: string) => a.length - b.length;

function split(name: string): NamedModel {
  const slash = name.indexOf('/');
  return { provider: name.slice(0, Math.max(slash, 0)), model: name.slice(slash + 1) };
}
