import type { Translation } from '../doors.ts';
import { toMessage } from './messages-answer.ts';
import { toChatRequest } from './messages-request.ts';
import { MessageStream } from './messages-stream.ts';

/** Anthropic's messages over models that are asked in chat completions. */
export const MESSAGES_TRANSLATION: Translation = {
  request: toChatRequest,
  answer: toMessage,
  stream: () => new MessageStream(),
};
