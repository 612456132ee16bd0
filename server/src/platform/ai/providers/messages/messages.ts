import { isRecord, jsonIn } from '#platform/kernel';
import { MESSAGES } from '../../dialects/messages.ts';
import type { UpstreamTranslation } from '../translation.ts';
import { MessageChatStream, toCompletion } from './from-messages.ts';
import { toMessages } from './to-messages.ts';

/** Anthropic's Messages, for requests in chat completions. */
export const MESSAGES_TRANSLATION: UpstreamTranslation = {
  body: toMessages,
  request: (body, { upstream, model, stream }) => ({
    path: upstream.path + MESSAGES.path({ model, stream }) + upstream.query,
    headers: MESSAGES.headers?.(upstream.apiKey) ?? [],
    body: JSON.stringify(body),
  }),
  answer(answer, context) {
    const said = jsonIn(answer.body.toString('utf8'));
    // Its errors are read as they are.
    if (answer.status !== 200 || !isRecord(said) || !MESSAGES.readAnswer(said).usable) return answer;
    return { ...answer, body: Buffer.from(JSON.stringify(toCompletion(said, context))) };
  },
  stream: (_headers, context) => new MessageChatStream(context),
};
