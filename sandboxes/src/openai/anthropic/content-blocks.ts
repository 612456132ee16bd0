import { TOKENS_PER_ATTACHMENT } from '../completion.ts';
import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import type { Message } from '../messages.ts';
import { pictureOfSource } from '../pictures.ts';
import { countTokens } from '../tokens.ts';
import type { PromptBlock } from './prompt-cache.ts';
import { invalidField } from './protocol.ts';
import { signThought } from './thinking.ts';

/** A conversation as the rest of the sandbox reads it, and its blocks in the order in which they are cached. */
export interface Prompt {
  readonly messages: readonly Message[];
  readonly blocks: readonly PromptBlock[];
}

type Content = Pick<Message, 'text' | 'attachments' | 'pictures'>;
const EMPTY: Content = { text: '', attachments: 0, pictures: [] };
const PLAIN = { calls: [], callsText: '', answers: undefined } as const;

/** Reads `system` and `messages` as Anthropic does: each tool_use is answered in the next message, and nothing else is. */
export function parsePrompt(body: JsonObject): Prompt {
  const system = blocksIn(ownProperty(body, 'system') ?? '', 'system', { mayBeEmpty: true });
  const list = ownList(body, 'messages');
  if (list === undefined) throw invalidField('messages', 'Field required');
  if (list.length === 0) throw invalidField('messages', 'at least one message is required');
  const blocks = system.map((block) => promptBlock(block, 'system'));
  const messages: Message[] = system.length === 0 ? [] : [{ role: 'system', ...PLAIN, ...joined(system) }];
  let open: readonly string[] = [];
  for (const [index, value] of list.entries()) {
    const path = `messages.${index}`;
    const { role, content } = parseMessage(value, path);
    const isLast = index === list.length - 1;
    const parts = blocksIn(content, `${path}.content`, { mayBeEmpty: role === 'assistant' && isLast });
    for (const [at, part] of parts.entries()) checkBlock(part, { role, path: `${path}.content.${at}` });
    checkResults(parts, { open, path });
    open = parts.flatMap((part) => (part['type'] === 'tool_use' ? [ownString(part, 'id') ?? ''] : []));
    blocks.push(...parts.map((part) => promptBlock(part, role)));
    messages.push(...messagesOf(role, parts));
  }
  if (open.length > 0) throw unanswered(`messages.${list.length - 1}`, open);
  return { messages, blocks };
}

type Role = 'user' | 'assistant' | 'system';

function parseMessage(value: unknown, path: string): { readonly role: Role; readonly content: unknown } {
  if (!isObject(value)) throw invalidField(path, 'Input should be an object');
  const role = ownProperty(value, 'role');
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw invalidField(`${path}.role`, "Input should be 'user' or 'assistant'");
  return { role, content: ownProperty(value, 'content') };
}

/** A text is one block. */
function blocksIn(
  content: unknown,
  path: string,
  { mayBeEmpty }: { readonly mayBeEmpty: boolean },
): readonly JsonObject[] {
  if (typeof content === 'string' && (content !== '' || mayBeEmpty))
    return content === '' ? [] : [{ type: 'text', text: content }];
  if (content === undefined) throw invalidField(path, 'Field required');
  if (Array.isArray(content) && content.every(isObject) && (content.length > 0 || mayBeEmpty)) return content;
  throw invalidField(path, 'Input should be a valid string or a list of content blocks, and not empty');
}

const KNOWN: Readonly<Record<Role, readonly string[]>> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'thinking', 'redacted_thinking', 'tool_use'],
  system: ['text'],
};

function checkBlock(block: JsonObject, { role, path }: { readonly role: Role; readonly path: string }): void {
  const type = ownString(block, 'type') ?? '';
  if (!KNOWN[role].includes(type))
    throw invalidField(`${path}.type`, `The sandbox knows ${KNOWN[role].join(', ')} in a message of ${role}`);
  if (type === 'text' && (ownString(block, 'text') ?? '') === '')
    throw invalidField(path, 'text content blocks must be non-empty');
  if (
    type === 'thinking' &&
    ownString(block, 'signature') !== signThought(ownString(block, 'thinking') ?? '')
  )
    throw invalidField(path, 'Invalid `signature` in `thinking` block');
  if (type === 'tool_use' && ownObject(block, 'input') === undefined)
    throw invalidField(`${path}.tool_use.input`, 'Input should be an object');
}

