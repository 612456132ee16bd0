import { Button, Progress } from '@mantine/core';
import { Act, Refusal, StateBadge, Table, useAct, useOfAccount, useTexts, WIRE } from '@plinth/console';
import type { Schemas } from '@plinth/sdk';
import { DOCUMENT_TYPES, orbitCalls } from '@plinth/sdk/orbit';
import { useRef, useState } from 'react';
import { texts } from './texts.ts';
import { isOpen, keyOf, type Scope, useApi, useDocuments } from './use-scope.ts';

interface DocumentsProps {
  readonly scope: Scope;
  readonly mayEdit: boolean;
}

/** What the client wrote: brought in, read by a worker, and taken into sections by a model. */
export function Documents({ scope, mayEdit }: DocumentsProps) {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const { data: documents, ...asked } = useDocuments(scope.id);
  return (
    <>
      {mayEdit && <Upload scope={scope} />}
      <Table
        label={say('documents')}
        rows={documents}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noDocuments')}
        lines={4}
        columns={[
          { head: say('document'), isText: true, cell: ({ name }) => name },
          {
            head: say('status'),
            isText: true,
            cell: ({ status, failure, uploaded_at: at }) => (
              <>
                <StateBadge color={status === 'failed' ? 'red' : 'gray'}>
                  {say(at === null ? 'notSent' : status)}
                </StateBadge>{' '}
                {failure?.message}
              </>
            ),
          },
          {
            head: say('pages'),
            isFigure: true,
            cell: ({ pages }) => (pages === null ? '–' : format.count(pages)),
          },
          { head: say('size'), isFigure: true, cell: ({ bytes }) => format.bytes(bytes) },
          {
            head: '',
            isFigure: true,
            cell: ({ id, has_file: hasFile }) =>
              hasFile && (
                <Act
                  isQuiet
                  text={say('download')}
                  act={async () => go(await api.call('GET /v1/documents/{id}/download', { params: { id } }))}
                />
              ),
          },
        ]}
      />
      <Extraction scope={scope} mayEdit={mayEdit} />
    </>
  );
}

/** A signed link is good for minutes: it is asked for when it is followed. */
export const go = ({ url }: { readonly url: string }) =>
  Object.assign(document.createElement('a'), { href: url }).click();

function Upload({ scope }: { readonly scope: Scope }) {
  const { say } = useTexts(texts);
  const api = useApi();
  const field = useRef<HTMLInputElement>(null);
  const [share, setShare] = useState(0);
  const sending = useAct((file: File) =>
    orbitCalls(api, WIRE).upload(file, scope.id, { send: (to, body) => send(to, body, setShare) }),
  );
  return (
    <div className="filters">
      <input
        ref={field}
        type="file"
        hidden
        aria-label={say('upload')}
        accept={Object.keys(DOCUMENT_TYPES)
          .map((ending) => `.${ending}`)
          .join()}
        onChange={({ currentTarget: { files } }) => files?.[0] !== undefined && sending.mutate(files[0])}
      />
      <Button variant="default" loading={sending.isPending} onClick={() => field.current?.click()}>
        {say('upload')}
      </Button>
      {sending.isPending ? (
        <Progress className="grow" value={share * 100} aria-label={say('upload')} />
      ) : (
        <span className="dim">{say('formats')}</span>
      )}
      <Refusal error={sending.error} />
    </div>
  );
}

/** Sends a file and tells what share of it has gone, 0 to 1. Answers the status; 0: nothing was answered. */
function send(to: Schemas['SignedUpload'], file: Blob, tell: (share: number) => void): Promise<number> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    // Of this server under whatever name it is reached here; of a store as it is.
    const { pathname, search } = new URL(to.url);
    request.open(to.method, pathname.startsWith('/v1/blobs/') ? pathname + search : to.url);
    // A browser says it by itself.
    for (const [name, value] of Object.entries(to.headers))
      if (name !== 'content-length') request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => tell(loaded / file.size);
    request.onloadend = () => resolve(request.status);
    request.send(file);
  });
}

/** The last extraction into the scope: how far it is, what came of it, and a new one. */
function Extraction({ scope: { id }, mayEdit }: DocumentsProps) {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const { data: documents } = useDocuments(id);
  const { data: last, error } = useOfAccount(
    keyOf(id, 'extraction'),
    async ({ call }) => {
      const { data } = await call('GET /v1/scopes/{id}/extractions', { params: { id }, query: { limit: 1 } });
      if (!isOpen(data[0]?.status)) return data[0] ?? null;
      return call('GET /v1/ai/extractions/{id}', { params: { id: data[0]?.id ?? '' } });
    },
    { again: (one) => (isOpen(one?.status) ? 1_000 : 0) },
  );
  const ready = documents?.filter(({ status }) => status === 'completed').slice(0, 20) ?? [];
  const extract = () =>
    api.call('POST /v1/ai/extract', { body: { scope_id: id, document_ids: ready.map((one) => one.id) } });
  const { done = 0, total = null } = last?.progress ?? {};
  const params = { id: last?.id ?? '' };
  return (
    <section aria-label={say('extraction')} className="stack">
      {isOpen(last?.status) ? (
        <div className="filters">
          <Progress className="grow" value={(done / (total ?? 1)) * 100} aria-label={say('extraction')} />
          <span className="num">
            {say('parts', { done: format.count(done), total: total === null ? '–' : format.count(total) })}
          </span>
          {mayEdit && (
            <Act
              text={say('cancel')}
              act={() => api.call('POST /v1/ai/extractions/{id}/cancel', { params })}
            />
          )}
        </div>
      ) : (
        mayEdit && (
          <p className="filters">
            <Act
              text={say('extract', { count: format.count(ready.length) })}
              act={extract}
              isDisabled={ready.length === 0}
            />
            <span className="dim">{say('oneCall')}</span>
          </p>
        )
      )}
      <Refusal error={error} />
      {last?.status === 'completed' && (
        <p role="status">
          {say('extracted', {
            items: format.count(last.items),
            sections: format.count(last.section_ids.length),
          })}
        </p>
      )}
      {last?.status === 'cancelled' && <p>{say('cancelled')}</p>}
      {last?.error !== undefined && <p role="alert">{last.error.message}</p>}
      {last?.missing.map(({ document_id: of, from_page: from, to_page: to, reason }) => (
        <p key={`${of} ${from}`}>
          {say('notRead', {
            name: documents?.find((one) => one.id === of)?.name ?? say('document'),
            pages: from === to ? `${from}` : `${from}–${to}`,
            reason,
          })}
        </p>
      ))}
      {last?.conflicts.map(({ subject, values }) => (
        <p key={subject}>
          {say('contradict', { subject, values: values.map(({ text }) => text).join(' · ') })}
        </p>
      ))}
    </section>
  );
}
