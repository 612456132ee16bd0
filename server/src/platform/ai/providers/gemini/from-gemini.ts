import { isRecord } from '#platform/kernel';
import { candidatesOf, GEMINI, partsOf } from '../../dialects/gemini.ts';
import { dataEvent } from '../../dialects/named-event.ts';
import type { StreamTranslation } from '../../endpoint/door.ts';
import { DONE, frameOf } from '../blocks.ts';
import { JsonEvents } from '../json-events.ts';
import type { Fields, TranslationContext } from '../translation.ts';

type Context = Pick<TranslationContext, 'model' | 'now'>;

const FILTERED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|IMAGE_\w+)$/;

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
  const usage = figures === undefined ? {} : { usage: figures };
  return { head: { ...frameOf(id, context), ...service }, usage, error };
}

const indexOf = ({ index }: Fields, nth: number): number => (typeof index === 'number' ? index : nth);

/** An answer as a chat completion. */
export function toCompletion(answer: Fields, context: Context): object {
  const { head, usage } = readHead(answer, context);
  const choices = repliesOf(answer).map((candidate, nth) => {
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
  return { ...head, object: 'chat.completion', choices, ...usage };
}

/** A stream of Google's events as one of chat completions. */
export class GeminiChatStream implements StreamTranslation {
  readonly #context: Context;
  readonly #events = new JsonEvents();
  #head: Fields = {};
  #usage: object = {};
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
    const usage = dataEvent({ ...this.#head, object: 'chat.completion.chunk', choices: [], ...this.#usage });
    return Buffer.concat([rest, Buffer.from(usage + DONE)]);
  }

  #told(events: readonly Fields[]): Buffer {
    return Buffer.from(events.map((event) => this.#take(event)).join(''));
  }

  #take(answer: Fields): string {
    const { head, usage, error } = readHead(answer, this.#context);
    if (error !== undefined) return dataEvent({ error });
    this.#head = head;
    this.#usage = { ...this.#usage, ...usage };
    const choices = repliesOf(answer).map((candidate, nth) => {
      const index = indexOf(candidate, nth);
      const before = this.#calls.get(index) ?? 0;
      const parts = saidIn(candidate);
      const calls = callsOf(parts, head.id, before);
      this.#calls.set(index, before + calls.length);
      const reason = candidate['finishReason'];
      this.#isEnded ||= typeof reason === 'string';
      const finish = typeof reason === 'string' ? finishOf(reason, before + calls.length > 0) : null;
      const said = { content: textOf(parts), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
      return { index, delta: { role: 'assistant', ...said }, finish_reason: finish };
    });
    return dataEvent({ ...head, object: 'chat.completion.chunk', choices });
  }
}
