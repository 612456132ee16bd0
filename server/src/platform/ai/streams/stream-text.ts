import { isRecord, jsonIn } from '#platform/kernel';
import { StringDecoder } from 'node:string_decoder';
import { eventsIn } from './events.ts';
import { errorIn } from '../metering/usage.ts';

const LAST_BORDER = /^[^]*\n\r?\n/;

/** The words of a streamed chat answer: `delta.content` of its first choice, event after event. */
export class StreamText {
  /** An event was an error, or no JSON: words are missing, and what follows is not the answer that was meant. */
  isBroken = false;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #received = 0;

  /**
   * Takes bytes, cut anywhere, and answers the words of the events that they complete. Of a stream that has lost a part only its first
   * `wholeBytes` are taken: what goes on after a hole is another answer.
   */
  push(chunk: Buffer, wholeBytes = Number.POSITIVE_INFINITY): string {
    const whole = chunk.subarray(0, Math.max(0, wholeBytes - this.#received));
    this.#received += chunk.length;
    const text = this.#rest + this.#decoder.write(whole);
    const border = LAST_BORDER.exec(text)?.[0].length ?? 0;
    this.#rest = text.slice(border);
    let words = '';
    for (const event of eventsIn(text.slice(0, border))) words += this.#wordsOf(event);
    return words;
  }

  #wordsOf(event: string): string {
    if (this.isBroken || event === '[DONE]') return '';
    const answer = jsonIn(event);
    if (!isRecord(answer) || errorIn(answer) !== undefined) {
      this.isBroken = true;
      return '';
    }
    const choices = Array.isArray(answer['choices']) ? answer['choices'] : [];
    const delta: unknown = isRecord(choices[0]) ? choices[0]['delta'] : undefined;
    const content = isRecord(delta) ? delta['content'] : undefined;
    return typeof content === 'string' ? content : '';
  }
}
