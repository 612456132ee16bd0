import { isRecord, jsonIn } from '#platform/kernel';
import { GEMINI } from '../../dialects/gemini.ts';
import type { UpstreamTranslation } from '../translation.ts';
import { GeminiChatStream, toCompletion } from './from-gemini.ts';
import { toGemini } from './to-gemini.ts';

/** Google's generateContent, of the Gemini API and of Vertex AI, for requests in chat completions. */
export const GEMINI_TRANSLATION: UpstreamTranslation = {
  body: toGemini,
  request: (body, { upstream, model, stream }) => ({
    path: upstream.path + GEMINI.path({ model, stream }),
    headers: GEMINI.headers?.(upstream.apiKey) ?? [],
    body: JSON.stringify(body),
  }),
  answer(answer, { model, now }) {
    const said = jsonIn(answer.body.toString('utf8'));
    // Its errors are read as they are.
    if (answer.status !== 200 || !isRecord(said) || !GEMINI.readAnswer(said).usable) return answer;
    return { ...answer, body: Buffer.from(JSON.stringify(toCompletion(said, { model, now }))) };
  },
  stream: (_headers, context) => new GeminiChatStream(context),
};
