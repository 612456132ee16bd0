import { isRecord } from '#platform/kernel';
import {
  bareErrorIn,
  errorIn,
  FAILURES,
  figuresIn,
  type Figures,
  idOf,
  isSpentAnswer,
  readObject,
  showsSomething,
} from '../metering/usage.ts';
import { namesOf } from './look.ts';
import type { Dialect } from './dialect.ts';
import { addText, numberOf } from './words.ts';
import { dataEvent } from './named-event.ts';

/** OpenAI's chat completions, in the dialects of all who speak them. */
export const CHAT: Dialect = {
  name: 'chat',
  path: () => '/chat/completions',
  writes: true,
  ours: new Set([
    'model',
    'max_tokens',
    'max_completion_tokens',
    'safety_identifier',
    'store',
    'stream',
    'stream_options',
    'metadata',
  ]),
  caps: ['max_completion_tokens', 'max_tokens'],
  added: (takes) => ({
    cap: takes.cap,
    temperature: takes.temperature,
    identifier: takes.safety_identifier ? (hash) => ['safety_identifier', `"${hash}"`] : undefined,
    store: takes.store,
    streamUsage: takes.stream_options,
  }),
  readAnswer: readObject,
  readEvent(event) {
    const { choices } = event;
    const isAlone = choices === undefined || (Array.isArray(choices) && choices.length === 0);
    return {
      id: idOf(event['id']),
      tier: typeof event['service_tier'] === 'string' ? event['service_tier'] : undefined,
      error: errorIn(event) ?? bareErrorIn(event),
      figures: figuresIn(event),
      isUsageAlone: isAlone && isRecord(event['usage']),
      isSpent: isSpentAnswer(choices),
    };
  },
  figures: (usage) => usage,
  names: namesOf(
    {
      content: 'words',
      refusal: 'words',
      arguments: 'words',
      reasoning_content: 'thoughts',
      reasoning: 'other_thoughts',
      text: 'parts',
      finish_reason: 'finish',
      usage: 'usage',
      error: 'error',
      base_resp: 'status',
      object: 'kind',
      type: 'kind',
      detail: 'error',
    },
    // `error` is a kind of event too.
    { telling: FAILURES },
  ),
  showsSomething,
  addWords(words, { choices }) {
    if (!Array.isArray(choices)) return;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      const delta = choice['delta'] ?? choice['message'];
      const thoughts =
        isRecord(delta) && delta['reasoning_content'] === undefined ? delta['reasoning'] : undefined;
      addText(words, `${numberOf(choice, 0)} thoughts`, thoughts);
      addText(words, `${numberOf(choice, 0)}`, delta);
    }
  },
  shownIn: ({ choices }) =>
    Array.isArray(choices)
      ? choices.map((choice: unknown) => (isRecord(choice) ? choice['message'] : choice))
      : undefined,
  asStream,
  // Clients may wait for it.
  end: Buffer.from('data: [DONE]\n\n'),
};

/** One event of all words, the event of usage, and [DONE]. */
function asStream(answer: Figures): Buffer {
  const { choices, usage, ...common } = answer;
  const frame = { ...common, object: 'chat.completion.chunk' };
  const events = [{ ...frame, choices: Array.isArray(choices) ? choices.map(asDelta) : [] }];
  const all = [...events, ...(isRecord(usage) ? [{ ...frame, choices: [], usage }] : [])];
  return Buffer.from(`${all.map(dataEvent).join('')}data: [DONE]\n\n`);
}

function asDelta(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const { message, ...rest } = choice;
  if (!isRecord(message)) return choice;
  const calls = message['tool_calls'];
  const numbered = Array.isArray(calls)
    ? { tool_calls: calls.map((call: unknown, index) => (isRecord(call) ? { index, ...call } : call)) }
    : {};
  return { ...rest, delta: { ...message, ...numbered } };
}
