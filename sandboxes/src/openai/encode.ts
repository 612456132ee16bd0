import type { Fault } from './faults.ts';
import { lazy } from './content/lazy.ts';
import type { Choice, Completion, Usage } from './completion.ts';
import { DONE, eventHead, plainHead } from './framing.ts';

/** A completion as text for the wire, once it has the id and time that each answer has of its own. */
export interface EncodedCompletion {
  readonly usage: Usage;
  readonly model: string;
  /** The plain answer with this id. */
  plain(id: string): string;
  events(id: string): Events;
}

/** The events of a stream: what it begins with, then one for each token, then the end. */
export interface Events {
  readonly open: readonly string[];
  readonly tokens: readonly string[];
  readonly close: readonly string[];
  /** An event that is no JSON. */
  readonly broken: string;
  /** How it ends where the model fails. */
  readonly failure: string;
  /** An event that says that the stream has failed. */
  error(fault: Extract<Fault, { kind: 'stream_error' }>): string;
}

export interface EncodeOptions {
  readonly includeUsage: boolean;
  readonly hideUsage: boolean;
  /** The model fails before the end, where the protocol has a shape for that. */
  readonly fails?: boolean;
  /** Moonshot puts the usage of a stream into its choice. */
  readonly usageIn?: 'choice' | 'unasked' | undefined;
}

/** Texts are made when first asked for and kept, so that a repeated request costs no encoding. */
export function encode(completion: Completion, options: EncodeOptions): EncodedCompletion {
  const plain = lazy(() => encodePlain(completion, options));
  const events = lazy(() => encodeEvents(completion, options));
  return {
    usage: completion.usage,
    model: completion.model,
    plain: (id) => plainHead(id) + plain(),
    events: (id) => {
      const head = eventHead(id);
      const { open, tokens, close } = events();
      const withHead = (texts: readonly string[]): string[] => texts.map((text) => head + text);
      return {
        open: withHead(open),
        tokens: withHead(tokens),
        close: [...withHead(close), DONE],
        broken: `${head}"object":"chat.completion.chunk","choices":[{"index":0,"delta":\n\n`,
        failure: `data: ${JSON.stringify(ERROR)}\n\n${DONE}`,
        error: ({ type = 'server_error', message = 'The engine was lost.' }) =>
          `data: ${JSON.stringify({ error: { message, type, param: null, code: null } })}\n\n`,
      };
    },
  };
}

/** As OpenRouter has it. */
const ERROR = {
  id: 'gen-sandbox',
  error: { message: 'The engine was lost.', type: 'server_error', param: null, code: 'engine_lost' },
  choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
};

function commonFields(completion: Completion): object {
  return { model: completion.model, service_tier: 'default', system_fingerprint: 'sandbox' };
}

function encodePlain(completion: Completion, options: EncodeOptions): string {
  const answer = {
    object: 'chat.completion',
    ...commonFields(completion),
    choices: completion.choices.map(plainChoice),
    ...(options.hideUsage ? {} : { usage: wireUsage(completion.usage) }),
  };
  return JSON.stringify(answer).slice(1);
}

function plainChoice({ tokens, call, finish }: Choice, index: number): object {
  const text = tokens.join('');
  const calls =
    call === null
      ? undefined
      : [{ id: call.id, type: 'function', function: { name: call.name, arguments: text } }];
  return {
    index,
    message: {
      role: 'assistant',
      content: call === null ? text : null,
      refusal: null,
      annotations: [],
      ...(calls === undefined ? {} : { tool_calls: calls }),
    },
    logprobs: null,
    finish_reason: finish,
  };
}

function wireUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function encodeEvents(
  completion: Completion,
  options: EncodeOptions,
): Pick<Events, 'open' | 'tokens' | 'close'> {
  const { choices } = completion;
  const inChoice = options.usageIn === 'choice';
  const reports = options.includeUsage && !options.hideUsage && !inChoice;
  const usage = inChoice && !options.hideUsage ? { usage: wireUsage(completion.usage) } : {};
  const fields = { object: 'chat.completion.chunk', ...commonFields(completion) };
  const event = (listed: readonly object[], figures: object | null = null): string =>
    `${JSON.stringify({ ...fields, choices: listed, ...(reports ? { usage: figures } : {}) }).slice(1)}\n\n`;
  const delta = (index: number, change: object, finish: string | null = null): string =>
    event([{ index, delta: change, logprobs: null, finish_reason: finish }]);
  const ends = choices.map(({ finish }, index) =>
    event([{ index, delta: {}, logprobs: null, finish_reason: finish, ...usage }]),
  );
  return {
    open: choices.map((choice, index) => delta(index, openingDelta(choice))),
    tokens: interleaveTokens(choices).map(({ index, token, isCall }) =>
      delta(index, tokenDelta(token, isCall)),
    ),
    close: reports ? [...ends, event([], wireUsage(completion.usage))] : ends,
  };
}

function openingDelta({ call }: Choice): object {
  if (call === null) return { role: 'assistant', content: '', refusal: null };
  const opened = { index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
  return { role: 'assistant', content: null, tool_calls: [opened], refusal: null };
}

function tokenDelta(token: string, isCall: boolean): object {
  return isCall ? { tool_calls: [{ index: 0, function: { arguments: token } }] } : { content: token };
}

/** The tokens of all choices in the order in which they are generated side by side. */
function interleaveTokens(choices: readonly Choice[]): { index: number; token: string; isCall: boolean }[] {
  const longest = Math.max(0, ...choices.map(({ tokens }) => tokens.length));
  return Array.from({ length: longest }, (_, step) =>
    choices.flatMap(({ tokens, call }, index) => {
      const token = tokens[step];
      return token === undefined ? [] : [{ index, token, isCall: call !== null }];
    }),
  ).flat();
}
