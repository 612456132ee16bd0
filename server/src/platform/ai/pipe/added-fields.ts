import type { Permit } from '#platform/limits';
import { ProviderError } from '../errors.ts';
import { type Target, takesOf } from '../providers/providers.ts';
import { type Takes, takesWithout } from '../takes.ts';
import { addedFields, keptFields, type WireChange, wireFor, type WireRequest } from '../wire.ts';
import type { Policy } from '../policy.ts';
import type { AiLogger } from '../ports.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Failure } from './outcome.ts';

/** Fields to set in a call's body: a model that takes fewer gets fewer. */
export function changeFor(
  policy: Policy,
  { permit, wire, target, plan }: LedgerEntry,
  how: { readonly takes: Takes; readonly safetyIdentifier: (permit: Permit) => string },
): WireChange {
  const { cap, temperature, identifier, ...added } = wire.dialect.added(how.takes);
  return {
    ...added,
    model: target.model,
    maxTokens: cap === undefined ? undefined : [cap, plan.maxTokens],
    temperature: temperature && !wire.hasTemperature ? policy.temperature : undefined,
    identifier: identifier?.(how.safetyIdentifier(permit)),
  };
}

/** The assumed `Takes` of a model: at the first call of an attempt, and at this one. */
export interface Form {
  readonly first: Takes;
  readonly takes: Takes;
}

/** Repeats a call without the fields of ours that the provider refuses, and remembers the form that the model answers. */
export async function callInForm<Call extends { readonly wire: WireRequest }, Answer extends object>(
  logger: AiLogger | undefined,
  { call, target }: { readonly call: Call; readonly target: Target },
  make: (call: Call, form: Form) => Promise<Answer | Failure>,
): Promise<Answer | Failure> {
  const first = takesOf(target);
  const asked = wireFor(call.wire, target);
  for (let takes = first; ; ) {
    const wire = asked.inForm?.(takes.response_format) ?? asked;
    const done = await make({ ...call, wire }, { first, takes });
    const refused = 'ledger' in done ? done : undefined;
    if (refused?.takes === undefined) {
      // An answer shows that it helped; a failure of another kind shows nothing.
      if (takes !== first && (refused?.status ?? 200) === 200) learn(logger, target, { first, takes });
      return done;
    }
    takes = refused.takes;
  }
}

/** Later calls of the model leave out what it refused. */
function learn(
  logger: AiLogger | undefined,
  { learned, provider, model }: Target,
  { first, takes }: Form,
): void {
  const refused = Object.entries(takes).filter(([field, value]) => first[field as keyof Takes] !== value);
  learned.takes = { ...learned.takes, ...Object.fromEntries(refused) };
  const fields = refused.map(([field]) => field);
  logger?.warn(
    { provider, model, fields },
    'a model refuses fields that this server adds: they are left out',
  );
}

/** The statuses of a request that is refused for a field: OpenAI's, and Mistral's. */
const STATUSES = new Set([200, 400, 422]);
/** They are what the caller asks, and wrong anywhere. */
const NEVER_ALONE = new Set(['messages', 'input', 'contents']);

interface Refusal extends Form {
  readonly failure: Failure;
  /** The provider's answer. */
  readonly text: string;
  readonly entry: LedgerEntry;
  readonly change: WireChange;
}

/**
 * A refusal that names a field. One that no caller wrote is left out, or renamed, and the model asked again. One of the
 * caller's own does not end the chain: another model may take it. Neither is a try.
 */
export function withRefusedFields(refusal: Refusal): Failure {
  const { failure, change, first } = refusal;
  const { wire } = refusal.entry;
  const { code } = failure.error;
  const isRefused =
    code === 'provider_rejected' || (failure.status === 200 && code === 'provider_unavailable');
  if (!isRefused || !STATUSES.has(failure.status)) return failure;
  // Where a cap has one name alone, none is left to try.
  const mayRename = wire.dialect.caps.length > 1;
  const added = addedFields(wire, change).filter(
    (field) => isNamed(field, refusal) && (mayRename || field !== change.maxTokens?.[0]),
  );
  let takes: Takes | undefined;
  for (const field of added) takes = takesWithout(takes ?? refusal.takes, field, first) ?? takes;
  if (takes !== undefined)
    return { ...failure, ledger: 'no_try', retry: 'changed', health: 'neutral', takes };
  if (failure.status === 200) return failure;
  const own = keptFields(wire).find((field) => !NEVER_ALONE.has(field) && isNamed(field, refusal));
  const field = own ?? added[0];
  if (field === undefined) return failure;
  const { details, upstream } = failure.error;
  const error = new ProviderError('provider_rejected', {
    retryable: false,
    caused: own !== undefined,
    details: { ...details, field },
    upstream,
  });
  return { ...failure, ledger: 'no_try', retry: 'next', error };
}

/** Whether the provider names a field: by `param`, as OpenAI does, or anywhere in its words. */
function isNamed(field: string, { failure, text }: Refusal): boolean {
  const param = failure.error.upstream?.param;
  if (param !== undefined) return param.split(/[.[\]'"]+/).includes(field);
  return new RegExp(`(?<!\\w)${field}(?!\\w)`).test(text);
}
