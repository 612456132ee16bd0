import { GEMINI, googleEvent } from '../../dialects/gemini.ts';
import { googleError } from '../google-errors.ts';
import type { Door } from '../door.ts';
import { checkGeminiFields } from './fields.ts';
import { GeminiStream, toGeminiAnswer } from './to-gemini.ts';
import { toChatRequest } from './to-chat.ts';

/** Google's generateContent, for clients. The model and the form of its answer stand in the path. */
export const GEMINI_DOOR: Door = {
  dialect: GEMINI,
  check: checkGeminiFields,
  translation: { request: toChatRequest, answer: toGeminiAnswer, stream: () => new GeminiStream() },
  errorEvent: (error, requestId) => googleEvent(googleError(error, requestId)),
};
