import { type JsonObject, isObject, ownList, ownProperty, ownString } from '../content/json.ts';
import { ApiError, invalidParameter } from '../errors.ts';
import type { Message } from '../messages.ts';
import { type Picture, pictureOf } from '../pictures.ts';

/** How the sealed text of a reasoning item begins that the sandbox has made. */
export const SEALED = 'sandbox-sealed:';

const MESSAGE: Omit<Message, 'role' | 'text'> = {
  attachments: 0,
  pictures: [],
  calls: [],
  callsText: '',
  answers: undefined,
};
const ROLES = ['system', 'developer', 'user', 'assistant'] as const;
const PARTS = ['input_text', 'output_text', 'refusal', 'input_image', 'input_file'];

/** The conversation that a request's instructions and input make. */
export function parseInput(body: JsonObject): Message[] {
  const instructions = ownString(body, 'instructions');
  const opening: Message[] =
    instructions === undefined ? [] : [{ ...MESSAGE, role: 'system', text: instructions }];
  const input = ownProperty(body, 'input');
  if (typeof input === 'string') return [...opening, { ...MESSAGE, role: 'user', text: input }];
  if (!Array.isArray(input) || input.length === 0) {
    const message = "Missing required parameter: 'input'.";
    throw invalidParameter('input', message, 'missing_required_parameter');
  }
  const messages = input.flatMap(parseItem);
  checkOutputs(messages);
  return [...opening, ...messages];
}

function parseItem(item: unknown, position: number): Message[] {
  const param = `input[${position}]`;
  if (!isObject(item))
    throw invalidParameter(param, `Invalid type for '${param}': expected an object.`, 'invalid_type');
  const type = ownProperty(item, 'type') ?? 'message';
  if (type === 'message') return [parseMessage(item, param)];
  if (type === 'function_call') return [callMessage(item)];
  if (type === 'function_call_output') return [outputMessage(item, param)];
  if (type === 'reasoning') return checkReasoning(item, param);
  if (type === 'item_reference') throw itemNotFound(ownString(item, 'id') ?? '', param);
  const where = `${param}.type`;
  throw invalidParameter(
    where,
    `Invalid value for '${where}': the sandbox does not know it.`,
    'invalid_value',
  );
}

function parseMessage(item: JsonObject, param: string): Message {
  const role = ROLES.find((name) => name === ownProperty(item, 'role'));
  if (role === undefined) {
    const message = `Invalid value for '${param}.role'. Supported values are: ${ROLES.map((name) => `'${name}'`).join(', ')}.`;
    throw invalidParameter(`${param}.role`, message, 'invalid_value');
  }
  return { ...MESSAGE, role, ...parseContent(ownProperty(item, 'content'), `${param}.content`) };
}

function parseContent(content: unknown, param: string): Pick<Message, 'text' | 'attachments' | 'pictures'> {
  if (typeof content === 'string') return { text: content, attachments: 0, pictures: [] };
  if (!Array.isArray(content)) {
    const message = `Invalid type for '${param}': expected one of a string or array of objects.`;
    throw invalidParameter(param, message, 'invalid_type');
  }
  const texts: string[] = [];
  const pictures: Picture[] = [];
  for (const [position, part] of content.entries()) {
    const type = isObject(part) ? ownString(part, 'type') : undefined;
    if (!isObject(part) || type === undefined || !PARTS.includes(type)) {
      const where = `${param}[${position}].type`;
      throw invalidParameter(where, `Invalid value for '${where}'.`, 'invalid_value');
    }
    const file = ownString(part, 'file_id');
    if (file !== undefined) throw itemNotFound(file, `${param}[${position}]`);
    const text = ownString(part, type === 'refusal' ? 'refusal' : 'text');
    if (type === 'input_image') pictures.push(pictureIn(part));
    else if (type !== 'input_file' && text !== undefined) texts.push(text);
  }
  const attachments = content.length - texts.length - pictures.length;
  return { text: texts.join('\n'), attachments, pictures };
}

function pictureIn(part: JsonObject): Picture {
  const image = { url: ownProperty(part, 'image_url'), detail: ownProperty(part, 'detail') };
  return pictureOf({ image_url: image });
}

function callMessage(item: JsonObject): Message {
  const id = ownString(item, 'call_id') ?? '';
  const name = ownString(item, 'name') ?? '';
  const call = { id, name, arguments: ownString(item, 'arguments') ?? '' };
  const { id: _id, status: _status, ...said } = item;
  return { ...MESSAGE, role: 'assistant', text: '', calls: [call], callsText: JSON.stringify(said) };
}

function outputMessage(item: JsonObject, param: string): Message {
  const content = parseContent(ownProperty(item, 'output'), `${param}.output`);
  return { ...MESSAGE, role: 'tool', ...content, answers: ownString(item, 'call_id') ?? '' };
}

/** Earlier reasoning is sealed text of the vendor's own, which it does not count again; an id alone names what it has not kept. */
function checkReasoning(item: JsonObject, param: string): Message[] {
  const sealed = ownProperty(item, 'encrypted_content');
  const id = ownString(item, 'id') ?? '';
  if (ownList(item, 'summary') === undefined) {
    const where = `${param}.summary`;
    throw invalidParameter(where, `Missing required parameter: '${where}'.`, 'missing_required_parameter');
  }
  if (typeof sealed !== 'string') throw itemNotFound(id, param);
  if (sealed === SEALED + id) return [];
  const message = `The encrypted content for item ${id.slice(0, 100)} could not be verified.`;
  throw invalidParameter(param, message, 'invalid_encrypted_content');
}

function itemNotFound(id: string, param: string): ApiError {
  const message = `Item with id '${id.slice(0, 100)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  return new ApiError(404, { message, param });
}

/** Each call has an output after it, and each output a call before it. */
function checkOutputs(messages: readonly Message[]): void {
  const open = new Set<string>();
  for (const { calls, answers } of messages) {
    for (const { id } of calls) open.add(id);
    if (answers === undefined || open.delete(answers)) continue;
    const message = `No tool call found for function call output with call_id ${answers.slice(0, 100)}.`;
    throw invalidParameter('input', message);
  }
  const [first] = open;
  if (first === undefined) return;
  throw invalidParameter('input', `No tool output found for function call ${first.slice(0, 100)}.`);
}
