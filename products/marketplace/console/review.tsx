import { Button, Textarea } from '@mantine/core';
import {
  apiFor,
  Facts,
  Head,
  LineForm,
  Opened,
  Refusal,
  State,
  Table,
  useAct,
  useOfAccount,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { Checklist } from './checklist.tsx';
import { usePermissions, usePrice } from './manifest.tsx';
import { texts } from './texts.ts';

type Reviewed = ReplyOf<'GET /v1/admin/plugins/{id}'>;
type Version = Reviewed['versions'][number];

/** Versions that wait, and one plugin with what was found in it. */
export default function Review() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const asked = usePages({
    key: ['plugin reviews'],
    read: (query) => apiFor(undefined).call('GET /v1/admin/plugins/pending', { query }),
    again: 5_000,
  });
  return (
    <>
      <Head title={say('review')} />
      <Table
        label={say('queue')}
        asked={asked}
        keyOf={({ id, version }) => `${id} ${version}`}
        empty={say('noneWaits')}
        lines={6}
        columns={[
          { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ plugin: id }) },
          { head: say('version'), isFigure: true, cell: ({ version }) => version },
          {
            head: say('account'),
            isDim: true,
            isMono: true,
            cell: ({ developer }) => `…${developer.slice(-8)}`,
          },
          {
            head: say('state'),
            cell: ({ is_checked: isChecked, is_blocked: isBlocked }) =>
              isBlocked ? (
                <State of="failed" text={say('blocked')} />
              ) : (
                <State of={isChecked ? 'ok' : 'running'} text={say(isChecked ? 'ready' : 'notChecked')} />
              ),
          },
          { head: say('submittedAt'), isDim: true, past: (row) => row.submitted_at },
        ]}
      />
      {search['plugin'] !== undefined && <OpenReview key={search['plugin']} id={search['plugin']} />}
    </>
  );
}

function OpenReview({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const api = apiFor(undefined);
  const asked = useOfAccount(
    ['plugin review', id],
    () => api.call('GET /v1/admin/plugins/{id}', { params: { id } }),
    { again: 5_000 },
  );
  return (
    <Opened
      title={asked.data?.name ?? id}
      close={() => change({ plugin: undefined })}
      asked={asked}
      missing={say('missing')}
    >
      {(plugin) => (
        <>
          {plugin.versions.map((version) => (
            <Reviewing key={version.version} plugin={plugin} version={version} />
          ))}
          {plugin.state !== 'removed' && (
            <LineForm
              label={say('reason')}
              button={say('remove')}
              act={async (reason) => {
                await api.call('DELETE /v1/admin/plugins/{id}', { params: { id }, body: { reason } });
              }}
            />
          )}
        </>
      )}
    </Opened>
  );
}

function Reviewing({ plugin, version: of }: { readonly plugin: Reviewed; readonly version: Version }) {
  const { say } = useTexts(texts);
  const priceOf = usePrice();
  const permissionsOf = usePermissions();
  const { version, manifest, changed_files: changed } = of;
  const { currency } = plugin;
  const price = priceOf({ ...manifest, currency });
  const isOther = plugin.version !== null && plugin.price_cents !== manifest.price_cents;
  const isChanged = of.state === 'pending_review' && isOther;
  return (
    <section aria-label={`${plugin.name} ${version}`}>
      <Facts
        isList
        of={{
          [say('version')]: version,
          [say('state')]: say(of.state === 'removed' ? 'withdrawn' : of.state),
          [say('author')]: manifest.author,
          [say('price')]: isChanged ? `${priceOf(plugin)} → ${price}` : price,
          [say('permissions')]: permissionsOf(manifest.permissions),
          [say('notes')]: of.notes ?? undefined,
        }}
      />
      <p>{manifest.description}</p>
      <h2>{say('checklist')}</h2>
      <Checklist of={of.checklist} />
      {of.state === 'pending_review' && (
        <>
          <h2>{say('files')}</h2>
          <Table
            label={say('files')}
            rows={changed ?? []}
            keyOf={({ path }) => path}
            empty={say(changed === null ? 'notChecked' : 'noFiles')}
            columns={[
              { head: say('file'), isText: true, isMono: true, cell: ({ path }) => path },
              {
                head: say('change'),
                isDim: true,
                cell: ({ change }) => (change === 'removed' ? '−' : say(change)),
              },
            ]}
          />
          <Decision id={plugin.id} version={of} />
        </>
      )}
    </section>
  );
}

function Decision({
  id,
  version: { version, checklist, is_blocked: isBlocked },
}: {
  readonly id: string;
  readonly version: Version;
}) {
  const { say } = useTexts(texts);
  const [notes, setNotes] = useState('');
  const { mutate, isPending, error } = useAct((decision: 'approve' | 'reject') => {
    const said = notes.trim();
    const body =
      decision === 'reject'
        ? { version, decision, notes: said }
        : { version, decision, ...(said !== '' && { notes: said }) };
    return apiFor(undefined).call('POST /v1/admin/plugins/{id}/reviews', { params: { id }, body });
  });
  return (
    <div className="stack">
      <Textarea
        label={say('notesForDeveloper')}
        value={notes}
        maxLength={2_000}
        autosize
        minRows={2}
        onChange={({ currentTarget }) => setNotes(currentTarget.value)}
      />
      <Refusal error={error} />
      <p className="filters">
        <Button
          loading={isPending}
          disabled={checklist === null || isBlocked}
          onClick={() => mutate('approve')}
        >
          {say('approve')}
        </Button>
        <Button
          variant="default"
          loading={isPending}
          disabled={notes.trim() === ''}
          onClick={() => mutate('reject')}
        >
          {say('reject')}
        </Button>
      </p>
    </div>
  );
}
