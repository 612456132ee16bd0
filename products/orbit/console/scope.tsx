import { Skeleton } from '@mantine/core';
import {
  Head,
  useIsAtLeast,
  StateBadge,
  Tabs,
  Trouble,
  useMemberNames,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { Analysis } from './analysis.tsx';
import { Comments } from './comments.tsx';
import { Documents } from './documents.tsx';
import { Exports } from './exports.tsx';
import { ProjectOf } from './projects.tsx';
import { Sections } from './sections.tsx';
import { Star } from './star.tsx';
import { StatusActs } from './status.tsx';
import { Templates } from './templates.tsx';
import { texts } from './texts.ts';
import { keyOf, type Others, type Scope, useOthers } from './use-scope.ts';

const VIEWS = ['sections', 'documents', 'analysis', 'comments', 'templates', 'exports'] as const;

/** One scope, with who has it open besides. */
export function OpenScope({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const isMember = useIsAtLeast('member');
  const { search, change } = useProductSearch();
  const [editing, setEditing] = useState<string>();
  const { others, isLost } = useOthers(id, editing);
  const { data, error, refetch } = useOfAccount(keyOf(id), (api) =>
    api.call('GET /v1/scopes/{id}', { params: { id } }),
  );
  if (data === undefined)
    return error === null ? <Skeleton h={480} /> : <Trouble error={error} retry={() => void refetch()} />;
  const chosen = VIEWS.find((one) => one === search['view']) ?? 'sections';
  const view = { scope: data, isMember, mayEdit: isMember && !['sent', 'archived'].includes(data.status) };
  const close = () =>
    change({ scope: undefined, view: undefined, open: undefined, at: undefined, template: undefined });
  return (
    <>
      <button type="button" className="quiet dim" onClick={close}>
        ← {say('scopes')}
      </button>
      <Head title={data.title} about={data.client_name}>
        {isMember && <Star id={id} />}
        <StateBadge>{say(data.status)}</StateBadge>
        <span className="right dim" role="status">
          {isLost ? say('lost') : <Here scope={data} others={others} />}
        </span>
      </Head>
      <div className="filters">
        {isMember && <StatusActs scope={data} />}
        <ProjectOf {...view} />
        {isMember && !view.mayEdit && <span className="dim">{say('frozen')}</span>}
      </div>
      <Tabs
        views={VIEWS.map((one) => [one, say(one)])}
        view={chosen}
        choose={(one) => change({ view: one, open: undefined, at: undefined, template: undefined })}
      />
      {/* It stays: typed text is kept while one looks at the documents. */}
      <div hidden={chosen !== 'sections'}>
        <Sections {...view} edit={setEditing} />
      </div>
      {chosen === 'documents' && <Documents {...view} />}
      {chosen === 'comments' && <Comments {...view} />}
      {chosen === 'analysis' && <Analysis {...view} />}
      {chosen === 'templates' && <Templates view={view} />}
      {chosen === 'exports' && <Exports {...view} />}
    </>
  );
}

function Here({ scope, others }: { readonly scope: Scope; readonly others: Others }) {
  const { say } = useTexts(texts);
  const nameOf = useMemberNames();
  const names = others.map(({ user_id: user, section_id: section }) => {
    const title = scope.sections.find(({ id }) => id === section)?.title;
    return title === undefined ? nameOf(user) : say('editing', { name: nameOf(user), title });
  });
  return names.length === 0 ? say('alone') : say('others', { names: names.join(', ') });
}
