import { Checkbox } from '@mantine/core';
import { Act, Pick, StateBadge, Table, useOfAccount, useTexts, When } from '@plinth/console';
import { useState } from 'react';
import { go } from './documents.tsx';
import { texts } from './texts.ts';
import { isOpen, keyOf, type Scope, useApi } from './use-scope.ts';

const FORMATS = { pdf: 'PDF', docx: 'Word', markdown: 'Markdown' };

/** Files that can be sent to a client: made by a worker, and kept for some days. */
export function Exports({ scope, isMember }: { readonly scope: Scope; readonly isMember: boolean }) {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const params = { id: scope.id };
  const [chosen, setChosen] = useState<keyof typeof FORMATS>('pdf');
  const [citations, setCitations] = useState(false);
  const { data, ...asked } = useOfAccount(
    keyOf(scope.id, 'exports'),
    ({ call }) => call('GET /v1/scopes/{id}/exports', { params, query: { limit: 100 } }),
    { again: (all) => (all?.data.some(({ status }) => isOpen(status)) === true ? 1_000 : 0) },
  );
  const make = () => api.call('POST /v1/scopes/{id}/export', { params, body: { format: chosen, citations } });
  return (
    <>
      {isMember && (
        <div className="filters">
          <Pick
            label={say('format')}
            value={chosen}
            options={FORMATS}
            choose={(one) => one && setChosen(one)}
          />
          <Checkbox
            label={say('withSources')}
            checked={citations}
            onChange={({ currentTarget }) => setCitations(currentTarget.checked)}
          />
          <Act text={say('export')} act={make} />
        </div>
      )}
      <Table
        label={say('exports')}
        rows={data?.data}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noExports')}
        lines={4}
        columns={[
          { head: say('format'), cell: (one) => FORMATS[one.format] },
          {
            head: say('status'),
            isText: true,
            cell: ({ status, error }) => (
              <>
                <StateBadge color={status === 'failed' ? 'red' : 'gray'}>{say(status)}</StateBadge>{' '}
                {error?.message}
              </>
            ),
          },
          {
            head: say('size'),
            isFigure: true,
            cell: ({ bytes }) => (bytes === null ? '–' : format.bytes(bytes)),
          },
          {
            head: say('made'),
            isFigure: true,
            isDim: true,
            cell: ({ created_at: at }) => <When at={at} isPast />,
          },
          {
            head: '',
            isFigure: true,
            cell: ({ id, status }) =>
              status === 'completed' && (
                <Act
                  isQuiet
                  text={say('download')}
                  act={async () => {
                    const { download } = await api.call('GET /v1/exports/{id}', { params: { id } });
                    if (download !== null) go(download);
                  }}
                />
              ),
          },
        ]}
      />
    </>
  );
}
