import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { countBounded } from '#platform/texts';
import { type Counted, finely, textsOf } from './token-texts.ts';

/** A question to the worker: the members of a body, and how many milliseconds of its thread's time it may count. */
export interface Question {
  readonly id: number;
  readonly kept: string;
  readonly budget: number;
}

export interface Reply {
  readonly id: number;
  readonly counted: Counted;
}

/** Text that looks like a special token is the caller's text, and counts as such. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Milliseconds that this thread has worked: a machine that is busy elsewhere makes no count coarser. */
function workedMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function answer({ id, kept, budget }: Question): Reply {
  const { texts, frames } = textsOf(JSON.parse(`{${kept}}`));
  const last = workedMilliseconds() + budget;
  let o200k = frames;
  let fine = frames;
  for (const text of texts) {
    o200k += countBounded(
      text,
      (part) => countTokens(part, AS_TEXT),
      () => workedMilliseconds() > last,
    );
    fine += finely(text);
  }
  return { id, counted: { o200k, fine } };
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)));
