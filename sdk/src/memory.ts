import type { BodyOf, Caller, CallOptions, QueryOf, ReplyOf } from './calls.ts';
import { assertNotLocal } from './local-only.ts';

/** A file to be stored, with your own id of it. */
export type NewFile = QueryOf<'POST /v1/sessions/{id}/files'> & { readonly bytes: Blob };

export type Memory = ReturnType<typeof memoryCalls>;

/** The memory of sessions: what was said, and what a question needs of it. */
export function memoryCalls(caller: Caller) {
  const call: Caller['call'] = async (route, given, options) => {
    assertNotLocal(given);
    return caller.call(route, given, options);
  };
  return {
    sessions: {
      list: (query: QueryOf<'GET /v1/sessions'> = {}, options?: CallOptions) =>
        call('GET /v1/sessions', { query }, options),
      /** With a `client_id` that you have used before: the session that is there. */
      create: (body: BodyOf<'POST /v1/sessions'>, options?: CallOptions) =>
        call('POST /v1/sessions', { body }, options),
      get: (id: string, options?: CallOptions) => call('GET /v1/sessions/{id}', { params: { id } }, options),
      update: (id: string, body: BodyOf<'PATCH /v1/sessions/{id}'>, options?: CallOptions) =>
        call('PATCH /v1/sessions/{id}', { params: { id }, body }, options),
      delete: (id: string, options?: CallOptions) =>
        call('DELETE /v1/sessions/{id}', { params: { id } }, options),
      export: (id: string, body: BodyOf<'POST /v1/sessions/{id}/export'> = {}, options?: CallOptions) =>
        call('POST /v1/sessions/{id}/export', { params: { id }, body }, options),
      messages: (id: string, query: QueryOf<'GET /v1/sessions/{id}/messages'> = {}, options?: CallOptions) =>
        call('GET /v1/sessions/{id}/messages', { params: { id }, query }, options),
      /** As often as you like, in any order: messages are known by their `client_id`. */
      append: (id: string, body: BodyOf<'POST /v1/sessions/{id}/messages'>, options?: CallOptions) =>
        call('POST /v1/sessions/{id}/messages', { params: { id }, body }, options),
      files: fileCalls(caller),
      /** Has a model sum it up, for one of the plan's `ai_calls`: its sentences go to the model provider of the server. */
      summarize: (id: string, options?: CallOptions) =>
        call('POST /v1/sessions/{id}/summary', { params: { id } }, options),
    },
    decisions: {
      list: (query: QueryOf<'GET /v1/decisions'> = {}, options?: CallOptions) =>
        call('GET /v1/decisions', { query }, options),
      /** With a `client_id` that you have used before: the decision that is there. */
      create: (body: BodyOf<'POST /v1/decisions'>, options?: CallOptions) =>
        call('POST /v1/decisions', { body }, options),
      get: (id: string, query: QueryOf<'GET /v1/decisions/{id}'> = {}, options?: CallOptions) =>
        call('GET /v1/decisions/{id}', { params: { id }, query }, options),
      /** Makes another version. */
      write: (id: string, body: BodyOf<'PUT /v1/decisions/{id}'>, options?: CallOptions) =>
        call('PUT /v1/decisions/{id}', { params: { id }, body }, options),
      update: (id: string, body: BodyOf<'PATCH /v1/decisions/{id}'>, options?: CallOptions) =>
        call('PATCH /v1/decisions/{id}', { params: { id }, body }, options),
      supersede: (id: string, by: string, options?: CallOptions) =>
        call('POST /v1/decisions/{id}/supersede', { params: { id }, body: { by } }, options),
      link: (id: string, body: BodyOf<'POST /v1/decisions/{id}/links'>, options?: CallOptions) =>
        call('POST /v1/decisions/{id}/links', { params: { id }, body }, options),
      unlink: (id: string, link: string, options?: CallOptions) =>
        call('DELETE /v1/decisions/{id}/links/{link_id}', { params: { id, link_id: link } }, options),
      delete: (id: string, options?: CallOptions) =>
        call('DELETE /v1/decisions/{id}', { params: { id } }, options),
    },
    /** Documents of business and technical context: a name that you have used before gets another version. */
    documents: {
      writeBusiness: (body: BodyOf<'POST /v1/context/business'>, options?: CallOptions) =>
        call('POST /v1/context/business', { body }, options),
      writeTechnical: (body: BodyOf<'POST /v1/context/technical'>, options?: CallOptions) =>
        call('POST /v1/context/technical', { body }, options),
      /** Whole documents in a budget of tokens: data for a model, and never its instructions. */
      load: (query: QueryOf<'GET /v1/context/load'> = {}, options?: CallOptions) =>
        call('GET /v1/context/load', { query }, options),
      get: (id: string, query: QueryOf<'GET /v1/context/documents/{id}'> = {}, options?: CallOptions) =>
        call('GET /v1/context/documents/{id}', { params: { id }, query }, options),
      versions: (
        id: string,
        query: QueryOf<'GET /v1/context/documents/{id}/versions'> = {},
        options?: CallOptions,
      ) => call('GET /v1/context/documents/{id}/versions', { params: { id }, query }, options),
      diff: (id: string, query: QueryOf<'GET /v1/context/documents/{id}/diff'> = {}, options?: CallOptions) =>
        call('GET /v1/context/documents/{id}/diff', { params: { id }, query }, options),
      update: (id: string, body: BodyOf<'PATCH /v1/context/documents/{id}'>, options?: CallOptions) =>
        call('PATCH /v1/context/documents/{id}', { params: { id }, body }, options),
      delete: (id: string, options?: CallOptions) =>
        call('DELETE /v1/context/documents/{id}', { params: { id } }, options),
    },
    patterns: {
      /** Enqueues a job: read it by `jobs.get` until it is done. */
      extract: (body: BodyOf<'POST /v1/patterns/extract'> = {}, options?: CallOptions) =>
        call('POST /v1/patterns/extract', { body }, options),
      list: (query: QueryOf<'GET /v1/patterns'> = {}, options?: CallOptions) =>
        call('GET /v1/patterns', { query }, options),
      get: (id: string, options?: CallOptions) => call('GET /v1/patterns/{id}', { params: { id } }, options),
      update: (id: string, body: BodyOf<'PATCH /v1/patterns/{id}'>, options?: CallOptions) =>
        call('PATCH /v1/patterns/{id}', { params: { id }, body }, options),
      /** Null takes your rating back. */
      rate: (id: string, rating: 'helpful' | 'unhelpful' | null, options?: CallOptions) =>
        call('POST /v1/patterns/{id}/rating', { params: { id }, body: { rating } }, options),
      delete: (id: string, options?: CallOptions) =>
        call('DELETE /v1/patterns/{id}', { params: { id } }, options),
    },
    /** Quotes for a question, in a budget of tokens: data for a model, and never its instructions. */
    relevant: (query: QueryOf<'GET /v1/context/relevant'>, options?: CallOptions) =>
      call('GET /v1/context/relevant', { query }, options),
  };
}

/** Files of sessions: their bytes, and what is known of them. */
function fileCalls({ call, open }: Caller) {
  return {
    list: (id: string, query: QueryOf<'GET /v1/sessions/{id}/files'> = {}, options?: CallOptions) =>
      call('GET /v1/sessions/{id}/files', { params: { id }, query }, options),
    /** With a `client_id` that you have used before: the file that is there. */
    async store(id: string, { bytes, ...query }: NewFile, options?: CallOptions) {
      const given = { params: { id }, query, body: bytes };
      const answer = await open('POST /v1/sessions/{id}/files', given, options);
      return (await answer.json()) as ReplyOf<'POST /v1/sessions/{id}/files'>;
    },
    /** The answer's body is its bytes. */
    open: (id: string, file: string, options?: CallOptions) =>
      open('GET /v1/sessions/{id}/files/{file_id}', { params: { id, file_id: file } }, options),
    delete: (id: string, file: string, options?: CallOptions) =>
      call('DELETE /v1/sessions/{id}/files/{file_id}', { params: { id, file_id: file } }, options),
  };
}
