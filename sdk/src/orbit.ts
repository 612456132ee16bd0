import type { BodyOf, Caller, CallerParts, CallOptions, ReplyOf } from './calls.ts';
import { PlinthError } from './errors.ts';
import { type EventsOptions, follow } from './events.ts';
import type { Schemas } from './routes.ts';

type State = ReplyOf<'GET /v1/scopes/{id}/events'>;
export type ScopeChange = State['changes'][number];
export type ScopePresence = State['here'];

/** An event for clients that have a scope open. `id` is what to go on after. */
export type ScopeEvent = { readonly id: string } & (
  | { readonly event: 'ready' | 'reset'; readonly data: Pick<State, 'seq'> }
  | { readonly event: 'change'; readonly data: ScopeChange }
  | { readonly event: 'presence'; readonly data: ScopePresence }
);

export type Document = Schemas['Document'];
type MediaType = BodyOf<'POST /v1/documents/presign'>['type'];

/** What documents may be, by the endings of their names. */
export const DOCUMENT_TYPES: Readonly<Record<string, MediaType>> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  md: 'text/markdown',
  txt: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
};

export interface UploadOptions extends CallOptions {
  /** Sends the file, and answers the HTTP status: where it is to be told how much has gone, which `fetch` does not say; without it, `fetch` sends it. */
  readonly send?: (to: Schemas['SignedUpload'], file: Blob) => Promise<number>;
}

export type Orbit = ReturnType<typeof orbitCalls>;

/** Scopes of work. */
export function orbitCalls(caller: Caller, parts: Pick<CallerParts, 'retries' | 'time' | 'timeout'>) {
  const { call } = caller;
  return {
    /** Brings a document of a scope in: declares it, sends it to where files are kept, and has it read. Throws `upload_missing` where it was not taken. */
    async upload(
      file: File,
      scopeId: string,
      { send = sendByFetch, ...options }: UploadOptions = {},
    ): Promise<Document> {
      const { name, size: bytes } = file;
      const type = DOCUMENT_TYPES[name.split('.').at(-1)?.toLowerCase() ?? ''];
      if (type === undefined) throw unsent(`${name} is of no type that is read.`);
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
      const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const body = { name, type, bytes, sha256, scope_id: scopeId };
      const { document, upload } = await call('POST /v1/documents/presign', { body }, options);
      const status = upload !== null && 'url' in upload ? await send(upload, file) : 0;
      if (status < 200 || status > 299) throw unsent(`${name} was not taken. Send it again.`);
      return call('POST /v1/documents/{id}/complete', { params: { id: document.id } }, options);
    },
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

const sendByFetch: NonNullable<UploadOptions['send']> = async ({ url, headers }, body) =>
  (await fetch(url, { method: 'PUT', headers, body })).status;

const unsent = (message: string) => new PlinthError({ code: 'upload_missing', status: 0, message });
