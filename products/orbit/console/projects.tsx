import { TextInput } from '@mantine/core';
import {
  Act,
  Confirm,
  Empty,
  LineForm,
  Pick,
  Refusal,
  Section,
  Trouble,
  type Typed,
  useAct,
  useApi,
  useIsAtLeast,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { NewScope, ScopeTable } from './scope-table.tsx';
import { texts } from './texts.ts';
import type { View } from './use-scope.ts';

type Project = ReplyOf<'GET /v1/projects/{id}'>;

/** A hundred projects: in use, or in the archive. */
const useProjects = (isArchived = false) =>
  useOfAccount(['orbit projects', isArchived], ({ call }) =>
    call('GET /v1/projects', { query: { archived: isArchived ? 'true' : 'false', limit: 100 } }),
  );

/** Scopes in groups: the projects of clients. */
export function Projects() {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const isMember = useIsAtLeast('member');
  const { search, change } = useProductSearch();
  const isArchived = search['archived'] === 'true';
  const { data, error, refetch } = useProjects(isArchived);
  const add = (name: string, { client }: Typed) =>
    call('POST /v1/projects', { body: { name, client_name: client || null } });
  if (data === undefined && error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  return (
    <>
      {isMember && !isArchived && (
        <LineForm label={say('projectName')} button={say('createProject')} act={add}>
          <TextInput name="client" aria-label={say('client')} placeholder={say('client')} maxLength={200} />
        </LineForm>
      )}
      {data?.data.length === 0 && <Empty>{say(isArchived ? 'noArchived' : 'noProjects')}</Empty>}
      {data?.data.map((project) => (
        <Group key={project.id} {...{ project, isMember }} />
      ))}
      <section>
        <button
          type="button"
          className="quiet dim"
          onClick={() => change({ archived: isArchived ? undefined : 'true' })}
        >
          {say(isArchived ? 'showUsed' : 'showArchived')}
        </button>
      </section>
    </>
  );
}

interface GroupProps {
  readonly project: Project;
  readonly isMember: boolean;
}

function Group({ project, isMember }: GroupProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { id, name, client_name: client, archived_at: archived, version } = project;
  const params = { id };
  const asked = usePagesOfAccount(['orbit scopes', 'project', id], (api, paging) =>
    api.call('GET /v1/scopes', { query: { ...paging, project_id: id } }),
  );
  const alter = (body: { readonly name: string } | { readonly archived: boolean }) =>
    call('PATCH /v1/projects/{id}', { params, body }, { version });
  return (
    <Section title={client === null ? name : `${name} · ${client}`}>
      <ScopeTable label={name} rows={asked.rows} asked={asked} empty={say('noneInProject')} lines={2} />
      {isMember && archived === null && <NewScope project={project} />}
      {isMember && (
        <details>
          <summary className="dim">{say('manage', { name })}</summary>
          <LineForm
            label={say('projectName')}
            value={name}
            button={say('rename')}
            act={(line) => alter({ name: line })}
          />
          <p className="row">
            <Act
              isQuiet
              text={say(archived === null ? 'to_archived' : 'unarchive')}
              act={() => alter({ archived: archived === null })}
            />
            <Confirm
              isQuiet
              isDangerous
              text={say('deleteProject')}
              act={() => call('DELETE /v1/projects/{id}', { params })}
            />
            <span className="dim">{say('scopesStay')}</span>
          </p>
        </details>
      )}
    </Section>
  );
}

/** The project of a scope, and its choice among those in use. */
export function ProjectOf({ scope: { id, project_id: project, version }, mayEdit }: View) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { data } = useProjects();
  const { data: archived } = useProjects(true);
  const { mutate, error } = useAct((to: string | undefined) =>
    call('PATCH /v1/scopes/{id}', { params: { id }, body: { project_id: to ?? null } }, { version }),
  );
  const used = data?.data ?? [];
  const current = [...used, ...(archived?.data ?? [])].find((one) => one.id === project);
  if (!mayEdit) return current === undefined ? null : <span className="dim">{current.name}</span>;
  // An archived one takes no scope, and keeps those that it has.
  const options = Object.fromEntries(
    [...used, ...(current === undefined ? [] : [current])].map((one) => [one.id, one.name]),
  );
  if (Object.keys(options).length === 0) return null;
  return (
    <>
      <Pick
        label={say('project')}
        value={project ?? undefined}
        options={options}
        none={say('noProject')}
        choose={(to) => mutate(to)}
      />
      <Refusal error={error} />
    </>
  );
}
