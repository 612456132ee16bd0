import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Confirm } from '../../parts/confirm.tsx';
import { usePages } from '../../parts/pages.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Session = ReplyOf<'GET /v1/auth/sessions'>['data'][number];

const read = (paging: { readonly limit: number; readonly cursor?: string }) =>
  apiFor(undefined).call('GET /v1/auth/sessions', { query: paging });
const end = ({ id }: Session) => apiFor(undefined).call('DELETE /v1/auth/sessions/{id}', { params: { id } });

/** All but this one, however many pages there are of them. */
async function endOthers(): Promise<void> {
  let cursor: string | null = null;
  do {
    const page: ReplyOf<'GET /v1/auth/sessions'> = await read({
      limit: 100,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const one of page.data) if (!one.current) await end(one);
    cursor = page.next_cursor;
  } while (cursor !== null);
}

/** The devices that one is signed in on. */
export function Sessions() {
  const { say } = useTexts(texts);
  const asked = usePages({ key: ['sessions'], read });
  return (
    <section aria-labelledby="sessions">
      <header className="page">
        <h2 id="sessions">{say('sessions')}</h2>
        {asked.rows !== undefined && asked.rows.length > 1 && (
          <span className="right">
            <Confirm text={say('sessions.endOthers')} act={endOthers} />
          </span>
        )}
      </header>
      <Table
        label={say('sessions')}
        keyOf={({ id }) => id}
        asked={asked}
        lines={3}
        empty={say('sessions')}
        columns={[
          {
            head: say('sessions.device'),
            cell: ({ name, current }) => (
              <>
                {name} {current && <span className="dim">{say('sessions.this')}</span>}
              </>
            ),
          },
          { head: say('sessions.address'), isDim: true, isMono: true, cell: ({ ip }) => ip },
          { head: say('sessions.begun'), isDim: true, past: (row) => row.created_at },
          { head: say('sessions.used'), isDim: true, past: (row) => row.last_used_at },
          {
            head: say('sessions.act'),
            isFigure: true,
            cell: (one) =>
              one.current ? '' : <Confirm text={say('sessions.end')} act={() => end(one)} isQuiet />,
          },
        ]}
      />
    </section>
  );
}

/** Accounts elsewhere that sign one in here; nothing where there are none. */
export function Identities() {
  const { say } = useTexts(texts);
  const { data } = useQuery({
    queryKey: ['identities'],
    queryFn: () => apiFor(undefined).call('GET /v1/me/identities', {}),
  });
  if (data === undefined || data.data.length === 0) return null;
  return (
    <Section title={say('identities')}>
      <Table
        label={say('identities')}
        rows={data.data}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { head: say('identities.provider'), cell: ({ provider }) => provider },
          { head: say('email'), isDim: true, cell: ({ email }) => email },
          { head: say('identities.linked'), isDim: true, past: (row) => row.linked_at },
          { head: say('sessions.used'), isDim: true, past: (row) => row.last_used_at },
          {
            head: say('sessions.act'),
            isFigure: true,
            cell: ({ id }) => (
              <Confirm
                text={say('identities.unlink')}
                isQuiet
                act={() => apiFor(undefined).call('DELETE /v1/me/identities/{id}', { params: { id } })}
              />
            ),
          },
        ]}
      />
    </Section>
  );
}
