import { lazy } from '../content/lazy.ts';
import type { Completion } from '../completion.ts';
import type { EncodedCompletion } from '../encode.ts';
import { eventsOf } from './events.ts';
import { closedResponse, type ResponseOptions } from './response.ts';

/** A completion in OpenAI's Responses API. Texts are made when first asked for and kept, with room for the answer's id. */
export function encodeResponse(completion: Completion, options: ResponseOptions): EncodedCompletion {
  const plain = lazy(() => withoutHead(closedResponse(completion, options)));
  const events = lazy(() => {
    const { opening, deltas, closing, error } = eventsOf(completion, options);
    return {
      open: opening.map(templateOf),
      tokens: deltas.map(toText),
      close: closing.map(templateOf),
      failure: options.fails === true ? closing.slice(-1).map(templateOf) : [toText(error)],
    };
  });
  return {
    usage: completion.usage,
    model: completion.model,
    plain: (id) => headOf(id) + plain(),
    events: (id) => {
      const head = headOf(id);
      const fill = (texts: readonly Template[]): string[] =>
        texts.map((text) => (typeof text === 'string' ? text : text.join(head)));
      const { open, tokens, close, failure } = events();
      return {
        open: fill(open),
        tokens,
        close: fill(close),
        failure: fill(failure).join(''),
        broken: BROKEN,
        error: ({ type = 'server_error', message = 'The engine was lost.' }) =>
          toText({ type: 'error', code: type, message, param: null, sequence_number: open.length }),
      };
    },
  };
}

const BROKEN = 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":\n\n';

/** An event, with a gap for the head of the response where it holds one. */
type Template = string | readonly [before: string, after: string];

/** The fields of a response that each answer has of its own. */
function headOf(id: string): string {
  return `{"id":"resp_${id}","created_at":${Math.floor(Date.now() / 1000)},`;
}

function withoutHead(response: object): string {
  return JSON.stringify(response).slice(1);
}

function templateOf(event: { readonly type: string; readonly response?: object }): Template {
  const { response, ...fields } = event;
  if (response === undefined) return toText(fields);
  const before = `event: ${event.type}\ndata: ${JSON.stringify(fields).slice(0, -1)},"response":`;
  return [before, `${withoutHead(response)}}\n\n`];
}

function toText(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
