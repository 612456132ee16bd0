import { isRecord } from '#platform/kernel';
import { candidatesOf, GEMINI, partsOf } from '../../dialects/gemini.ts';
import { dataEvent } from '../../dialects/named-event.ts';
import type { StreamTranslation } from '../../endpoint/door.ts';
import { DONE, frameOf } from '../blocks.ts';
import { JsonEvents } from '../json-events.ts';
import type { Fields, TranslationContext } from '../translation.ts';

type Context = Pick<TranslationContext, 'model' | 'now' | 'told'>;

const FILTERED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|IMAGE_\w+)$/;

/**
 * Whether a reply has come to an end that its reader may take for one. It has not where a call of a tool was malformed, and for reasons that
 * are not known here (ai.google.dev/api/generate-content#FinishReason).
 */
const isWhole = (reason: unknown): boolean =>
  reason === 'STOP' || reason === 'MAX_TOKENS' || FILTERED.test(String(reason));

function finishOf(reason: unknown, isCalling: boolean): string {
  if (reason === 'MAX_TOKENS') return 'length';
  if (FILTERED.test(String(reason))) return 'content_filter';
  return isCalling ? 'tool_calls' : 'stop';
}

/** A prompt that is blocked is an answer that its filter has ended. */
const BLOCKED = { content: { parts: [] }, finishReason: 'SAFETY' };

function repliesOf(answer: Fields): readonly Fields[] {
  const candidates = candidatesOf(answer);
  return candidates.length === 0 && isRecord(answer['promptFeedback']) ? [BLOCKED] : candidates;
}

/** Thoughts are not asked for. */
const saidIn = (candidate: Fields): Fields[] => partsOf(candidate).filter(({ thought }) => thought !== true);

const textOf = (parts: readonly Fields[]): string =>
  parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');

/** A call with an id that no other has, and the signature of its thought where Google's own answers to OpenAI's clients have it. */
function callsOf(parts: readonly Fields[], prefix: string, before = 0): object[] {
  const called = parts.filter(({ functionCall }) => isRecord(functionCall));
  return called.map(({ functionCall: call, thoughtSignature: signature }, nth) => {
    const { id, name, args } = isRecord(call) ? call : {};
    return {
      index: before + nth,
      id: typeof id === 'string' && id !== '' ? id : `call_${prefix}_${before + nth}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args ?? {}) },
      ...(signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }),
    };
  });
}

/** The members that an answer and each event of it begin with, its figures, and the error that it may be. */
function readHead(answer: Fields, context: Context) {
  const { id = 'gemini', tier, figures, error } = GEMINI.readEvent(answer);
  const service = tier === undefined ? {} : { service_tier: tier };
  return { head: { ...frameOf(id, context), ...service }, figures, error };
}

/** Google leaves the count of an empty answer out, and clients of OpenAI's add it up. */
const usageOf = (figures: Fields | undefined): object =>
  figures === undefined ? {} : { usage: { completion_tokens: 0, ...figures } };

const indexOf = ({ index }: Fields, nth: number): number => (typeof index === 'number' ? index : nth);

/** An answer as a chat completion. */
export function toCompletion(answer: Fields, context: Context): object {
  const { head, figures } = readHead(answer, context);
  const replies = repliesOf(answer).filter(({ finishReason: reason = 'STOP' }) => isWhole(reason));
  const choices = replies.map((candidate, nth) => {
    const parts = saidIn(candidate);
    const calls = callsOf(parts, head.id);
    const text = textOf(parts);
    return {
      index: indexOf(candidate, nth),
      message: {
        role: 'assistant',
        content: text === '' && calls.length > 0 ? null : text,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      },
      finish_reason: finishOf(candidate['finishReason'], calls.length > 0),
    };
  });
  return { ...head, object: 'chat.completion', choices, ...usageOf(figures) };
}

/** A stream of Google's events as one of chat completions. */
export class GeminiChatStream implements StreamTranslation {
  readonly #context: Context;
  readonly #events = new JsonEvents();
  #head: Fields = {};
  #figures: Fields | undefined;
  /** The calls of each reply so far. */
  readonly #calls = new Map<number, number>();
  #isEnded = false;

  constructor(context: Context) {
    this.#context = context;
  }

  push(bytes: Buffer): Buffer {
    return this.#told(this.#events.push(bytes));
  }

  /** Figures and the end come where Google has said why it ended: a stream that is cut stays so. */
  end(): Buffer {
    const rest = this.#told(this.#events.rest());
    if (!this.#isEnded) return rest;
    const usage = dataEvent({
      ...this.#head,
      object: 'chat.completion.chunk',
      choices: [],
      ...usageOf(this.#figures),
    });
    return Buffer.concat([rest, Buffer.from(usage + DONE)]);
  }

  #told(events: readonly Fields[]): Buffer {
    return Buffer.from(events.map((event) => this.#take(event)).join(''));
  }

  #take(answer: Fields): string {
    const { head, figures, error } = readHead(answer, this.#context);
    if (figures !== undefined) {
      this.#context.told?.(figures);
      this.#figures = { ...this.#figures, ...figures };
    }
    if (error !== undefined) return dataEvent({ error });
    this.#head = head;
    const choices = repliesOf(answer).map((candidate, nth) => {
      const index = indexOf(candidate, nth);
      const before = this.#calls.get(index) ?? 0;
      const parts = saidIn(candidate);
      const calls = callsOf(parts, head.id, before);
      this.#calls.set(index, before + calls.length);
      const reason = candidate['finishReason'];
      this.#isEnded ||= isWhole(reason);
      const finish = isWhole(reason) ? finishOf(reason, before + calls.length > 0) : null;
      const said = { content: textOf(parts), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
      return { index, delta: { role: 'assistant', ...said }, finish_reason: finish };
    });
    return dataEvent({ ...head, object: 'chat.completion.chunk', choices });
  }
}
