import { isRecord } from '#platform/kernel';
import {
  type AnswerReading,
  errorIn,
  type Figures,
  figuresIn,
  idOf,
  NO_ANSWER,
  plausibleUsage,
  readInput,
  readUsage,
} from '../metering/usage.ts';
import { asMessageStream, END } from './message-stream.ts';
import { namesOf } from './look.ts';
import type { Dialect } from './dialect.ts';
import { addText, numberOf } from './words.ts';

/** The version of the protocol in which providers are asked, whichever their caller knows: answers pass on as they come. */
const VERSION = '2023-06-01';

/** Anthropic's Messages (platform.claude.com/docs/en/api/messages). */
export const MESSAGES: Dialect = {
  name: 'messages',
  path: () => '/messages',
  writes: true,
  ours: new Set(['model', 'max_tokens', 'stream', 'metadata']),
  caps: ['max_tokens'],
  added: () => ({
    cap: 'max_tokens',
    // Beside a thought none is taken.
    temperature: false,
    identifier: (hash) => ['metadata', `{"user_id":"${hash}"}`],
    store: false,
    streamUsage: false,
  }),
  headers: (apiKey) => [...(apiKey === '' ? [] : ['x-api-key', apiKey]), 'anthropic-version', VERSION],
  readAnswer,
  readEvent(event) {
    const message = isRecord(event['message']) ? event['message'] : undefined;
    const delta = isRecord(event['delta']) ? event['delta'] : undefined;
    const usage = figuresIn(message ?? event);
    return {
      id: idOf(message?.['id']),
      tier: tierOf(usage),
      error: errorIn(event),
      // The first event counts an output that is still to come.
      figures: usage && figuresOf(message === undefined ? usage : { ...usage, output_tokens: undefined }),
      isUsageAlone: false,
      isSpent: delta?.['stop_reason'] === CUT,
    };
  },
  figures: figuresOf,
  names: namesOf(
    {
      type: 'kind',
      text: 'words',
      partial_json: 'words',
      thinking: 'thoughts',
      stop_reason: 'finish',
      usage: 'usage',
      error: 'error',
    },
    { last: ['message_stop'] },
  ),
  showsSomething({ type, delta, content_block: block }, orCut) {
    if (type === 'content_block_start')
      return isRecord(block) && (!EMPTY_AT_FIRST.has(block['type']) || wordsOf(block) !== '');
    if (!isRecord(delta)) return false;
    if (type === 'content_block_delta') return wordsOf(delta) !== '';
    const reason = delta['stop_reason'];
    return typeof reason === 'string' && (orCut || reason !== CUT);
  },
  addWords(words, event) {
    const said = event['delta'] ?? event['content_block'];
    if (isRecord(said)) addText(words, `${numberOf(event, 0)}`, wordsOf(said));
  },
  shownIn: ({ content }) => (Array.isArray(content) ? [{ content }] : undefined),
  asStream: asMessageStream,
  end: Buffer.from(END),
};

const CUT = 'max_tokens';
/** Blocks whose words come in deltas. */
const EMPTY_AT_FIRST = new Set<unknown>(['text', 'thinking']);

/** The words of a block, or of a delta of one; a signature is none. */
function wordsOf({ text, thinking, partial_json: json }: Figures): string {
  return [text, thinking, json].filter((words) => typeof words === 'string').join('');
}

/** An empty content is an answer too: a model may have nothing to add to a tool's result. */
function readAnswer(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  const { content, id, stop_reason: reason } = answer;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const usage = figuresIn(answer);
  const figures = usage && figuresOf(usage);
  return {
    usable: Array.isArray(content) && typeof reason === 'string',
    usage: plausibleUsage(readUsage(figures), blocks.length > 0),
    input: readInput(figures),
    id: idOf(id),
    tier: tierOf(usage),
    error: errorIn(answer),
    isSpent: reason === CUT && blocks.every((block) => isRecord(block) && THOUGHTS.has(block['type'])),
  };
}

const THOUGHTS = new Set<unknown>(['thinking', 'redacted_thinking']);

const tierOf = (usage: Figures | undefined): string | undefined =>
  typeof usage?.['service_tier'] === 'string' ? usage['service_tier'] : undefined;

/**
 * Its names are read beside those of chat completions, but for two that stand deeper: the tokens that were written to the cache for
 * an hour, and those of thoughts, which are a part of the output.
 */
function figuresOf(usage: Figures): Figures {
  const { cache_creation: written, output_tokens_details: output } = usage;
  return {
    ...usage,
    ...(isRecord(written) ? { cache_write_1h_tokens: written['ephemeral_1h_input_tokens'] } : {}),
    ...(isRecord(output) ? { output_tokens_details: { reasoning_tokens: output['thinking_tokens'] } } : {}),
  };
}
