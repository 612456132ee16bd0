import { createReplyCheck, type TakeWords } from '#platform/ai';

/**
 * A reply that is looked at before anybody sees it, sentence by sentence: nothing of a sentence that is not fit to be shown is
 * ever handed on, nor anything after it. However the provider cuts its words, what is shown is the same.
 */
export class CheckedReply {
  /** What was found fit so far. */
  text = '';
  isFit = true;
  readonly #check = createReplyCheck({ hold: 'sentence' });
  readonly #take: TakeWords;
  /** What of a sentence came so far. */
  #open = '';

  constructor(take: TakeWords = () => {}) {
    this.#take = take;
  }

  /** Ids of the rules by which it is not fit. */
  get rules(): readonly string[] {
    return this.#check.rules;
  }

  push = async (words: string): Promise<void> => {
    this.#open += words;
    // Behind the last sentence's end; each is looked at by itself.
    const sentences = this.#open.split(/(?<=[.!?\n])/);
    this.#open = /[.!?\n]$/.test(this.#open) ? '' : (sentences.pop() ?? '');
    for (const sentence of sentences) await this.#look(sentence);
  };

  /** The end of the reply. */
  async end(): Promise<void> {
    await this.#look(this.#open);
    this.#open = '';
    const { show, fit } = this.#check.end();
    await this.#show(show, fit);
  }

  async #look(sentence: string): Promise<void> {
    const { show, fit } = this.#check.push(sentence);
    await this.#show(show, fit);
  }

  async #show(words: string, fit: boolean): Promise<void> {
    this.isFit &&= fit;
    if (!this.isFit || words === '') return;
    this.text += words;
    await this.#take(words);
  }
}
