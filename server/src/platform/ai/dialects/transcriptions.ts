import { isRecord, jsonIn } from '#platform/kernel';
import { type AnswerReading, NO_ANSWER, readObject } from '../metering/usage.ts';
import { CHAT } from './chat.ts';
import type { Dialect } from './dialect.ts';
import { EMBEDDINGS } from './embeddings.ts';

/** Answers in `text`, `srt` and `vtt`: they tell no usage. */
const WORDS = /^(?:text\/(?:plain|vtt|srt)|application\/(?:x-)?subrip)\s*(?:;|$)/i;

/** OpenAI's transcriptions, which tell a usage of tokens or the seconds of the file. A file without a word is an answer too. */
export const TRANSCRIPTIONS: Dialect = {
  ...EMBEDDINGS,
  name: 'transcriptions',
  path: () => '/audio/transcriptions',
  figures: CHAT.figures,
  readAnswer,
  readBytes: (body, type) =>
    WORDS.test(type) ? { ...NO_ANSWER, usable: true } : readAnswer(jsonIn(body.toString('utf8'))),
};

function readAnswer(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  return { ...readObject(answer), usable: typeof answer['text'] === 'string', seconds: secondsIn(answer) };
}

/** Whole seconds, as they are billed; `verbose_json` of older servers has its duration alone, as a number or a text. */
function secondsIn({ usage, duration }: Readonly<Record<string, unknown>>): number | undefined {
  const said = isRecord(usage) && usage['type'] === 'duration' ? usage['seconds'] : duration;
  const seconds = Math.ceil(Number(said));
  return seconds >= 1 && seconds <= 1_000_000 ? seconds : undefined;
}
