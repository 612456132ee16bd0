import { isRecord, jsonIn } from '#platform/kernel';
import { isSet, objectsIn, refuseLost } from '../endpoint/fields.ts';
import { type Fields, refuseLostMembers } from './translation.ts';

/** A thought with its signature, or one that is shown to its vendor alone. */
export type Thought = { readonly text: string; readonly signature: unknown } | { readonly data: unknown };

/** Writes what is said in a chat in the form of a vendor whose turns alternate. */
export interface TurnWriter {
  /** A text, a refusal or a picture, with its cache mark. */
  part(part: Fields): readonly object[];
  call(call: { readonly id: unknown; readonly name: unknown; readonly input: Fields }): object;
  result(id: unknown, parts: object[]): object[];
  thought(thought: Thought): object;
  /** Words of the system in the midst of a conversation have a turn of their own; else they would change their place, and are refused. */
  readonly hasSystemTurns?: true;
}

export interface Turns {
  readonly system: readonly object[];
  readonly messages: readonly { readonly role: string; readonly content: readonly object[] }[];
}

/** Turns alternate there: what one side says in several messages is one. */
export function turnsOf(messages: unknown, writer: TurnWriter): Turns {
  const system: object[] = [];
  const turns: { readonly role: string; readonly content: object[] }[] = [];
  for (const message of objectsIn(messages, 'messages')) {
    const { role } = message;
    const last = turns.at(-1);
    if (role === 'system' || role === 'developer') {
      const parts = partsOf(message, writer);
      if (last === undefined) system.push(...parts);
      else if (writer.hasSystemTurns) turns.push({ role: 'system', content: parts });
      else refuseLost('messages.role');
      continue;
    }
    const side = role === 'assistant' ? role : 'user';
    const content = contentOf(message, writer);
    if (last?.role === side) last.content.push(...content);
    else turns.push({ role: side, content });
  }
  return { system, messages: turns };
}

function contentOf(message: Fields, writer: TurnWriter): object[] {
  const { role, tool_call_id: id, tool_calls: calls } = message;
  if (role === 'tool') return writer.result(id, partsOf(message, writer));
  if (role !== 'user' && role !== 'assistant') return refuseLost('messages.role');
  refuseLostMembers(message);
  const called = isSet(calls) ? objectsIn(calls, 'messages.tool_calls') : [];
  return [
    ...thoughtsOf(message).map((thought) => writer.thought(thought)),
    ...partsOf(message, writer),
    ...called.map((call) => writer.call(callOf(call))),
  ];
}

function callOf({ id, function: call }: Fields) {
  const { name, arguments: text } = isRecord(call) ? call : {};
  const input = typeof text === 'string' && text !== '' ? jsonIn(text) : {};
  return isRecord(input) ? { id, name, input } : refuseLost('messages.tool_calls');
}

/** Thoughts go back with their signature; without one they are another vendor's, which are not told again in a chat. */
function thoughtsOf({ reasoning_content: text, reasoning_details: details }: Fields): Thought[] {
  const known = isSet(details) ? objectsIn(details, 'messages.reasoning_details') : [];
  const words = typeof text === 'string' ? text : '';
  const lengths = known.flatMap(({ signature, data, length }) =>
    isSet(signature) && !isSet(data) ? [Number(length)] : [],
  );
  // Texts of several are told as one, which their lengths divide.
  const isApart = lengths.length > 1;
  if (isApart && lengths.reduce((sum, length) => sum + length, 0) !== words.length)
    refuseLost('messages.reasoning_details');
  let from = 0;
  return known.flatMap(({ signature, data, length }): Thought[] => {
    if (isSet(data)) return [{ data }];
    if (!isSet(signature)) return [];
    const to = isApart ? from + Number(length) : words.length;
    const thought = { text: words.slice(from, to), signature };
    from = to;
    return [thought];
  });
}

/** A block without a letter is refused there. A refusal stands in a part, or beside the content. */
function partsOf({ content, refusal, cache_control: mark }: Fields, writer: TurnWriter): object[] {
  const beside = isSet(refusal) ? writer.part({ type: 'refusal', refusal }) : [];
  const parts =
    typeof content === 'string' ? [{ type: 'text', text: content, cache_control: mark }] : content;
  if (!isSet(parts)) return [...beside];
  const said = objectsIn(parts, 'messages.content').flatMap((part) =>
    part['text'] === '' ? [] : writer.part(part),
  );
  return [...said, ...beside];
}
