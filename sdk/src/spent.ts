import type { Spent } from './with-permit.ts';

/** An answer of OpenAI's protocol, or the last chunk of a streamed one, as far as it tells what was used. */
export interface CountedAnswer {
  readonly id?: string;
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
    readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
  } | null;
}

/**
 * What an answer has used, to be said by `permit.spent`. `model` is its name in the server's price catalogue. One without
 * usage says nothing, and its permit's reserve is then posted as an estimate.
 */
export function spentOn(model: string, { id, usage }: CountedAnswer): Spent {
  if (usage === undefined || usage === null) return {};
  const {
    prompt_tokens,
    completion_tokens,
    prompt_tokens_details: asked,
    completion_tokens_details: said,
  } = usage;
  return {
    usage: {
      model,
      provider_request_id: id,
      prompt_tokens,
      cached_tokens: asked?.cached_tokens ?? 0,
      completion_tokens,
      reasoning_tokens: said?.reasoning_tokens ?? 0,
    },
  };
}
