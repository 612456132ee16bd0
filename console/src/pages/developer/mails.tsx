import { NativeSelect, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useSearchOf } from '../../parts/search.ts';
import { LIVE } from '../../parts/live.ts';
import { usePages } from '../../parts/pages.ts';
import { Head, Section } from '../../parts/section.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { HtmlFrame } from '../../parts/html-frame.tsx';
import { Opened } from '../../parts/opened.tsx';
import { readMailSearch } from './search.ts';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** Each mail as it will look, with the facts of its example; and what was sent, read where no other user's links are in it. */
export function Mails() {
  const { say } = useTexts(texts);
  const { mail } = useSearchOf(readMailSearch);
  const { data, error, refetch } = useQuery({
    queryKey: ['mail-templates'],
    queryFn: () => api.call('GET /v1/admin/mail/templates', {}),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <>
      <Head title={say('nav.mails')} />
      {error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={480} />
      ) : (
        <>
          {mail === undefined ? <Template templates={data.data} /> : <Sent id={mail} />}
          <Log isShown={data.shows_sent} />
        </>
      )}
    </>
  );
}

interface Preview {
  readonly name: string;
  readonly subject: string;
  readonly html: string;
}

function Template({ templates }: { readonly templates: readonly Preview[] }) {
  const { say } = useTexts(texts);
  const { template } = useSearchOf(readMailSearch);
  const navigate = useNavigate({ from: '/app/mails' });
  const shown = templates.find(({ name }) => name === template) ?? templates[0];
  if (shown === undefined) return null;
  return (
    <>
      <div className="filters">
        <NativeSelect
          aria-label={say('template')}
          value={shown.name}
          data={templates.map(({ name }) => name)}
          onChange={({ currentTarget }) => void navigate({ search: { template: currentTarget.value } })}
        />
        <span className="dim">{say('example')}</span>
      </div>
      <MailFrame mail={shown} />
    </>
  );
}

function Sent({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const navigate = useNavigate({ from: '/app/mails' });
  const asked = useQuery({
    queryKey: ['mail', id],
    queryFn: () => api.call('GET /v1/admin/mail/{id}/text', { params: { id } }),
    retry: false,
    gcTime: 0,
  });
  return (
    <Opened
      title={asked.data?.subject ?? say('sent')}
      close={() => void navigate({ search: {} })}
      asked={asked}
      missing={say('noText')}
    >
      {(mail) => <MailFrame mail={mail} />}
    </Opened>
  );
}

function Log({ isShown }: { readonly isShown: boolean }) {
  const { say } = useTexts(texts);
  const { mail } = useSearchOf(readMailSearch);
  const asked = usePages({
    key: ['mails'],
    read: (query) => api.call('GET /v1/admin/mail', { query }),
    again: LIVE,
  });
  return (
    <Section title={say('sent')}>
      {!isShown && <p className="dim">{say('isHidden')}</p>}
      <Table
        label={say('sent')}
        keyOf={({ id }) => id}
        asked={asked}
        opened={mail}
        lines={8}
        empty={say('noMails')}
        columns={[
          {
            head: say('calls.when'),
            cell: ({ id, created_at: at }) =>
              isShown ? (
                <Link to="/app/mails" search={readMailSearch({ mail: id })}>
                  <When at={at} isPast />
                </Link>
              ) : (
                <When at={at} isPast />
              ),
          },
          { head: say('template'), cell: ({ template }) => template },
          { head: say('to'), isDim: true, cell: ({ to }) => to },
          {
            head: say('state'),
            // A sent mail needs no look.
            cell: ({ status }) =>
              status === 'sent' ? <span className="dim">{status}</span> : <State of={status} />,
          },
          { head: say('error'), isDim: true, cell: ({ error }) => error },
        ]}
      />
    </Section>
  );
}

interface MailFrameProps {
  readonly mail: { readonly subject: string; readonly html: string };
}

/** A mail, below its subject. */
function MailFrame({ mail: { subject, html } }: MailFrameProps) {
  return (
    <>
      <p>
        <b>{subject}</b>
      </p>
      <HtmlFrame title={subject} html={html} />
    </>
  );
}
