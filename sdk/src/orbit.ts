import type { Caller, CallerParts, ReplyOf } from './calls.ts';
import { type EventsOptions, follow } from './events.ts';

type State = ReplyOf<'GET /v1/scopes/{id}/events'>;
export type ScopeChange = State['changes'][number];
export type ScopePresence = State['here'];

/** What is told to whoever has a scope open. `id` is what to go on after. */
export type ScopeEvent = { readonly id: string } & (
  | { readonly event: 'ready' | 'reset'; readonly data: Pick<State, 'seq'> }
  | { readonly event: 'change'; readonly data: ScopeChange }
  | { readonly event: 'presence'; readonly data: ScopePresence }
);

export type Orbit = ReturnType<typeof orbitCalls>;

/** Scopes of work. */
export function orbitCalls(caller: Caller, parts: Pick<CallerParts, 'retries' | 'time' | 'timeout'>) {
  return {
    /** Tells of a scope until you leave the loop, and meanwhile tells others that you have it open. A connection that is cut is taken up after the last event. */
    async *events(id: string, options: EventsOptions = {}): AsyncGenerator<ScopeEvent, void> {
      const { after, ...rest } = options;
      const open = (last: string | undefined) => {
        const headers = {
          accept: 'text/event-stream',
          ...(last === undefined ? {} : { 'last-event-id': last }),
        };
        return caller.open('GET /v1/scopes/{id}/events', { params: { id } }, { ...rest, headers });
      };
      const reading = { signal: rest.signal, patience: rest.timeout ?? parts.timeout };
      for await (const told of follow({ open, isLast: () => false, after, ...parts, ...reading }))
        yield { ...told, data: JSON.parse(told.data) } as ScopeEvent;
    },
  };
}
