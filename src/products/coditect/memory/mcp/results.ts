import type { CallToolResult } from '@modelcontextprotocol/server';
import { Refusal } from './api.ts';
import { NOTICE, quote } from './quotes.ts';

/** What a tool that only reads says of itself. */
export const reading = { readOnlyHint: true, openWorldHint: false } as const;

export const resultOf = (said: Record<string, unknown>, text = JSON.stringify(said)): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent: said,
});

/** As text, and as fields for clients that hand a model these. */
export function quotesOf(
  quotes: readonly object[],
  more: Readonly<Record<string, unknown>> = {},
): CallToolResult {
  const fields = { notice: NOTICE, quotes, ...more };
  if (quotes.length === 0) return resultOf(fields, 'Memory has nothing of this.');
  const further = Object.keys(more).length === 0 ? '' : `\n${JSON.stringify(more)}`;
  return resultOf(fields, quote(quotes) + further);
}

/** What the API refuses is a result that the model reads: it may try again, or tell its user. */
export function withRefusals<Input>(work: (input: Input) => Promise<CallToolResult>) {
  return async (input: Input): Promise<CallToolResult> => {
    try {
      return await work(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, retry_after: wait } = error.said;
      const again = typeof wait === 'number' ? ` Try again in ${wait} s.` : '';
      return {
        ...resultOf({ error: error.said }, `${String(code)}: ${error.message}${again}`),
        isError: true,
      };
    }
  };
}
