import { isRecord } from './usage.ts';

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
