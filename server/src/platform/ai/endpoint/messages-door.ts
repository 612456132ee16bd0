import { MESSAGES } from '../dialects/messages.ts';
import { anthropicError } from './anthropic-errors.ts';
import type { Door } from './doors.ts';
import { checkMessageFields } from './message-fields.ts';
import { MESSAGES_TRANSLATION } from './translations/messages.ts';

/** Anthropic's Messages, for clients. */
export const MESSAGES_DOOR: Door = {
  dialect: MESSAGES,
  check: checkMessageFields,
  checkCount: (body, allowed) => checkMessageFields(body, allowed, { isCount: true }),
  translation: MESSAGES_TRANSLATION,
  errorEvent: (error, requestId) =>
    `event: error\ndata: ${JSON.stringify(anthropicError(error, requestId))}\n\n`,
};
