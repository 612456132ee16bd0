import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { type Counted, countBounded, finely, textsOf } from './token-texts.ts';

/** What the worker is asked: the members of a body, and for how many milliseconds of its thread's own time it may count. */
export interface Question {
  readonly id: number;
  readonly kept: string;
  readonly budget: number;
}

export interface Reply {
  readonly id: number;
  readonly counted: Counted;
}

/** What looks like a special token is the caller's text, and counts as such. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Milliseconds that this thread has worked: a machine that is busy elsewhere makes no count coarser. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function answer({ id, kept, budget }: Question): Reply {
  const { texts, frames } = textsOf(JSON.parse(`{${kept}}`));
  const last = spent() + budget;
  let o200k = frames;
  let fine = frames;
  for (const text of texts) {
    o200k += countBounded(
      text,
      (part) => countTokens(part, AS_TEXT),
      () => spent() > last,
    );
    fine += finely(text);
  }
  return { id, counted: { o200k, fine } };
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)));
