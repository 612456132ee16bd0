import type { BodyOf, Caller, CallerParts, CallOptions, QueryOf, ReplyOf } from './calls.ts';
import { type EventsOptions, follow } from './events.ts';

export type Generation = ReplyOf<'GET /v1/generations/{id}'>;
export type Variant = Generation['variants'][number];
export type Draft = ReplyOf<'GET /v1/drafts/{id}'>;
export type Asset = ReplyOf<'GET /v1/library/assets/{id}'>;

/** What is told of a generation, as it happens. `id` is what to go on after. */
export type GenerationEvent = { readonly id: string } & (
  | { readonly event: 'status'; readonly data: Pick<Generation, 'status' | 'error'> }
  | { readonly event: 'variant'; readonly data: Variant }
  | { readonly event: 'done'; readonly data: Generation }
);

/** Something with a version, as it was read: a change of it is refused when it has another one by then. */
export interface Versioned {
  readonly id: string;
  readonly version?: number;
}

const isLast = ({ event }: { readonly event: string }) => event === 'done';

export type Reel = ReturnType<typeof reelCalls>;

/** Content generation: generations, drafts, the library. */
export function reelCalls(caller: Caller, parts: Pick<CallerParts, 'retries' | 'time' | 'timeout'>) {
  const { call } = caller;

  async function generation(
    id: string,
    query: QueryOf<'GET /v1/generations/{id}'> = {},
    options?: CallOptions,
  ): Promise<Generation> {
    return call('GET /v1/generations/{id}', { params: { id }, query }, options);
  }

  return {
    /** Asks for variants of a post; a worker writes them. */
    create: (body: BodyOf<'POST /v1/create'>, options?: CallOptions) =>
      call('POST /v1/create', { body }, options),
    /** Asks for one part of the selected variant anew, or for whole new ones. */
    regenerate: (body: BodyOf<'POST /v1/regenerate'>, options?: CallOptions) =>
      call('POST /v1/regenerate', { body }, options),
    generation,

    /** Waits until a generation has ended, however long that takes. */
    async ended(id: string, options?: CallOptions): Promise<Generation> {
      for (;;) {
        const now = await generation(id, { wait: 25 }, options);
        if (now.status !== 'queued' && now.status !== 'running') return now;
      }
    },

    /** Tells of a generation until it has ended. A connection that is cut is taken up after the last event. */
    async *events(id: string, options: EventsOptions = {}): AsyncGenerator<GenerationEvent, void> {
      const { after, ...rest } = options;
      const open = async (last: string | undefined) => {
        const headers = {
          accept: 'text/event-stream',
          ...(last === undefined ? {} : { 'last-event-id': last }),
        };
        const response = await caller.open(
          'GET /v1/generations/{id}',
          { params: { id } },
          { ...rest, headers },
        );
        return response.status === 204 ? undefined : response;
      };
      const reading = { signal: rest.signal, patience: rest.timeout ?? parts.timeout };
      for await (const told of follow({ open, isLast, after, ...parts, ...reading }))
        yield { ...told, data: JSON.parse(told.data) } as GenerationEvent;
    },

    cancel: (id: string, options?: CallOptions) =>
      call('POST /v1/generations/{id}/cancel', { params: { id } }, options),
    drafts: draftCalls(caller),
    library: libraryCalls(caller),
  };
}

function draftCalls({ call }: Caller) {
  return {
    list: (query: QueryOf<'GET /v1/drafts'> = {}, options?: CallOptions) =>
      call('GET /v1/drafts', { query }, options),
    get: (id: string, options?: CallOptions) => call('GET /v1/drafts/{id}', { params: { id } }, options),
    /** Changes a draft. With the draft as it was read, StaleVersion when it was changed since. */
    update: ({ id, version }: Versioned, body: BodyOf<'PATCH /v1/drafts/{id}'>, options?: CallOptions) =>
      call('PATCH /v1/drafts/{id}', { params: { id }, body }, { version, ...options }),
  };
}

function libraryCalls({ call }: Caller) {
  return {
    /** Saves a copy of a variant, or content of one's own. */
    save: (body: BodyOf<'POST /v1/library/assets'>, options?: CallOptions) =>
      call('POST /v1/library/assets', { body }, options),
    list: (query: QueryOf<'GET /v1/library/assets'> = {}, options?: CallOptions) =>
      call('GET /v1/library/assets', { query }, options),
    get: (id: string, options?: CallOptions) =>
      call('GET /v1/library/assets/{id}', { params: { id } }, options),
    update: (
      { id, version }: Versioned,
      body: BodyOf<'PATCH /v1/library/assets/{id}'>,
      options?: CallOptions,
    ) => call('PATCH /v1/library/assets/{id}', { params: { id }, body }, { version, ...options }),
    /** Puts an asset into the trash, from where `restore` brings it back. */
    remove: (id: string, options?: CallOptions) =>
      call('DELETE /v1/library/assets/{id}', { params: { id } }, options),
    restore: (id: string, options?: CallOptions) =>
      call('POST /v1/library/assets/{id}/restore', { params: { id } }, options),
  };
}
