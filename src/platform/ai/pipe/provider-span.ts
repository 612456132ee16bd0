import { currentTrace, type Span } from '#platform/telemetry';
import type { Usage } from '#platform/limits';
import type { CallOutcome } from '../ports.ts';
import type { LedgerEntry } from './ledger.ts';

/** What OpenTelemetry's conventions call a call, by the end of its path. */
const OPERATIONS = { '/chat/completions': 'chat', '/embeddings': 'embeddings' } as const;

/** The span of a call to a provider, in the trace of what is done; undefined where that is not recorded. */
export function startProviderSpan({ wire, target }: LedgerEntry): Span | undefined {
  const operation = OPERATIONS[wire.endpoint];
  return currentTrace()?.start(`${operation} ${target.model}`, 'client');
}

/** Ends it by the conventions for generative AI: names and figures, no message, no reply. */
export function endProviderSpan(
  span: Span,
  { permit, plan, wire, target }: LedgerEntry,
  end: { readonly outcome: CallOutcome; readonly status: number; readonly usage: Usage | undefined },
): void {
  const { outcome, status, usage } = end;
  const operation = OPERATIONS[wire.endpoint];
  span.attributes = {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': target.provider,
    'gen_ai.request.model': target.model,
    'gen_ai.request.max_tokens': operation === 'chat' ? plan.maxTokens : undefined,
    'gen_ai.response.id': usage?.providerRequestId,
    'gen_ai.usage.input_tokens': usage?.promptTokens,
    'gen_ai.usage.output_tokens': usage?.completionTokens,
    'http.response.status_code': status === 0 ? undefined : status,
    'plinth.product': permit.product,
    'plinth.feature': permit.feature,
    'plinth.permit_id': permit.id,
    'plinth.cost_micro_dollars': usage?.cost,
    'plinth.outcome': outcome,
  };
  span.end(outcome === 'served' || outcome === 'hung_up' ? undefined : outcome);
  span.trace.waited((span.ended ?? 0) - span.began);
}
