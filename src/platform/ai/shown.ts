import { stringBytes, valueAfter } from './events.ts';
import { isRecord } from './usage.ts';

/** Where the words of an answer stand, in the dialects that there are. */
const WORDS = ['"content"', '"refusal"', '"arguments"'].map((name) => Buffer.from(name));
/** A gateway may say the same thoughts under two names. */
const THOUGHTS = ['"reasoning_content"', '"reasoning"'].map((name) => Buffer.from(name));
/** In the parts of a content that is a list. */
const PARTS = Buffer.from('"text"');

/** The bytes of an event that are the model's words, found without parsing it. */
export function shownBytes(event: Buffer): number {
  let sum = 0;
  for (const name of WORDS) sum += bytesOf(event, name);
  sum += Math.max(...THOUGHTS.map((name) => bytesOf(event, name)));
  return sum > 0 ? sum : bytesOf(event, PARTS);
}

function bytesOf(event: Buffer, name: Buffer): number {
  let sum = 0;
  for (let at = valueAfter(event, name); at !== -1; at = valueAfter(event, name, at)) {
    const bytes = stringBytes(event, at);
    sum += bytes;
    at += bytes;
  }
  return sum;
}

/** Whether an event shows something of an answer, or its end: a role alone is nothing yet. */
export function showsSomething(answer: Readonly<Record<string, unknown>>): boolean {
  const { choices } = answer;
  return Array.isArray(choices) && choices.some((choice) => isRecord(choice) && hasWords(choice));
}

function hasWords(choice: Record<string, unknown>): boolean {
  if (typeof choice['finish_reason'] === 'string') return true;
  const delta = choice['delta'] ?? choice['message'] ?? choice;
  if (!isRecord(delta)) return false;
  return Object.entries(delta).some(([key, value]) => !FRAME.has(key) && isSomething(value));
}

/** What stands in each choice, whether it says something or not. */
const FRAME = new Set(['role', 'index', 'finish_reason', 'native_finish_reason', 'name', 'audio_content']);

function isSomething(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isRecord(value) && Object.keys(value).length > 0;
}
