import { hash } from '../content/words.ts';
import type { Choice, Completion, Usage } from '../completion.ts';
import type { EncodeOptions } from '../encode.ts';
import { SEALED } from './items.ts';

/** The fields of a request that its answer repeats, and how its reasoning is shown. */
export interface Echo {
  readonly repeated: {
    readonly instructions: string | null;
    readonly max_output_tokens: number | null;
    readonly parallel_tool_calls: boolean;
    readonly reasoning: { readonly effort: string | null; readonly summary: string | null };
    readonly store: boolean;
    readonly temperature: number;
    readonly text: object;
    readonly tool_choice: unknown;
    readonly tools: readonly unknown[];
    readonly top_p: number;
  };
  /** Reasoning comes with sealed text, which a later request may send back. */
  readonly seals: boolean;
  /** The text that stands for the reasoning, where the request asks for one. */
  readonly summary: string | null;
}

export interface ResponseOptions extends EncodeOptions {
  readonly echo: Echo;
}

export const FAILURE = { code: 'server_error', message: 'The engine was lost.' } as const;

/** A response as it begins, without its id and time. */
export function openResponse(completion: Completion, { echo }: ResponseOptions) {
  return {
    object: 'response' as const,
    status: 'in_progress' as const,
    access_programs: null,
    background: false,
    error: null,
    incomplete_details: null,
    metadata: {},
    model: completion.model,
    output: [],
    previous_response_id: null,
    service_tier: 'default' as const,
    truncation: 'disabled' as const,
    ...echo.repeated,
  };
}

/** A response as it ends. */
export function closedResponse(completion: Completion, options: ResponseOptions) {
  const begun = openResponse(completion, options);
  if (options.fails === true) return { ...begun, status: 'failed' as const, error: FAILURE };
  const usage = options.hideUsage ? {} : { usage: wireUsage(completion.usage) };
  const ended = { ...begun, output: outputItems(completion, options.echo), ...usage };
  if (!completion.choices.some(({ finish }) => finish === 'length'))
    return { ...ended, status: 'completed' as const };
  const details = { reason: 'max_output_tokens' as const };
  return { ...ended, status: 'incomplete' as const, incomplete_details: details };
}

function wireUsage(usage: Usage) {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

function outputItems(completion: Completion, echo: Echo) {
  const reasoning = reasoningItem(completion, echo);
  const answer = answerItem(completion);
  return [reasoning, answer].filter((item) => item !== undefined);
}

export function reasoningItem(completion: Completion, { seals, summary }: Echo) {
  if (completion.usage.reasoningTokens === 0) return undefined;
  const id = itemId(completion, 'rs');
  return {
    id,
    type: 'reasoning' as const,
    summary: summary === null ? [] : [{ type: 'summary_text' as const, text: summary }],
    ...(seals ? { encrypted_content: SEALED + id } : {}),
  };
}

/** A call or a message; neither where the reasoning has used up the reply's cap. */
export function answerItem(completion: Completion) {
  const [choice] = completion.choices;
  if (choice === undefined || (choice.tokens.length === 0 && choice.call === null)) return undefined;
  const status = choice.finish === 'length' ? ('incomplete' as const) : ('completed' as const);
  const text = choice.tokens.join('');
  return choice.call === null
    ? {
        id: itemId(completion, 'msg'),
        type: 'message' as const,
        role: 'assistant' as const,
        status,
        content: [textPart(text)],
      }
    : {
        id: itemId(completion, 'fc'),
        type: 'function_call' as const,
        status,
        call_id: choice.call.id,
        name: choice.call.name,
        arguments: text,
      };
}

export function textPart(text: string) {
  return { type: 'output_text' as const, text, annotations: [], logprobs: [] };
}

/** Depends on the request alone, so that what is sent of an answer is made once. */
function itemId({ choices, usage }: Completion, kind: string): string {
  const words = choices.map(({ tokens, call }: Choice) => `${call?.id ?? ''}${tokens.join('')}`);
  const mark = hash(`${usage.promptTokens} ${words.join('\n')}`);
  return `${kind}_sandbox_${mark.toString(16).padStart(8, '0')}`;
}
