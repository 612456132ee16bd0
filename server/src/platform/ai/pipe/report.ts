import type { Clock } from '#platform/kernel';
import type { Usage } from '#platform/limits';
import { currentTrace, type Span } from '#platform/telemetry';
import type { AiLogger, AiMetrics, CallOutcome } from '../ports.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Failure } from './outcome.ts';
import type { WireRequest } from '../wire.ts';

/** The name of a call in OpenTelemetry's conventions. */
const operationOf = ({ dialect }: WireRequest) => (dialect.writes ? 'chat' : 'embeddings');

/** A call to a provider that has ended. */
export interface EndedCall {
  /** On the clock that never jumps. */
  readonly started: number;
  readonly outcome: CallOutcome;
  readonly failure: Failure | undefined;
  /** undefined: not known yet, or there is none. */
  readonly usage: Usage | undefined;
  readonly span: Span | undefined;
}

export interface ReportParts {
  readonly clock: Clock;
  readonly logger: AiLogger | undefined;
  readonly metrics: Pick<AiMetrics, 'providerCall'> | undefined;
}

/** The span of a call to a provider, in the trace of what is done; undefined where that is not recorded. */
export function startProviderSpan({ wire, target }: LedgerEntry): Span | undefined {
  return currentTrace()?.start(`${operationOf(wire)} ${target.model}`, 'client');
}

/** Tells metrics, traces and the log how a call to a provider ended. */
export function report({ clock, metrics, logger }: ReportParts, entry: LedgerEntry, call: EndedCall): void {
  const { outcome, failure, span } = call;
  const { permit, target } = entry;
  const { provider, model, key } = target;
  const seconds = (clock.monotonic() - call.started) / 1_000;
  metrics?.providerCall({ provider, model, outcome, seconds });
  if (span !== undefined) endSpan(span, entry, call);
  if (logger === undefined) return;
  const named = key === undefined ? {} : { key: key.name };
  const fields = {
    request_id: permit.requestId,
    permit_id: permit.id,
    provider,
    model,
    ...named,
    outcome,
    seconds,
  };
  if (outcome === 'served') logger.debug(fields, 'provider call');
  else if (outcome === 'hung_up') logger.info(fields, 'provider call broken off by its caller');
  else
    logger.warn({ ...fields, status: failure?.status, provider_code: failure?.code }, 'provider call failed');
}

/** By the conventions for generative AI: names and figures, no message, no reply. */
function endSpan(span: Span, { permit, plan, wire, target }: LedgerEntry, call: EndedCall): void {
  const { outcome, failure, usage } = call;
  const operation = operationOf(wire);
  const status = failure?.status ?? 200;
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
