import { Skeleton } from '@mantine/core';
import type { Schemas } from '@plinth/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Head, Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Moves } from './moves.tsx';
import { PlansEditor } from './plans-editor.tsx';
import { texts } from './texts.ts';

/** The plans in effect, and the draft of the next ones. */
export interface Work {
  readonly plans: Schemas['PlansInEffect'];
  readonly draft: Schemas['PlansDraft'];
}

const api = apiFor(undefined);

/** The plans that are data: what is in effect, what would change, and who changed it before. */
export function Catalogue() {
  const { say } = useTexts(texts);
  const asked = useQuery({
    queryKey: ['plans-file'],
    queryFn: async (): Promise<Work> => {
      const [plans, draft] = await Promise.all([
        api.call('GET /v1/admin/plans', {}),
        api.call('GET /v1/admin/plans/draft', {}),
      ]);
      return { plans, draft };
    },
  });
  return (
    <>
      <Head
        title={say('nav.catalogue')}
        {...(asked.data === undefined || asked.data.plans.version === 0
          ? {}
          : { about: say('inEffect', { version: String(asked.data.plans.version) }) })}
      />
      {asked.error !== null && <Trouble error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data === undefined ? (
        asked.error === null && <Skeleton height={480} />
      ) : (
        <Opened now={asked.data} />
      )}
      <Moves />
      <Section title={say('versions')}>
        <Table
          label={say('versions')}
          rows={asked.data?.plans.versions}
          keyOf={({ version }) => String(version)}
          asked={asked}
          lines={4}
          empty={say('noVersions')}
          columns={[
            { head: say('version'), cell: ({ version }) => version },
            { head: say('from'), isDim: true, cell: ({ source, email }) => email ?? say(source) },
            { head: say('calls.when'), cell: ({ created_at: at }) => <When at={at} isPast /> },
          ]}
        />
      </Section>
    </>
  );
}

/** The editor keeps what was opened while another operator changes the draft or the plans, and says so. */
function Opened({ now }: { readonly now: Work }) {
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  const [{ work, times }, open] = useState({ work: now, times: 0 });
  const isNewer = now.draft.version > work.draft.version || now.plans.version > work.plans.version;
  return (
    <>
      {isNewer && (
        <div className="notice" role="status">
          <span className="grow">{say('newer', { who: now.draft.email ?? '–' })}</span>
          <button type="button" className="quiet link" onClick={() => open({ work: now, times: times + 1 })}>
            {say('takeNewer')}
          </button>
        </div>
      )}
      <PlansEditor
        key={times}
        work={work}
        changed={(next, isOver) => {
          queries.setQueryData(['plans-file'], next);
          open({ work: next, times: isOver ? times + 1 : times });
        }}
      />
    </>
  );
}
