import { wordIn } from '../../dialects/words.ts';
import { isRecord, jsonIn } from '#platform/kernel';
import { argumentsText, callArguments, CallsInPieces, deltaOf, wordsOf } from '../chat-words.ts';
import { type Figures, figuresIn, mergeFigures, readUsage } from '../../metering/usage.ts';
import { googleEvent } from '../../dialects/gemini.ts';
import { eventsIn } from '../../streams/events.ts';

/** The reasons for which a chat ends that are no plain stop, in Google's words. */
const FINISHES: Readonly<Record<string, string>> = {
  length: 'MAX_TOKENS',
  model_length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

/** A chat completion as an answer of Google's protocol. */
export function toGeminiAnswer(answer: Figures): object {
  const candidates = choicesOf(answer).map((choice, nth) => {
    const said = isRecord(choice['message']) ? choice['message'] : {};
    const calls = listIn(said, 'tool_calls').map(({ id, function: call }) => toCall(id, call));
    return candidate(indexOf(choice, nth), [...textsOf(said), ...calls], choice['finish_reason']);
  });
  return { candidates, ...headOf(answer), ...usageOf(figuresIn(answer)) };
}

/** A call as it is told in parts: its arguments come bit by bit. */
interface Call {
  id: unknown;
  name: unknown;
  said: string;
}

/** A reply that is under way. */
interface Reply {
  finish: unknown;
  readonly calls: CallsInPieces<Call>;
}

/** A stream of chat completions as Google's events: words as they come, and calls whole, with the end. */
export class GeminiStream {
  #head: object = {};
  #figures: Figures | undefined;
  readonly #replies = new Map<number, Reply>();

  push(events: Buffer): Buffer {
    const told: string[] = [];
    for (const event of eventsIn(events.toString('utf8'))) {
      const chunk = jsonIn(event);
      if (isRecord(chunk)) told.push(...this.#take(chunk));
    }
    return Buffer.from(told.join(''));
  }

  end(): Buffer {
    const candidates = [...this.#replies].map(([index, { calls, finish }]) => {
      const parts = calls.all.map(({ id, name, said }) => toCall(id, { name, arguments: said }));
      return candidate(index, parts, finish ?? 'stop');
    });
    return Buffer.from(googleEvent({ candidates, ...this.#head, ...usageOf(this.#figures) }));
  }

  #take(chunk: Figures): string[] {
    this.#head = { ...this.#head, ...headOf(chunk) };
    const figures = figuresIn(chunk);
    if (figures !== undefined) this.#figures = mergeFigures(this.#figures, figures);
    return choicesOf(chunk).flatMap((choice, nth) => {
      const index = indexOf(choice, nth);
      const reply = this.#replies.get(index) ?? { finish: undefined, calls: new CallsInPieces<Call>() };
      this.#replies.set(index, reply);
      reply.finish = choice['finish_reason'] ?? reply.finish;
      const delta = deltaOf(choice);
      for (const call of listIn(delta, 'tool_calls')) addCall(reply.calls, call);
      const texts = textsOf(delta);
      return texts.length === 0
        ? []
        : [googleEvent({ candidates: [candidate(index, texts)], ...this.#head })];
    });
  }
}

function addCall(calls: CallsInPieces<Call>, piece: Figures): void {
  const { id, function: called } = piece;
  const { name, arguments: said } = isRecord(called) ? called : {};
  const call = calls.of(piece, () => ({ id, name, said: '' }));
  call.id ??= id;
  call.name ??= name;
  call.said += argumentsText(said);
}

function candidate(index: number, parts: readonly object[], finish?: unknown): object {
  const told = wordIn(FINISHES, finish);
  const reason = finish === undefined ? {} : { finishReason: told ?? 'STOP' };
  return { content: { role: 'model', parts }, ...reason, index };
}

const textsOf = ({ content, refusal }: Figures): object[] =>
  [content, refusal].map(wordsOf).flatMap((text) => (text === '' ? [] : [{ text }]));

function toCall(id: unknown, called: unknown): object {
  const { name, arguments: text } = isRecord(called) ? called : {};
  return { functionCall: { id, name, args: callArguments(text) } };
}

function headOf({ id, model }: Figures): object {
  return {
    ...(typeof model === 'string' ? { modelVersion: model } : {}),
    ...(typeof id === 'string' ? { responseId: id } : {}),
  };
}

/** Candidates leave out what was thought. */
function usageOf(figures: Figures | undefined): object {
  const usage = readUsage(figures);
  if (usage === undefined) return {};
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = usage;
  return {
    usageMetadata: {
      promptTokenCount: promptTokens,
      ...(cachedTokens === 0 ? {} : { cachedContentTokenCount: cachedTokens }),
      candidatesTokenCount: completionTokens - reasoningTokens,
      ...(reasoningTokens === 0 ? {} : { thoughtsTokenCount: reasoningTokens }),
      totalTokenCount: promptTokens + completionTokens,
    },
  };
}

const choicesOf = (answer: Figures): Figures[] => listIn(answer, 'choices');

const indexOf = ({ index }: Figures, nth: number): number => (typeof index === 'number' ? index : nth);

function listIn(of: Figures, name: string): Figures[] {
  const list = of[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
