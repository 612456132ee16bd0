import type { AppError } from '#platform/kernel';
import { namedEvent } from '../../dialects/named-event.ts';
import { RESPONSES } from '../../dialects/responses.ts';
import type { Door } from '../door.ts';
import { openAiError } from '../openai-errors.ts';
import { checkResponsesBody, RESPONSES_FIELDS } from './fields.ts';
import { toChatRequest } from './to-chat.ts';
import { ResponseStream, toResponse } from './to-response.ts';

/** OpenAI's Responses. */
export const RESPONSES_DOOR: Door = {
  dialect: RESPONSES,
  fields: RESPONSES_FIELDS,
  check: checkResponsesBody,
  errorEvent,
  translation: { request: toChatRequest, answer: toResponse, stream: () => new ResponseStream() },
};

/** An error within a stream: OpenAI's documents have its fields in the event, clients know them in an object of their own too. */
function errorEvent(error: AppError, requestId: string, after?: Buffer): string {
  const { error: told } = openAiError(error, requestId);
  const { code, message, param } = told;
  const numbers = [...(after?.toString('utf8') ?? '').matchAll(/"sequence_number": ?(\d+)/g)];
  const sequence = Number(numbers.at(-1)?.[1] ?? -1) + 1;
  return namedEvent({ type: 'error', sequence_number: sequence, code, message, param, error: told });
}
