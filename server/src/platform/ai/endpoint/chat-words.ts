import { isRecord, jsonIn, jsonOf } from '#platform/kernel';

/** The words of a message or a piece of one: a text, or a list of its parts, as some servers answer. */
export function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content.filter(isRecord) : [];
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

/** The arguments of a call, or a piece of them, as text: some servers write the object itself. */
export const argumentsText = (said: unknown): string =>
  typeof said === 'string' ? said : ((isRecord(said) ? jsonOf(said) : undefined) ?? '');

/** The arguments of a call in a chat. A model may write what is no JSON, or too deep to be written again: its caller sees it as it came. */
export function callArguments(text: unknown): object {
  const said = typeof text === 'string' ? jsonIn(text) : text;
  if (isRecord(said) && jsonOf(said) !== undefined) return said;
  return text === '' ? {} : { arguments: text };
}
