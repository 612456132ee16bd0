import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { ApiError } from '../errors.ts';
import type { Message } from '../messages.ts';
import { pictureOfInlineData } from '../pictures.ts';
import { signThought } from '../anthropic/thinking.ts';
import { invalidField } from './protocol.ts';

const PLAIN = { calls: [], callsText: '', answers: undefined } as const;

/** Calls that wait for a result: clients may leave out their ids. */
type OpenCalls = { readonly id: string; readonly name: string }[];

/** Reads `systemInstruction` and `contents` as Google does: each call is answered in the next content. */
export function parseContents(body: JsonObject, how: { readonly isSigned: boolean }): Message[] {
  const system = ownObject(body, 'systemInstruction');
  const messages: Message[] =
    system === undefined
      ? []
      : [{ role: 'system', ...PLAIN, ...contentOf(partsOf(system, 'system_instruction')) }];
  const contents = ownList(body, 'contents') ?? [];
  if (contents.length === 0) throw invalidField('contents', 'contents is not specified');
  let open: OpenCalls = [];
  for (const [index, content] of contents.entries()) {
    const path = `contents[${index}]`;
    if (!isObject(content)) throw invalidField(path, 'must be an object');
    const role = ownString(content, 'role') ?? 'user';
    if (role !== 'user' && role !== 'model')
      throw new ApiError(400, { message: 'Please use a valid role: user, model.' });
    const parts = partsOf(content, `${path}.parts`);
    messages.push(...(role === 'model' ? [assistant(parts, how)] : user(parts, open)));
    open = messages.at(-1)?.calls.map(({ id, name }) => ({ id, name })) ?? [];
  }
  return messages;
}

const KNOWN = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'functionCall',
  'functionResponse',
  'inlineData',
]);

function partsOf(content: JsonObject, path: string): readonly JsonObject[] {
  const parts = ownList(content, 'parts') ?? [];
  if (parts.length === 0) throw invalidField(path, 'must have one initialized field');
  return parts.map((part, at) => {
    const unknown = isObject(part) ? Object.keys(part).find((name) => !KNOWN.has(name)) : '';
    if (!isObject(part) || unknown !== undefined)
      throw invalidField(`${path}[${at}].${unknown ?? ''}`, 'The sandbox does not know this part.');
    return part;
  });
}

type Content = Pick<Message, 'text' | 'attachments' | 'pictures'>;

function contentOf(parts: readonly JsonObject[]): Content {
  const files = parts.flatMap((part) => listOf(ownObject(part, 'inlineData')));
  const [pictures, others] = [files.filter(isPicture), files.filter((file) => !isPicture(file))];
  return {
    text: parts.flatMap((part) => ownString(part, 'text') ?? []).join('\n'),
    attachments: others.length,
    pictures: pictures.map((file) => pictureOfInlineData(ownString(file, 'data') ?? '')),
  };
}

const listOf = (one: JsonObject | undefined): JsonObject[] => (one === undefined ? [] : [one]);

const isPicture = (file: JsonObject): boolean => ownString(file, 'mimeType')?.startsWith('image/') === true;

/** Signs a part, or its call: one that comes back changed is refused. */
export const signPart = (call: JsonObject | undefined): string =>
  signThought(
    call === undefined ? '' : `${ownString(call, 'name')} ${JSON.stringify(ownObject(call, 'args'))}`,
  );

/** Said of a call whose thought another model had. */
const UNKNOWN = 'skip_thought_signature_validator';

function assistant(parts: readonly JsonObject[], { isSigned }: { readonly isSigned: boolean }): Message {
  const called = parts.filter((part) => ownObject(part, 'functionCall') !== undefined);
  for (const part of parts) {
    const signature = ownString(part, 'thoughtSignature');
    const call = ownObject(part, 'functionCall');
    if (signature !== undefined && signature !== UNKNOWN && signature !== signPart(call))
      throw new ApiError(400, { message: 'Thought signature is not valid' });
    if (signature === undefined && isSigned && part === called[0])
      throw new ApiError(400, {
        message: 'Function call is missing a thought_signature in functionCall parts.',
      });
  }
  const calls = called.map((part, at) => {
    const call = ownObject(part, 'functionCall') ?? {};
    return {
      id: ownString(call, 'id') ?? `call_${at}`,
      name: ownString(call, 'name') ?? '',
      arguments: JSON.stringify(ownObject(call, 'args') ?? {}),
    };
  });
  const callsText = called.length === 0 ? '' : JSON.stringify(called);
  return { role: 'assistant', ...contentOf(parts), calls, callsText, answers: undefined };
}

/** Results of functions stand before the person's own words; there are as many as calls. */
function user(parts: readonly JsonObject[], open: OpenCalls): Message[] {
  const results = parts.flatMap((part) => listOf(ownObject(part, 'functionResponse')));
  const others = parts.filter((part) => ownObject(part, 'functionResponse') === undefined);
  if (results.length !== open.length) {
    const message =
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    throw new ApiError(400, { message });
  }
  const waiting = [...open];
  const answers = results.map((result): Message => {
    const [id, name] = [ownString(result, 'id'), ownString(result, 'name')];
    const at = waiting.findIndex((call) => (id === undefined ? call.name === name : call.id === id));
    const [call] = at === -1 ? [] : waiting.splice(at, 1);
    const text = JSON.stringify(ownProperty(result, 'response') ?? {});
    return { role: 'tool', ...PLAIN, text, attachments: 0, pictures: [], answers: call?.id };
  });
  return [
    ...answers,
    ...(others.length === 0 ? [] : [{ role: 'user' as const, ...PLAIN, ...contentOf(others) }]),
  ];
}
