import { TextInput } from '@mantine/core';
import {
  type Asked,
  LineForm,
  StateBadge,
  Table,
  type Typed,
  useApi,
  useIsAtLeast,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { Star } from './star.tsx';
import { texts } from './texts.ts';

type ListedScope = Pick<
  ReplyOf<'GET /v1/scopes'>['data'][number],
  'id' | 'title' | 'client_name' | 'status' | 'updated_at'
>;

interface ScopeTableProps {
  readonly label: string;
  readonly rows: readonly ListedScope[] | undefined;
  readonly asked: Asked;
  readonly empty: string;
  /** Heading of the time; undefined: when it was changed. */
  readonly when?: string;
  readonly lines?: number;
}

/** Scopes, each with its star; one is opened by its title. */
export function ScopeTable({ label, rows, asked, empty, when, lines = 8 }: ScopeTableProps) {
  const { say } = useTexts(texts);
  const isMember = useIsAtLeast('member');
  const { change } = useProductSearch();
  return (
    <Table
      {...{ label, rows, asked, empty, lines }}
      keyOf={({ id }) => id}
      columns={[
        { head: say('title'), cell: ({ title }) => title, act: ({ id }) => change({ scope: id }) },
        { head: say('client'), isDim: true, cell: ({ client_name: client }) => client ?? '–' },
        { head: say('status'), cell: (one) => <StateBadge>{say(one.status)}</StateBadge> },
        { head: when ?? say('changed'), isFigure: true, isDim: true, past: (row) => row.updated_at },
        ...(isMember ? [{ head: '', cell: ({ id }: ListedScope) => <Star id={id} /> }] : []),
      ]}
    />
  );
}

/** A new scope, which is opened at once; in a project its client is the project's. */
export function NewScope({
  project,
}: {
  readonly project?: { readonly id: string; readonly client_name: string | null };
}) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const create = async (title: string, { client }: Typed) => {
    const body = {
      title,
      client_name: client || (project?.client_name ?? null),
      project_id: project?.id ?? null,
    };
    const { id } = await call('POST /v1/scopes', { body });
    change({ scope: id });
  };
  return (
    <LineForm label={say('titleExample')} button={say('create')} act={create}>
      {project === undefined && (
        <TextInput name="client" aria-label={say('client')} placeholder={say('client')} maxLength={200} />
      )}
    </LineForm>
  );
}
