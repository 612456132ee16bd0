import { refusalIn } from '@plinth/sdk/errors';
import { Progress } from '@mantine/core';
import {
  Act,
  Refusal,
  State,
  Table,
  UploadButton,
  useApi,
  useOfAccount,
  useTexts,
  WIRE,
} from '@plinth/console';
import { DOCUMENT_TYPES, orbitCalls } from '@plinth/sdk/orbit';
import { texts } from './texts.ts';
import { isOpen, keyOf, useDocuments, type View } from './use-scope.ts';

/** The client's documents: brought in, read by a worker, and taken into sections by a model. */
export function Documents(view: View) {
  const { say } = useTexts(texts);
  const api = useApi();
  const { data, ...asked } = useDocuments(view.scope.id);
  return (
    <>
      {view.mayEdit && (
        <UploadButton
          text={say('upload')}
          hint={say('formats')}
          endings={Object.keys(DOCUMENT_TYPES)}
          bring={(file, send) => orbitCalls(api, WIRE).upload(file, view.scope.id, { send })}
        />
      )}
      <Table
        label={say('documents')}
        rows={data}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noDocuments')}
        lines={4}
        columns={[
          { head: say('document'), cell: ({ name }) => <span className="clip">{name}</span> },
          {
            head: say('status'),
            isText: true,
            cell: ({ status, failure, uploaded_at: at }) => (
              <>
                <State of={status} text={say(at === null ? 'notSent' : status)} /> {failure?.message}
              </>
            ),
          },
          { head: say('pages'), isFigure: true, cell: ({ pages }) => pages ?? '–' },
          { head: say('size'), bytes: ({ bytes }) => bytes },
        ]}
      />
      <Extraction {...view} />
    </>
  );
}

/** The last extraction into the scope: how far it is, what came of it, and a new one. */
function Extraction({ scope: { id }, mayEdit }: View) {
  const { say } = useTexts(texts);
  const api = useApi();
  const { data: documents } = useDocuments(id);
  const { data: last, error } = useOfAccount(
    keyOf(id, 'extraction'),
    async ({ call }) => {
      const { data } = await call('GET /v1/scopes/{id}/extractions', { params: { id }, query: { limit: 1 } });
      const [one = null] = data;
      return one !== null && isOpen(one.status)
        ? call('GET /v1/ai/extractions/{id}', { params: { id: one.id } })
        : one;
    },
    { again: (one) => (isOpen(one?.status) ? 1_000 : 0) },
  );
  const ready = documents?.filter(({ status }) => status === 'completed').slice(0, 20) ?? [];
  const extract = () =>
    api.call('POST /v1/ai/extract', { body: { scope_id: id, document_ids: ready.map((one) => one.id) } });
  const { done = 0, total = null } = last?.progress ?? {};
  const nameOf = (wanted: string) => documents?.find((one) => one.id === wanted)?.name ?? say('document');
  return (
    <section aria-label={say('extraction')}>
      {isOpen(last?.status) ? (
        <p className="filters">
          <Progress className="grow" value={(done / (total ?? 1)) * 100} aria-label={say('extraction')} />
          {total === null ? say('queued') : say('parts', { done: `${done}`, total: `${total}` })}
        </p>
      ) : (
        mayEdit && (
          <p className="filters">
            <Act text={say('extract')} act={extract} isDisabled={ready.length === 0} />
            <span className="dim">{say('oneCall', { count: `${ready.length}` })}</span>
          </p>
        )
      )}
      <Refusal error={error ?? (last?.error === undefined ? null : refusalIn(last.error))} />
      {last?.status === 'completed' && (
        <p role="status">
          {say('extracted', { items: `${last.items}`, sections: `${last.section_ids.length}` })}
        </p>
      )}
      {last?.missing.map(({ document_id: of, from_page: from, to_page: to }) => (
        <p key={`${of} ${from}`}>{say('notRead', { name: nameOf(of), pages: `${from}–${to}` })}</p>
      ))}
      {last?.conflicts.map(({ subject, values }) => (
        <p key={subject}>
          {say('contradict', { subject, values: values.map(({ text }) => text).join(' · ') })}
        </p>
      ))}
    </section>
  );
}
