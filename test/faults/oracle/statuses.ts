import type { Exchange } from '../history.ts';
import type { Facts, Violation } from './facts.ts';

/** The codes of 503: the request may be sent again later. */
const AWAY = new Set(['unavailable', 'server_stopping', 'provider_unavailable', 'operator_budget_closed']);

/**
 * What clients are told while things break. 500 is a defect of ours, even during an outage; 499 is the log's word for a client that
 * hung up, and one that reads it did not. An answer that asks for a retry says when.
 */
export function examineStatuses({ history }: Pick<Facts, 'history'>): Violation[] {
  return history.flatMap((exchange) => {
    const { answer } = exchange;
    if (answer === undefined) return [];
    const { status, code, retryAfter } = answer;
    const says = `${status} ${code ?? ''} to ${exchange.route}, ${exchange.id}`;
    const violationOf = (rule: string): Violation => ({ rule, says, rows: [exchange] });
    return [
      ...(status === 500 ? [violationOf('answered with a defect')] : []),
      ...(status === 499 ? [violationOf('told that it had hung up')] : []),
      ...(status === 503 && !AWAY.has(code ?? '') ? [violationOf('a 503 that says nothing of why')] : []),
      ...(isLater(exchange) && !/^[1-9]\d*$/.test(retryAfter ?? '')
        ? [violationOf('told to come again, and not when')]
        : []),
    ];
  });
}

function isLater({ answer }: Exchange): boolean {
  return answer?.status === 429 || answer?.status === 503;
}
