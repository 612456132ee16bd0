import { isRecord } from '#platform/kernel';
import {
  type AnswerReading,
  errorIn,
  figuresIn,
  type Figures,
  idOf,
  NO_ANSWER,
  plausibleUsage,
  readInput,
  readUsage,
} from '../metering/usage.ts';
import { CHAT } from './chat.ts';
import type { Dialect, EventReading } from './dialect.ts';
import { namesOf } from './look.ts';
import { streamOf } from './response-events.ts';
import { addText } from './words.ts';

/** OpenAI's Responses. */
export const RESPONSES: Dialect = {
  name: 'responses',
  path: () => '/responses',
  writes: true,
  ours: new Set([
    'model',
    'max_output_tokens',
    'safety_identifier',
    'store',
    'stream',
    'metadata',
    'client_metadata',
  ]),
  caps: ['max_output_tokens'],
  added: (takes) => ({
    cap: 'max_output_tokens',
    temperature: takes.temperature,
    identifier: CHAT.added(takes).identifier,
    // Without it a vendor keeps the answer.
    store: true,
    streamUsage: false,
  }),
  readAnswer,
  readEvent,
  figures,
  // Its response repeats the request, in which any name may stand: its end is known once it is parsed.
  names: namesOf(
    { type: 'kind', delta: 'words', usage: 'usage', error: 'error' },
    { telling: ['response.completed', 'response.incomplete', 'response.failed', 'error'] },
  ),
  showsSomething({ type, delta, item, response }, orCut) {
    if (typeof type !== 'string') return false;
    if (type.endsWith('.delta')) return typeof delta === 'string' && delta !== '';
    if (type === 'response.output_item.done') return saysSomething(item);
    if (type === 'response.incomplete') return orCut || hasWords(response);
    return type === 'response.completed';
  },
  addWords(words, { type, delta, output_index: index }) {
    if (typeof type === 'string' && type.endsWith('.delta'))
      addText(words, `${type} ${String(index)}`, delta);
  },
  shownIn: ({ output }) =>
    Array.isArray(output)
      ? output.filter(isRecord).map(({ content, summary, name, arguments: given, input }) => ({
          content,
          summary,
          name,
          given,
          input,
        }))
      : undefined,
  asStream: streamOf,
  end: Buffer.alloc(0),
};

function readAnswer(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  const { output } = answer;
  const usage = figuresOf(answer);
  return {
    // One that a filter or the cap has ended may be empty.
    usable: Array.isArray(output) && (output.length > 0 || answer['status'] === 'incomplete'),
    usage: plausibleUsage(readUsage(usage), hasWords(answer)),
    input: readInput(usage),
    id: idOf(answer['id']),
    tier: tierOf(answer),
    error: failureOf(answer),
    isSpent: isSpent(answer),
  };
}

function readEvent(event: Figures): EventReading {
  const { type } = event;
  const response = isRecord(event['response']) ? event['response'] : undefined;
  const isLast = type === 'response.completed' || type === 'response.incomplete';
  return {
    id: idOf(response?.['id']),
    // It begins as the tier that was asked.
    tier: isLast && response !== undefined ? tierOf(response) : undefined,
    error: errorOf(event, response),
    figures: response === undefined ? undefined : figuresOf(response),
    isUsageAlone: false,
    isSpent: response !== undefined && isSpent(response),
    isLast,
  };
}

function errorOf(event: Figures, response: Figures | undefined): Figures | undefined {
  const { type, code, message, param } = event;
  // `type` is the event's own.
  if (type === 'error') return errorIn(event) ?? { code, message, param };
  return errorIn(event) ?? (response === undefined ? undefined : failureOf(response));
}

function failureOf(response: Figures): Figures | undefined {
  const isFailed = response['status'] === 'failed' || response['status'] === 'cancelled';
  return errorIn(response) ?? (isFailed ? { code: 'server_error' } : undefined);
}

function tierOf({ service_tier: tier }: Figures): string | undefined {
  return typeof tier === 'string' ? tier : undefined;
}

function figuresOf({ usage }: Figures): Figures | undefined {
  return isRecord(usage) ? figuresIn({ usage: figures(usage) }) : undefined;
}

/** Its input holds what was cached and what was written, as chat completions have it. */
function figures(usage: Figures): Figures {
  return {
    prompt_tokens: usage['input_tokens'],
    prompt_tokens_details: usage['input_tokens_details'],
    completion_tokens: usage['output_tokens'],
    completion_tokens_details: usage['output_tokens_details'],
    total_tokens: usage['total_tokens'],
  };
}

/** Cut before a word of its answer. */
function isSpent(response: Figures): boolean {
  const { incomplete_details: details } = response;
  return isRecord(details) && details['reason'] === 'max_output_tokens' && !hasWords(response);
}

function hasWords(response: unknown): boolean {
  const output = isRecord(response) ? response['output'] : undefined;
  return Array.isArray(output) && output.some(saysSomething);
}

/** A message or a call; reasoning is none. */
function saysSomething(item: unknown): boolean {
  return isRecord(item) && item['type'] !== 'reasoning';
}
