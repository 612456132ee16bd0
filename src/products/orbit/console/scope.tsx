import { Skeleton } from '@mantine/core';
import {
  isAtLeast,
  StateBadge,
  Tabs,
  Trouble,
  useAccount,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { Comments } from './comments.tsx';
import { Documents } from './documents.tsx';
import { Exports } from './exports.tsx';
import { Sections } from './sections.tsx';
import { namesOf, texts } from './texts.ts';
import { keyOf, type Others, type Scope, useNames, useOthers } from './use-scope.ts';

const VIEWS = ['sections', 'documents', 'comments', 'exports'] as const;

/** One scope, with who has it open besides. */
export function OpenScope({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const role = useAccount()?.account.role;
  const { search, change } = useProductSearch();
  const [editing, setEditing] = useState<string>();
  const { others, isLost } = useOthers(id, editing);
  const { data, error, refetch } = useOfAccount(keyOf(id), (api) =>
    api.call('GET /v1/scopes/{id}', { params: { id } }),
  );
  if (data === undefined)
    return error === null ? <Skeleton h={480} /> : <Trouble error={error} retry={() => void refetch()} />;
  const isMember = isAtLeast(role, 'member');
  const view = VIEWS.find((one) => one === search['view']) ?? 'sections';
  const given = { scope: data, mayEdit: isMember && !['sent', 'archived'].includes(data.status) };
  return (
    <>
      <button
        type="button"
        className="quiet dim"
        onClick={() => change({ scope: undefined, view: undefined, open: undefined })}
      >
        ← {say('scopes')}
      </button>
      <header className="page">
        <h1>{data.title}</h1>
        <span className="dim">{data.client_name}</span>
        <StateBadge>{say(data.status)}</StateBadge>
      </header>
      <p className="dim" role="status">
        {isLost ? say('lost') : <Here scope={data} others={others} />}
      </p>
      <section>
        <Tabs
          views={namesOf(VIEWS, say)}
          view={view}
          choose={(one) => change({ view: one, open: undefined })}
        />
        {/* It stays: what is typed there is kept while one looks at the documents. */}
        <div hidden={view !== 'sections'}>
          <Sections {...given} others={others} edit={setEditing} />
        </div>
        {view === 'documents' && <Documents {...given} />}
        {view === 'comments' && <Comments scope={data} />}
        {view === 'exports' && <Exports scope={data} isMember={isMember} />}
      </section>
    </>
  );
}

function Here({ scope, others }: { readonly scope: Scope; readonly others: Others }) {
  const { say } = useTexts(texts);
  const nameOf = useNames();
  const names = others.map(({ user_id: user, section_id: section }) => {
    const name = nameOf(user);
    const title = scope.sections.find(({ id }) => id === section)?.title;
    return title === undefined ? name : say('editing', { name, title });
  });
  return names.length === 0 ? say('alone') : say('others', { names: names.join(', ') });
}
