import { isRecord } from '#platform/kernel';
import {
  type AnswerReading,
  errorIn,
  type Figures,
  idOf,
  NO_ANSWER,
  plausibleUsage,
  readInput,
  readUsage,
  tokensIn,
} from '../metering/usage.ts';
import { namesOf } from './look.ts';
import type { Dialect } from './dialect.ts';
import { addText, numberOf } from './words.ts';

/** Google's generateContent: the Gemini API's (ai.google.dev/api/generate-content), and Vertex AI's. */
export const GEMINI: Dialect = {
  name: 'gemini',
  path: ({ model, stream }) =>
    `/${model.includes('/') ? model : `models/${model}`}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  writes: true,
  ours: new Set(['model', 'generationConfig', 'labels', 'store']),
  caps: ['maxOutputTokens'],
  config: 'generationConfig',
  replies: 'candidateCount',
  tier: 'serviceTier',
  added: () => ({
    cap: 'maxOutputTokens',
    temperature: false,
    identifier: undefined,
    store: false,
    streamUsage: false,
  }),
  headers: (apiKey) => (apiKey === '' ? [] : ['x-goog-api-key', apiKey]),
  readAnswer,
  readEvent: (event) => ({
    id: idOf(event['responseId']),
    tier: tierOf(event),
    error: errorIn(event),
    figures: usageOf(event),
    isUsageAlone: false,
    isSpent: isSpent(candidatesOf(event)),
  }),
  figures: figuresOf,
  names: namesOf({
    text: 'words',
    args: 'words',
    finishReason: 'finish',
    blockReason: 'finish',
    usageMetadata: 'usage',
    error: 'error',
  }),
  showsSomething: (event, orCut) =>
    isBlocked(event) ||
    candidatesOf(event).some((candidate) => isEnd(candidate, orCut) || saysSomething(candidate)),
  addWords(words, event) {
    for (const candidate of candidatesOf(event))
      for (const part of partsOf(candidate)) {
        const { thought, text, functionCall: call } = part;
        const path = `${numberOf(candidate, 0)} ${thought === true ? 'thought' : 'said'}`;
        addText(words, path, text);
        if (call !== undefined) addText(words, path, JSON.stringify(call));
      }
  },
  shownIn: (answer) => candidatesOf(answer).map((candidate) => ({ content: partsOf(candidate) })),
  // One event has the form of a plain answer.
  asStream: (answer) => Buffer.from(googleEvent(answer)),
  end: Buffer.alloc(0),
};

/** An event as Google writes it. */
export const googleEvent = (event: object): string => `data: ${JSON.stringify(event)}\r\n\r\n`;

const CUT = 'MAX_TOKENS';

function readAnswer(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  const candidates = candidatesOf(answer);
  const figures = usageOf(answer);
  return {
    usable: candidates.length > 0 || isBlocked(answer),
    usage: plausibleUsage(readUsage(figures), candidates.some(saysSomething)),
    input: readInput(figures),
    id: idOf(answer['responseId']),
    tier: tierOf(answer),
    error: errorIn(answer),
    isSpent: isSpent(candidates),
  };
}

export function candidatesOf({ candidates }: Figures): Figures[] {
  return Array.isArray(candidates) ? candidates.filter(isRecord) : [];
}

export function partsOf({ content }: Figures): Figures[] {
  const parts = isRecord(content) ? content['parts'] : undefined;
  return Array.isArray(parts) ? parts.filter(isRecord) : [];
}

/** A prompt that is refused is answered so, and without a candidate. */
function isBlocked({ promptFeedback: feedback }: Figures): boolean {
  return isRecord(feedback) && typeof feedback['blockReason'] === 'string';
}

function isEnd({ finishReason: reason }: Figures, orCut: boolean): boolean {
  return typeof reason === 'string' && (orCut || reason !== CUT);
}

/** A signature, and a text of nothing, say nothing. */
const isWord = (part: Figures): boolean =>
  Object.entries(part).some(([name, value]) => !FRAMES.has(name) && value !== '');

const FRAMES = new Set(['thought', 'thoughtSignature', 'partMetadata']);

const saysSomething = (candidate: Figures): boolean => partsOf(candidate).some(isWord);

const isCut = (candidate: Figures): boolean =>
  candidate['finishReason'] === CUT &&
  !partsOf(candidate).some((part) => part['thought'] !== true && isWord(part));

const isSpent = (candidates: readonly Figures[]): boolean => candidates.length > 0 && candidates.every(isCut);

function tierOf({ usageMetadata: usage }: Figures): string | undefined {
  const tier = isRecord(usage) ? usage['serviceTier'] : undefined;
  return typeof tier === 'string' ? tier.toLowerCase() : undefined;
}

function usageOf({ usageMetadata: usage }: Figures): Figures | undefined {
  return isRecord(usage) ? figuresOf(usage) : undefined;
}

/**
 * In the names of chat completions. The prompt leaves out the results of its tools, and the candidates leave out thoughts, except where an
 * older model counts them twice: then the total tells. A figure that is not said is left out, so that it replaces none of an earlier event.
 */
function figuresOf(usage: Figures): Figures {
  const [total, cached, thought, said] = ['total', 'cachedContent', 'thoughts', 'candidates'].map((kind) =>
    tokensIn(usage[`${kind}TokenCount`]),
  );
  const prompt = sumOf(tokensIn(usage['promptTokenCount']), tokensIn(usage['toolUsePromptTokenCount']));
  const isWhole = said !== undefined && prompt !== undefined && prompt + said === total;
  const completion = isWhole ? said : sumOf(said, thought);
  return {
    ...(prompt === undefined ? {} : { prompt_tokens: prompt }),
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(completion === undefined ? {} : { completion_tokens: completion }),
    ...(thought === undefined ? {} : { completion_tokens_details: { reasoning_tokens: thought } }),
    ...(total === undefined ? {} : { total_tokens: total }),
  };
}

function sumOf(...counts: readonly (number | undefined)[]): number | undefined {
  const said = counts.filter((count) => count !== undefined);
  return said.length === 0 ? undefined : said.reduce((sum, count) => sum + count, 0);
}
