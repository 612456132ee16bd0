import { MESSAGES } from '../../dialects/messages.ts';
import { namedEvent } from '../../dialects/named-event.ts';
import { anthropicError } from '../anthropic-errors.ts';
import type { Door } from '../door.ts';
import { checkMessageFields, MESSAGE_FIELDS } from './fields.ts';
import { MessageStream } from './message-stream.ts';
import { toChatRequest } from './to-chat.ts';
import { toMessage } from './to-message.ts';

/**
 * Betas that change the form of a request or an answer, and neither its price nor what it reaches. Others are not passed on: a longer context has
 * another price, and files, containers and servers of tools are shared with others.
 */
const BETAS =
  /^(?:claude-code|interleaved-thinking|thinking-token-count|context-management|prompt-caching-scope|mid-conversation-system|effort|fine-grained-tool-streaming|token-efficient-tools|structured-outputs|extended-cache-ttl)-\d{4}-?\d{2}-?\d{2}$/;

/** Anthropic's Messages, for clients. */
export const MESSAGES_DOOR: Door = {
  dialect: MESSAGES,
  fields: MESSAGE_FIELDS,
  check: checkMessageFields,
  checkCount: (body, allowed) => checkMessageFields(body, allowed, { isCount: true }),
  passedOn({ 'anthropic-beta': betas }) {
    const known = String(betas ?? '')
      .split(',')
      .map((beta) => beta.trim())
      .filter((beta) => BETAS.test(beta));
    return known.length === 0 ? [] : ['anthropic-beta', known.join(',')];
  },
  translation: { request: toChatRequest, answer: toMessage, stream: () => new MessageStream() },
  errorEvent: (error, requestId) => namedEvent({ ...anthropicError(error, requestId) }),
};
