import type { IncomingHttpHeaders } from 'node:http';
import { type AnswerReading, estimatedTokens, idOf, isRecord, parseText } from '../metering/usage.ts';
import type { CallFigures } from './ledger.ts';

/** The words of a plain answer, as a request would hold them. */
function shownIn(body: Buffer): string | undefined {
  const answer = parseText(body.toString('utf8'));
  const choices = isRecord(answer) ? answer['choices'] : undefined;
  if (!Array.isArray(choices)) return undefined;
  return `"messages":${JSON.stringify(choices.map((choice) => (isRecord(choice) ? choice['message'] : choice)))}`;
}

/** The words of a stream, likewise. */
export function asRequest(words: string | undefined): string | undefined {
  return words === undefined || words === ''
    ? undefined
    : `"messages":${JSON.stringify([{ content: words }])}`;
}

/** Reads the cost of an answer. */
export function toCallFigures(
  reading: AnswerReading,
  answer: { headers: IncomingHttpHeaders; body: Buffer },
): CallFigures {
  return {
    usage: reading.usage,
    input: reading.input,
    shownTokens: estimatedTokens(answer.body.length),
    shown: reading.usage === undefined ? shownIn(answer.body) : undefined,
    id: requestId(answer.headers) ?? reading.id,
    tier: reading.tier,
  };
}

/** The provider's id of a call: the header that its support asks for, where it has one. */
export function requestId(headers: IncomingHttpHeaders): string | undefined {
  return idOf(headers['x-request-id'] ?? headers['request-id']);
}
