import { isRecord, jsonIn, jsonOf } from '#platform/kernel';

type Fields = Readonly<Record<string, unknown>>;

/** The words of a message or a piece of one: a text, or a list of its parts, as some servers answer. */
export function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content.filter(isRecord) : [];
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

/** The arguments of a call, or a piece of them, as text: some servers write the object itself. */
export const argumentsText = (said: unknown): string =>
  typeof said === 'string' ? said : ((isRecord(said) ? jsonOf(said) : undefined) ?? '');

/** The parts of what a user says: a text alone is none, as some servers take no lists. */
export function contentOf(parts: readonly object[]): unknown {
  const [only, ...more] = parts;
  return more.length === 0 && isRecord(only) && only['type'] === 'text' && isText(only['text'])
    ? only['text']
    : parts;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** The id of a call, by which its result is told: some servers give it none. */
export const callId = (id: unknown, answer: unknown, nth: number): string =>
  isText(id) ? id : `call_${isText(answer) ? `${answer}_` : ''}${nth}`;

/** The words of a choice of a stream: some servers say the whole message in one event. */
export function deltaOf({ delta, message }: Fields): Fields {
  return isRecord(delta) ? delta : isRecord(message) ? message : {};
}

interface OpenCall<C> {
  readonly call: C;
  readonly id: unknown;
  said: string;
}

/** The calls of a stream, which come in pieces. */
export class CallsInPieces<C> {
  readonly #byIndex = new Map<string, OpenCall<C>>();
  #last: OpenCall<C> | undefined;
  /** In the order in which they began. */
  readonly all: C[] = [];

  /** The call that a piece belongs to, which `begin` makes of the first one. */
  of({ index, id, function: called }: Fields, begin: () => C): C {
    const { name, arguments: said } = isRecord(called) ? called : {};
    const at = typeof index === 'number' || isText(index) ? String(index) : undefined;
    const before = at === undefined ? this.#last : this.#byIndex.get(at);
    const open = before === undefined || isAnother(before, { id, name }) ? this.#begin(id, begin()) : before;
    open.said += argumentsText(said);
    if (at !== undefined) this.#byIndex.set(at, open);
    this.#last = open;
    return open.call;
  }

  #begin(id: unknown, call: C): OpenCall<C> {
    this.all.push(call);
    return { call, id, said: '' };
  }
}

/** Some servers count no calls, or each as the first: a name with another id begins one, and so does a name after whole arguments. */
function isAnother({ id: known, said }: OpenCall<unknown>, { id, name }: Fields): boolean {
  if (!isText(name)) return false;
  return isText(id) && isText(known) ? id !== known : isRecord(jsonIn(said));
}

/** The arguments of a call in a chat. A model may write what is no JSON, or too deep to be written again: its caller sees it as it came. */
export function callArguments(text: unknown): object {
  const said = typeof text === 'string' ? jsonIn(text) : text;
  if (isRecord(said) && jsonOf(said) !== undefined) return said;
  return text === '' ? {} : { arguments: text };
}
