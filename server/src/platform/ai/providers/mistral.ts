import { isRecord, jsonIn } from '#platform/kernel';
import { EventCutter } from '../streams/event-cutter.ts';
import { eventsIn } from '../streams/events.ts';
import type { Fields, UpstreamTranslation } from './translation.ts';

/**
 * Mistral's chat completions, where they differ from OpenAI's: the seed's name, a content that is a list once a model has thought
 * (docs.mistral.ai/capabilities/reasoning), and errors that are lists of fields.
 */
export const MISTRAL: UpstreamTranslation = {
  body({ seed, messages, ...chat }) {
    return {
      ...chat,
      messages: Array.isArray(messages) ? messages.map(withThought) : messages,
      ...(seed === undefined ? {} : { random_seed: seed }),
    };
  },
  request: (body, { upstream }) => ({
    path: `${upstream.path}/chat/completions${upstream.query}`,
    headers: upstream.authorization,
    body: JSON.stringify(body),
  }),
  answer(answer) {
    const said = jsonIn(answer.body.toString('utf8'));
    if (!isRecord(said)) return answer;
    const chat = answer.status === 200 ? toChat(said) : { error: errorIn(said) };
    return { ...answer, body: Buffer.from(JSON.stringify(chat)) };
  },
  stream() {
    const cutter = new EventCutter();
    return {
      push(chunk) {
        const events = cutter.push(chunk);
        if (cutter.isBroken) throw new Error('an event is too long');
        return translated(events);
      },
      end: () => translated(cutter.rest()),
    };
  },
};

/** A thought of an earlier turn goes back as it came. */
function withThought(message: unknown): unknown {
  if (!isRecord(message) || typeof message['reasoning_content'] !== 'string') return message;
  const { reasoning_content: text, content, ...rest } = message;
  const said = typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
  const thought = { type: 'thinking', thinking: [{ type: 'text', text }], closed: true };
  return { ...rest, content: [thought, ...said] };
}

const LIST = /"content": ?\[/;

/** Nearly all events are text, and pass on as they came. */
function translated(events: Buffer = Buffer.alloc(0)): Buffer {
  const text = events.toString('utf8');
  if (!LIST.test(text)) return events;
  const said = [...eventsIn(text)].map((event) => {
    const chunk = jsonIn(event);
    return `data: ${isRecord(chunk) ? JSON.stringify(toChat(chunk)) : event}\n\n`;
  });
  return Buffer.from(said.join(''));
}

function toChat(answer: Fields): Fields {
  const { choices } = answer;
  return Array.isArray(choices) ? { ...answer, choices: choices.map(toChoice) } : answer;
}

function toChoice(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const { message, delta } = choice;
  return {
    ...choice,
    ...(isRecord(message) ? { message: withoutList(message) } : {}),
    ...(isRecord(delta) ? { delta: withoutList(delta) } : {}),
  };
}

/** Chunks of other kinds have no place in a chat: a content that has one stays a list. */
function withoutList(message: Fields): Fields {
  const { content } = message;
  if (!Array.isArray(content) || !content.every((chunk) => isRecord(chunk) && KINDS.has(chunk['type'])))
    return message;
  const thought = content.flatMap(({ thinking }: Fields) => (Array.isArray(thinking) ? thinking : []));
  const reasoning = thought.length === 0 ? {} : { reasoning_content: textsOf(thought) };
  return { ...message, content: textsOf(content), ...reasoning };
}

const KINDS = new Set<unknown>(['text', 'thinking']);

const textsOf = (chunks: readonly unknown[]): string =>
  chunks.map((chunk) => (isRecord(chunk) && typeof chunk['text'] === 'string' ? chunk['text'] : '')).join('');

/** `message` is a text, or what `detail` is: a list of fields with what is wrong with them. */
function errorIn(said: Fields): Fields {
  const { message, detail = message } = said;
  const inner = typeof detail === 'string' ? jsonIn(detail) : detail;
  const list: unknown = isRecord(inner) ? inner['detail'] : inner;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (!isRecord(first))
    return isRecord(said['error']) ? said['error'] : { ...said, message: message ?? detail };
  const { loc, msg, type } = first;
  const param = Array.isArray(loc) ? loc.slice(1).join('.') : undefined;
  return { ...said, message: `${String(param)}: ${String(msg)}`, param, code: type };
}
