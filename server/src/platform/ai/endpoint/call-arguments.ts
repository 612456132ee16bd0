import { isRecord, jsonIn, jsonOf } from '#platform/kernel';

/** The arguments of a call in a chat. A model may write what is no JSON, or too deep to be written again: its caller sees it as it came. */
export function callArguments(text: unknown): object {
  const said = typeof text === 'string' ? jsonIn(text) : text;
  if (isRecord(said) && jsonOf(said) !== undefined) return said;
  return text === '' ? {} : { arguments: text };
}
