import { isRecord } from '#platform/kernel';
import type { Figures } from '../metering/usage.ts';
import { namedEvent } from './named-event.ts';

/** Where a part of an answer stands: its item, and of a message its place within. */
export interface PartPlace {
  readonly output_index: number;
  readonly item_id: unknown;
  readonly content_index?: number;
}

/** Writes the events of a stream of Responses, numbered. */
export class ResponseEvents {
  #sequence = 0;

  write(type: string, fields: object): string {
    const event = namedEvent({ type, sequence_number: this.#sequence, ...fields });
    this.#sequence += 1;
    return event;
  }

  /** The beginning of a response, of which nothing was said yet. */
  begin(response: object): string {
    return this.write('response.created', { response }) + this.write('response.in_progress', { response });
  }

  /** The beginning of an item, before its texts. */
  openItem(item: Figures, output_index: number): string {
    const { content, arguments: given } = item;
    const empty = {
      ...(Array.isArray(content) ? { content: [] } : {}),
      ...(given === undefined ? {} : { arguments: '' }),
    };
    const begun = { ...item, status: 'in_progress', ...empty };
    return this.write('response.output_item.added', { output_index, item: begun });
  }

  closeItem(item: Figures, output_index: number): string {
    const { id: item_id, name, arguments: given } = item;
    const said = { output_index, item_id, name, arguments: given };
    const call = given === undefined ? '' : this.write('response.function_call_arguments.done', said);
    return call + this.write('response.output_item.done', { output_index, item });
  }

  callDelta(at: PartPlace, delta: unknown): string {
    return this.write('response.function_call_arguments.delta', { ...at, delta });
  }

  openPart(at: PartPlace, part: Figures): string {
    return this.write('response.content_part.added', { ...at, part: { ...part, [nameOf(part)]: '' } });
  }

  partDelta(at: PartPlace, part: Figures, delta: unknown): string {
    return this.write(`${KINDS[nameOf(part)]}.delta`, { ...at, delta, ...logprobs(part) });
  }

  closePart(at: PartPlace, part: Figures): string {
    const name = nameOf(part);
    const said = { ...at, [name]: part[name], ...logprobs(part) };
    return (
      this.write(`${KINDS[name]}.done`, said) + this.write('response.content_part.done', { ...at, part })
    );
  }

  end(response: Figures): string {
    const kind = response['status'] === 'incomplete' ? 'incomplete' : 'completed';
    return this.write(`response.${kind}`, { response });
  }
}

const KINDS = { text: 'response.output_text', refusal: 'response.refusal' } as const;

/** The member of a part that holds its words. */
function nameOf(part: Figures): keyof typeof KINDS {
  return part['type'] === 'refusal' ? 'refusal' : 'text';
}

function logprobs(part: Figures): object {
  return nameOf(part) === 'text' ? { logprobs: [] } : {};
}

/** A plain answer as a stream: a delta for each text. */
export function streamOf(answer: Figures): Buffer {
  const events = new ResponseEvents();
  const output = Array.isArray(answer['output']) ? answer['output'].filter(isRecord) : [];
  const begun = { ...answer, status: 'in_progress', output: [], usage: null, incomplete_details: null };
  const head = events.begin(begun);
  const items = output.map((item, index) => itemEvents(events, item, index));
  return Buffer.from(head + items.join('') + events.end(answer));
}

function itemEvents(events: ResponseEvents, item: Figures, output_index: number): string {
  const { id: item_id, type, content, arguments: given } = item;
  const at = { output_index, item_id };
  const parts = type === 'message' && Array.isArray(content) ? content.filter(isRecord) : [];
  const opened =
    events.openItem(item, output_index) + (given === undefined ? '' : events.callDelta(at, given));
  const said = parts.map((part, content_index) => {
    const place = { ...at, content_index };
    const delta = part[nameOf(part)];
    return (
      events.openPart(place, part) + events.partDelta(place, part, delta) + events.closePart(place, part)
    );
  });
  return opened + said.join('') + events.closeItem(item, output_index);
}