function checkResults(
  parts: readonly JsonObject[],
  { open, path }: { readonly open: readonly string[]; readonly path: string },
): void {
  const answered = parts.flatMap((part) => (part['type'] === 'tool_result' ? [part['tool_use_id']] : []));
  const stray = answered.find((id) => !open.some((one) => one === id));
  if (stray !== undefined) throw invalidField(path, 'unexpected `tool_use_id` found in `tool_result` blocks');
  const left = open.filter((id) => !answered.includes(id));
  if (left.length > 0) throw unanswered(path, left);
}

function unanswered(path: string, ids: readonly string[]): Error {
  return invalidField(
    path,
    `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ').slice(0, 200)}`,
  );
}

/** The results of tools stand before the person's own words. */
function messagesOf(role: Role, parts: readonly JsonObject[]): Message[] {
  const results = parts.filter((part) => part['type'] === 'tool_result');
  const others = parts.filter((part) => part['type'] !== 'tool_result');
  const calls = parts.filter((part) => part['type'] === 'tool_use');
  const answers = results.map(
    (part): Message => ({
      role: 'tool',
      ...PLAIN,
      ...contentOf(part),
      answers: ownString(part, 'tool_use_id'),
    }),
  );
  if (others.length === 0) return answers;
  const own: Message = {
    role,
    ...joined(others),
    answers: undefined,
    calls: calls.map((call) => ({
      id: ownString(call, 'id') ?? '',
      name: ownString(call, 'name') ?? '',
      arguments: JSON.stringify(call['input']),
    })),
    callsText: calls.length === 0 ? '' : JSON.stringify(calls),
  };
  return [...answers, own];
}

function joined(blocks: readonly JsonObject[]): Content {
  const contents = blocks.map(contentOf);
  return {
    text: contents.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n'),
    attachments: contents.reduce((sum, { attachments }) => sum + attachments, 0),
    pictures: contents.flatMap(({ pictures }) => pictures),
  };
}

/** A document counts as its text, or as an attachment where it is a PDF. */
function contentOf(block: JsonObject): Content {
  const source = ownObject(block, 'source') ?? {};
  const plain = ownProperty(source, 'type') === 'text' ? ownString(source, 'data') : undefined;
  switch (block['type']) {
    case 'text':
      return { ...EMPTY, text: ownString(block, 'text') ?? '' };
    case 'thinking':
      return { ...EMPTY, text: ownString(block, 'thinking') ?? '' };
    case 'image':
      return { ...EMPTY, pictures: [pictureOfSource(source)] };
    case 'document':
      return plain === undefined ? { ...EMPTY, attachments: 1 } : { ...EMPTY, text: plain };
    case 'tool_result':
      return joined(
        blocksIn(ownProperty(block, 'content') ?? '', 'tool_result.content', { mayBeEmpty: true }),
      );
    default:
      return EMPTY;
  }
}

const tokensOf = ({ text, attachments, pictures }: Content): number =>
  pictures.reduce(
    (sum, { tokens = 0 }) => sum + tokens,
    countTokens(text) + attachments * TOKENS_PER_ATTACHMENT,
  );

/** A block with its role, for the cache: what it says, without the mark itself. */
export function promptBlock({ cache_control: mark, ...block }: JsonObject, role: string): PromptBlock {
  const ttl = isObject(mark) ? ownProperty(mark, 'ttl') : undefined;
  const text = JSON.stringify(block);
  const isCode = role === 'tool' || block['type'] === 'tool_use';
  return {
    text: `${role} ${text}`,
    tokens: isCode ? countTokens(text) : tokensOf(contentOf(block)),
    keep: isObject(mark) ? (ttl === '1h' ? '1h' : '5m') : null,
  };
}
