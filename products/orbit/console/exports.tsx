import { Act, Pick, State, Table, useApi, useOfAccount, useTexts } from '@plinth/console';
import { useState } from 'react';
import { texts } from './texts.ts';
import { isOpen, keyOf, type View } from './use-scope.ts';

const FORMATS = { pdf: 'PDF', docx: 'Word', markdown: 'Markdown' };

/** Files that can be sent to a client: made by a worker, and kept for some days. */
export function Exports({ scope, isMember }: View) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const params = { id: scope.id };
  const [as, setAs] = useState<keyof typeof FORMATS>('pdf');
  const { data, ...asked } = useOfAccount(
    keyOf(scope.id, 'exports'),
    (api) => api.call('GET /v1/scopes/{id}/exports', { params, query: { limit: 100 } }),
    { again: (all) => (all?.data.some(({ status }) => isOpen(status)) === true ? 1_000 : 0) },
  );
  const make = () => call('POST /v1/scopes/{id}/export', { params, body: { format: as } });
  // A link is good for minutes: it is asked for when it is followed.
  const download = async (id: string) => {
    const { download: link } = await call('GET /v1/exports/{id}', { params: { id } });
    if (link !== null) Object.assign(document.createElement('a'), { href: link.url }).click();
  };
  return (
    <>
      {isMember && (
        <p className="filters">
          <Pick label={say('format')} value={as} options={FORMATS} choose={(one) => one && setAs(one)} />
          <Act text={say('export')} act={make} />
        </p>
      )}
      <Table
        label={say('exports')}
        rows={data?.data}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noExports')}
        lines={4}
        columns={[
          {
            head: say('format'),
            cell: ({ id, status, format: of }) =>
              status === 'completed' ? (
                <Act isQuiet text={say('download', { format: FORMATS[of] })} act={() => download(id)} />
              ) : (
                FORMATS[of]
              ),
          },
          {
            head: say('status'),
            isText: true,
            cell: ({ status, error }) => (
              <>
                <State of={status} text={say(status)} /> {error?.message}
              </>
            ),
          },
          { head: say('size'), bytes: ({ bytes }) => bytes },
          { head: say('made'), isFigure: true, isDim: true, past: (row) => row.created_at },
        ]}
      />
    </>
  );
}
