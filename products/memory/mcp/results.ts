import type { CallToolResult } from '@modelcontextprotocol/server';
import { Refusal } from './api.ts';
import { quote } from './quotes.ts';

/** Hints of a tool that only reads. */
export const reading = { readOnlyHint: true, openWorldHint: false } as const;

/** Text alone: clients hand a model the text, the `structuredContent`, or both. */
export const resultOf = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

export function quotesOf(
  quotes: readonly object[],
  more: Readonly<Record<string, unknown>> = {},
): CallToolResult {
  if (quotes.length === 0) return resultOf('Memory has nothing of this.');
  const further = Object.keys(more).length === 0 ? '' : `\n${JSON.stringify(more)}`;
  return resultOf(quote(quotes) + further);
}

/** A refusal of the API is a result that the model reads: it may try again, or tell its user. */
export function withRefusals<Input>(work: (input: Input) => Promise<CallToolResult>) {
  return async (input: Input): Promise<CallToolResult> => {
    try {
      return await work(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message: _message, ...more } = error.said;
      return {
        ...resultOf(`${String(code)}: ${error.message}\n${JSON.stringify(more)}`),
        isError: true,
      };
    }
  };
}
