import { isRecord } from './usage.ts';

/** Whether an event shows something of an answer, or its end: a role alone is nothing yet. */
export function showsSomething(answer: Readonly<Record<string, unknown>>): boolean {
  const { choices } = answer;
  return Array.isArray(choices) && choices.some((choice) => isEnd(choice) || saysSomething(choice));
}

/** Whether a choice says something: words, thoughts, a call of a tool. */
export function saysSomething(choice: unknown): boolean {
  if (!isRecord(choice)) return false;
  const delta = choice['delta'] ?? choice['message'] ?? choice;
  if (!isRecord(delta)) return false;
  return Object.entries(delta).some(([key, value]) => !FRAME.has(key) && isSomething(value));
}

function isEnd(choice: unknown): boolean {
  return isRecord(choice) && typeof choice['finish_reason'] === 'string';
}

/** What stands in each choice, whether it says something or not. */
const FRAME = new Set(['role', 'index', 'finish_reason', 'native_finish_reason', 'name', 'audio_content']);

function isSomething(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isRecord(value) && Object.keys(value).length > 0;
}
