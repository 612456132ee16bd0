import type { Completion } from '../completion.ts';
import { splitTokens } from '../tokens.ts';
import {
  answerItem,
  closedResponse,
  FAILURE,
  openResponse,
  reasoningItem,
  type ResponseOptions,
  textPart,
} from './response.ts';

/** Numbers the events of one stream. */
type Numbering = () => { readonly sequence_number: number };

/** The events of a stream, in order: what it begins with, one for each token, and the end. */
export function eventsOf(completion: Completion, options: ResponseOptions) {
  let sequence = 0;
  const next: Numbering = () => ({ sequence_number: sequence++ });
  const begun = openResponse(completion, options);
  const reasoning = reasoningItem(completion, options.echo);
  const answer = answerItem(completion);
  const output_index = reasoning === undefined ? 0 : 1;
  const tokens = completion.choices[0]?.tokens ?? [];
  const opening = [
    { type: 'response.created' as const, ...next(), response: begun },
    { type: 'response.in_progress' as const, ...next(), response: begun },
    ...(reasoning === undefined ? [] : reasoningEvents(reasoning, next)),
  ];
  const written = answer === undefined ? NOTHING : answerEvents({ answer, output_index, tokens }, next);
  const ended = closedResponse(completion, options);
  const error = { type: 'error' as const, ...FAILURE, param: null, ...next() };
  const { sequence_number } = error;
  return {
    opening: [...opening, ...written.opening],
    deltas: written.deltas,
    closing: [...written.closing, endOf(ended, sequence_number)],
    error,
  };
}

const NOTHING = { opening: [], deltas: [], closing: [] };

function endOf(response: ReturnType<typeof closedResponse>, sequence_number: number) {
  if (response.status === 'failed') return { type: 'response.failed' as const, sequence_number, response };
  return response.status === 'incomplete'
    ? { type: 'response.incomplete' as const, sequence_number, response }
    : { type: 'response.completed' as const, sequence_number, response };
}

function reasoningEvents(item: NonNullable<ReturnType<typeof reasoningItem>>, next: Numbering) {
  const at = { output_index: 0, item_id: item.id };
  const { encrypted_content: _sealed, ...bare } = item;
  const begun = { ...bare, summary: [] };
  return [
    { type: 'response.output_item.added' as const, ...next(), output_index: 0, item: begun },
    ...item.summary.flatMap((part, summary_index) => {
      const where = { ...at, summary_index };
      return [
        {
          type: 'response.reasoning_summary_part.added' as const,
          ...next(),
          ...where,
          part: { ...part, text: '' },
        },
        ...splitTokens(part.text).map((delta) => ({
          type: 'response.reasoning_summary_text.delta' as const,
          ...next(),
          ...where,
          delta,
        })),
        { type: 'response.reasoning_summary_text.done' as const, ...next(), ...where, text: part.text },
        { type: 'response.reasoning_summary_part.done' as const, ...next(), ...where, part },
      ];
    }),
    { type: 'response.output_item.done' as const, ...next(), output_index: 0, item },
  ];
}

interface Written {
  readonly answer: NonNullable<ReturnType<typeof answerItem>>;
  readonly output_index: number;
  readonly tokens: readonly string[];
}

function answerEvents({ answer, output_index, tokens }: Written, next: Numbering) {
  const at = { output_index, item_id: answer.id };
  if (answer.type === 'function_call') {
    const item = { ...answer, status: 'in_progress' as const, arguments: '' };
    return {
      opening: [{ type: 'response.output_item.added' as const, ...next(), output_index, item }],
      deltas: tokens.map((delta) => ({
        type: 'response.function_call_arguments.delta' as const,
        ...next(),
        ...at,
        delta,
      })),
      closing: [
        {
          type: 'response.function_call_arguments.done' as const,
          ...next(),
          ...at,
          name: answer.name,
          arguments: answer.arguments,
        },
        { type: 'response.output_item.done' as const, ...next(), output_index, item: answer },
      ],
    };
  }
  const item = { ...answer, status: 'in_progress' as const, content: [] };
  const where = { ...at, content_index: 0 };
  const text = tokens.join('');
  return {
    opening: [
      { type: 'response.output_item.added' as const, ...next(), output_index, item },
      { type: 'response.content_part.added' as const, ...next(), ...where, part: textPart('') },
    ],
    deltas: tokens.map((delta) => ({
      type: 'response.output_text.delta' as const,
      ...next(),
      ...where,
      delta,
      logprobs: [],
    })),
    closing: [
      { type: 'response.output_text.done' as const, ...next(), ...where, text, logprobs: [] },
      { type: 'response.content_part.done' as const, ...next(), ...where, part: textPart(text) },
      { type: 'response.output_item.done' as const, ...next(), output_index, item: answer },
    ],
  };
}
