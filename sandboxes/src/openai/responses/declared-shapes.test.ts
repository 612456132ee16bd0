import type OpenAI from 'openai';
import { expectTypeOf, test } from 'vitest';
import type { eventsOf } from './events.ts';
import type { closedResponse, Echo } from './response.ts';

/** A response without the fields that each answer has of its own, those that repeat the request, and one that only the package makes. */
type Sent<Response> = Omit<Response, 'id' | 'created_at' | 'output_text' | keyof Echo['repeated']>;
type SentEvent<Event> = Event extends { response: infer Response }
  ? Omit<Event, 'response'> & { response: Sent<Response> }
  : Event;
type Events = ReturnType<typeof eventsOf>;

test('responses and events have the types of the openai package', () => {
  expectTypeOf<Sent<ReturnType<typeof closedResponse>>>().toExtend<Sent<OpenAI.Responses.Response>>();
  expectTypeOf<Events['opening' | 'deltas' | 'closing'][number] | Events['error']>().toExtend<
    SentEvent<OpenAI.Responses.ResponseStreamEvent>
  >();
});
