import { wordIn } from '../../dialects/words.ts';
import { isRecord } from '#platform/kernel';
import { callArguments, callId, wordsOf } from '../chat-words.ts';
import { type Figures, figuresIn, readInput, readUsage } from '../../metering/usage.ts';

/** The reasons for which an answer ends: OpenAI's, and Anthropic's for the same. */
const STOPS: Readonly<Record<string, string>> = {
  length: 'max_tokens',
  model_length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Some servers end an answer that calls a tool with a plain `stop`: a client calls it for `tool_use` alone. */
export const stopReason = (finish: unknown, isCalling: boolean): string =>
  wordIn(STOPS, finish) ?? (isCalling ? 'tool_use' : 'end_turn');

/** A chat completion as a message of Anthropic's protocol. */
export function toMessage(answer: Figures): object {
  const choices: readonly unknown[] = Array.isArray(answer['choices']) ? answer['choices'] : [];
  const choice = choices.find(isRecord) ?? {};
  const said = isRecord(choice['message']) ? choice['message'] : {};
  const calls = Array.isArray(said['tool_calls']) ? said['tool_calls'].filter(isRecord) : [];
  const texts = [said['content'], said['refusal']].map(wordsOf).filter((text) => text !== '');
  return {
    ...messageHead(answer),
    content: [
      ...texts.map((text) => ({ type: 'text', text })),
      ...calls.map((call, nth) => toToolUse(call, callId(call['id'], answer['id'], nth))),
    ],
    stop_reason: stopReason(choice['finish_reason'], calls.length > 0),
    usage: toUsage(figuresIn(answer)),
  };
}

/** The members of a message that are known from its first event on. */
export function messageHead({ id, model }: Figures) {
  return {
    id: typeof id === 'string' ? id : 'msg',
    type: 'message',
    role: 'assistant',
    model,
    content: [] as object[],
    stop_reason: null as string | null,
    stop_sequence: null,
  };
}

/** Anthropic's input leaves out what was read from a cache and what was written to one. */
export function toUsage(figures: Figures | undefined): object {
  const usage = readUsage(figures);
  const { promptTokens = 0, cachedTokens = 0, cacheWriteTokens = 0 } = readInput(figures) ?? {};
  return {
    input_tokens: promptTokens - cachedTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    output_tokens: usage?.completionTokens ?? 0,
  };
}

function toToolUse({ function: called }: Figures, id: string): object {
  const { name, arguments: text } = isRecord(called) ? called : {};
  return { type: 'tool_use', id, name, input: callArguments(text) };
}
