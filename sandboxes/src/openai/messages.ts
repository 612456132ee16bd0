import { type JsonObject, isObject, ownProperty, ownList, ownObject, ownString } from './content/json.ts';
import { invalidParameter } from './errors.ts';
import { type Picture, pictureOf } from './pictures.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** A call that an assistant's message asks for. */
export interface AskedCall {
  readonly id: string;
  readonly name: string;
  /** JSON in a text, as the caller sent it. */
  readonly arguments: string;
}

export interface Message {
  readonly role: (typeof ROLES)[number];
  /** The text of all its parts. */
  readonly text: string;
  /** Parts that are no text: audio, files. */
  readonly attachments: number;
  readonly pictures: readonly Picture[];
  readonly calls: readonly AskedCall[];
  /** The JSON of its calls, which counts as prompt. */
  readonly callsText: string;
  /** For a tool's message, the call it answers. */
  readonly answers: string | undefined;
}

/** Reads the conversation as OpenAI does: each call of the assistant is answered by a tool, and nothing else is. */
export function parseMessages(value: unknown): Message[] {
  if (value === undefined || value === null) {
    throw invalidParameter(
      'messages',
      "Missing required parameter: 'messages'.",
      'missing_required_parameter',
    );
  }
  if (!Array.isArray(value)) {
    throw invalidParameter(
      'messages',
      "Invalid type for 'messages': expected an array of objects.",
      'invalid_type',
    );
  }
  if (value.length === 0) {
    throw invalidParameter(
      'messages',
      "Invalid 'messages': empty array. Expected an array with minimum length 1.",
      'empty_array',
    );
  }
  const messages = value.map(parseMessage);
  checkCalls(messages);
  return messages;
}

function parseMessage(value: unknown, position: number): Message {
  const param = `messages[${position}]`;
  if (!isObject(value))
    throw invalidParameter(param, `Invalid type for '${param}': expected an object.`, 'invalid_type');
  const role = ROLES.find((name) => name === ownProperty(value, 'role'));
  if (role === undefined) {
    const message = `Invalid value for '${param}.role'. Supported values are: ${ROLES.map((name) => `'${name}'`).join(', ')}.`;
    throw invalidParameter(`${param}.role`, message, 'invalid_value');
  }
  const asked = ownList(value, 'tool_calls') ?? [];
  return {
    role,
    ...parseContent(value, { param, mayBeEmpty: role === 'assistant' }),
    calls: asked.filter(isObject).map((call) => ({
      id: ownString(call, 'id') ?? '',
      name: ownString(ownObject(call, 'function') ?? {}, 'name') ?? '',
      arguments: ownString(ownObject(call, 'function') ?? {}, 'arguments') ?? '',
    })),
    callsText: asked.length === 0 ? '' : JSON.stringify(asked),
    answers: role === 'tool' ? ownString(value, 'tool_call_id') : undefined,
  };
}

type Content = Pick<Message, 'text' | 'attachments' | 'pictures'>;

function parseContent(
  message: JsonObject,
  rule: { readonly param: string; readonly mayBeEmpty: boolean },
): Content {
  const content = ownProperty(message, 'content');
  if (typeof content === 'string') return { text: content, attachments: 0, pictures: [] };
  if (Array.isArray(content)) return joinParts(content, `${rule.param}.content`);
  if (rule.mayBeEmpty && (content === undefined || content === null))
    return { text: '', attachments: 0, pictures: [] };
  const got = content === null ? 'null' : typeof content;
  const wanted = `expected one of a string or array of objects, but got ${got} instead.`;
  throw invalidParameter(
    `${rule.param}.content`,
    `Invalid type for '${rule.param}.content': ${wanted}`,
    'invalid_type',
  );
}

function joinParts(parts: readonly unknown[], param: string): Content {
  const texts: string[] = [];
  const pictures: Picture[] = [];
  for (const [position, part] of parts.entries()) {
    const type = isObject(part) ? ownString(part, 'type') : undefined;
    if (
      !isObject(part) ||
      type === undefined ||
      !/^(?:text|refusal|image_url|input_audio|file)$/.test(type)
    ) {
      const where = `${param}[${position}].type`;
      throw invalidParameter(where, `Invalid value for '${where}'.`, 'invalid_value');
    }
    const text = ownString(part, type);
    if (type === 'image_url') pictures.push(pictureOf(part));
    if ((type === 'text' || type === 'refusal') && text !== undefined) texts.push(text);
  }
  const attachments = parts.length - texts.length - pictures.length;
  return { text: texts.join('\n'), attachments, pictures };
}

function checkCalls(messages: readonly Message[]): void {
  let open = new Set<string>();
  for (const [position, message] of messages.entries()) {
    if (message.role === 'tool' && !open.delete(message.answers ?? '')) {
      const text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      throw invalidParameter(`messages.[${position}].role`, `Invalid parameter: ${text}`);
    }
    if (message.role === 'tool') continue;
    refuseOpenCalls(open);
    open = new Set(message.calls.map(({ id }) => id));
  }
  refuseOpenCalls(open);
}

function refuseOpenCalls(open: ReadonlySet<string>): void {
  if (open.size === 0) return;
  const ids = [...open].join(', ').slice(0, 200);
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`;
  throw invalidParameter('messages', text);
}
