import { Button } from '@mantine/core';
import { PlinthError } from '@plinth/sdk/errors';
import { useState } from 'react';
import { useMe } from '../../account.ts';
import { usePages } from '../../parts/pages.ts';
import { Table } from '../../parts/table.tsx';
import { useAct } from '../../parts/of-account.ts';
import { apiFor, session } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { FieldForm, Reason } from './field-form.tsx';
import { Setting } from './setting.tsx';
import { texts } from './texts.ts';

/** Milliseconds after which it is asked again whether an export is ready. */
const AGAIN = 3_000;

/** One's data as an archive, and the end of the account. */
export function Leaving() {
  const { say } = useTexts(texts);
  const { data: me } = useMe();
  const [isWaiting, setWaiting] = useState(false);
  const [isClosing, setClosing] = useState(false);
  const asked = usePages({
    key: ['exports'],
    read: async (paging) => {
      const page = await apiFor(undefined).call('GET /v1/me/exports', { query: paging });
      setWaiting(page.data.some(({ status }) => status === 'waiting'));
      return page;
    },
    ...(isWaiting ? { again: AGAIN } : {}),
  });
  const ask = useAct(() => apiFor(undefined).call('POST /v1/me/exports', {}));
  const load = useAct(download);
  const nameOf = (id: string | null) => me?.accounts.find((one) => one.id === id)?.name ?? say('exports.own');
  return (
    <section aria-labelledby="leaving">
      <header className="page">
        <h2 id="leaving">{say('exports')}</h2>
        <span className="right">
          <Button variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>
            {say('exports.make')}
          </Button>
        </span>
      </header>
      <Reason error={ask.error ?? load.error} />
      <Table
        label={say('exports')}
        keyOf={({ id }) => id}
        asked={asked}
        lines={2}
        empty={say('exports.none')}
        columns={[
          { head: say('exports.made'), past: (row) => row.created_at },
          { head: say('exports.of'), isDim: true, cell: ({ organization_id: id }) => nameOf(id) },
          { head: say('exports.state'), isDim: true, cell: ({ status }) => say(`exports.${status}`) },
          { head: say('exports.size'), bytes: ({ bytes }) => bytes },
          { head: say('exports.until'), isFigure: true, due: (row) => row.expires_at },
          {
            head: say('sessions.act'),
            isFigure: true,
            cell: ({ id, status }) =>
              status === 'ready' && (
                <button type="button" className="quiet" onClick={() => load.mutate(id)}>
                  {say('exports.download')}
                </button>
              ),
          },
        ]}
      />
      <ul className="settings">
        <Setting
          name={say('closing')}
          value={say('closing.about')}
          acts={
            <Button variant="default" aria-expanded={isClosing} onClick={() => setClosing(!isClosing)}>
              {say('closing.begin')}
            </Button>
          }
        >
          {isClosing && (
            <FieldForm
              fields={[
                {
                  name: 'password',
                  label: say('password'),
                  autoComplete: 'current-password',
                  isSecret: true,
                  isOptional: true,
                  description: say('closing.password'),
                },
              ]}
              submit={say('closing.submit', { email: me?.email ?? '' })}
              isDangerous
              act={({ password }) => close(password)}
            />
          )}
        </Setting>
      </ul>
    </section>
  );
}

/** It comes by the token of this page, which no link has. */
async function download(id: string): Promise<void> {
  const response = await apiFor(undefined).open('GET /v1/me/exports/{id}/archive', { params: { id } });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = 'export.zip';
  link.click();
  URL.revokeObjectURL(link.href);
}

async function close(password: string): Promise<void> {
  try {
    await apiFor(undefined).call('DELETE /v1/me', { body: password === '' ? {} : { password } });
  } catch (error) {
    if (!(error instanceof PlinthError) || error.code !== 'last_owner') throw error;
    const { organizations = [] } = error.details as { organizations?: readonly { readonly name: string }[] };
    throw new Error(`${error.message} ${organizations.map(({ name }) => name).join(', ')}`, { cause: error });
  }
  await session.end();
}
