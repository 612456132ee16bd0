import { Button, Textarea, TextInput } from '@mantine/core';
import {
  LineForm,
  Opened,
  Pick,
  Refusal,
  typedIn,
  useAccount,
  useAct,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Comments } from './comments.tsx';
import { Source } from './source.tsx';
import { KINDS, namesOf, texts } from './texts.ts';
import { keyOf, type Others, type Scope, type Section, useApi, useDocuments, useNames } from './use-scope.ts';

interface SectionsProps {
  readonly scope: Scope;
  readonly mayEdit: boolean;
  readonly others: Others;
  /** Says to others which section is edited here. */
  readonly edit: (section: string | undefined) => void;
}

/** All sections in their order; beside them the source of a citation, or the comments on a section. */
export function Sections({ scope, mayEdit, others, edit }: SectionsProps) {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { open = '' } = search;
  /** The one that is being edited, as it was when that began. */
  const [begun, setBegun] = useState<Section>();
  const [of, cited] = open.split('.');
  const opened = scope.sections.find(({ id }) => id === of);
  const citation = opened?.citations?.[Number(cited)];
  const known = new Set(scope.sections.map(({ id }) => id));
  const turn = (next: Section | undefined) => {
    setBegun(next);
    edit(next?.id);
  };
  const close = () => change({ open: undefined });
  const asked = { data: opened, error: null, refetch() {} };
  const isDeleted = begun !== undefined && !known.has(begun.id);
  return (
    <div className="split" data-open={opened !== undefined}>
      <div>
        {scope.sections.length === 0 && <p className="dim">{say('noSections')}</p>}
        {[...scope.sections, ...(isDeleted ? [begun] : [])].map((section) => (
          <section key={section.id} aria-label={section.title} className="prose">
            <Head section={section} others={others}>
              {mayEdit && begun === undefined && (
                <button type="button" className="quiet" onClick={() => turn(section)}>
                  {say('edit')}
                </button>
              )}
            </Head>
            {begun?.id === section.id ? (
              <Editor {...{ scope, section, isDeleted, begun }} end={() => turn(undefined)} />
            ) : (
              <p>{section.content}</p>
            )}
            {section.citations !== null && <Citations scope={scope} section={section} />}
          </section>
        ))}
        {mayEdit && <NewSection scope={scope} />}
      </div>
      {opened !== undefined && citation === undefined && (
        <Opened {...{ title: opened.title, close, asked, missing: '' }}>
          {({ id }) => <Comments scope={scope} section={id} />}
        </Opened>
      )}
      {citation !== undefined && <Source key={open} of={citation} close={close} />}
    </div>
  );
}

interface OneProps {
  readonly scope: Scope;
  readonly section: Section;
}

interface HeadProps extends Omit<OneProps, 'scope'> {
  readonly others: Others;
  /** What may be done with it besides. */
  readonly children: ReactNode;
}

function Head({ section, others, children }: HeadProps) {
  const { say, format } = useTexts(texts);
  const { change } = useProductSearch();
  const { id, title, type, confidence } = section;
  const nameOf = useNames();
  const names = others.filter(({ section_id: at }) => at === id).map(({ user_id: user }) => nameOf(user));
  const facts = [
    say(type),
    ...(confidence === null ? [] : [`${format.count(Math.round(confidence * 100))} %`]),
    ...(names.length === 0 ? [] : [say('editsThis', { names: names.join(', ') })]),
  ];
  return (
    <header className="page">
      <h2>{title}</h2>
      <span className="dim">{facts.join(' · ')}</span>
      <span className="right">
        <button type="button" className="quiet" onClick={() => change({ open: id })}>
          {say('comments')}
        </button>
        {children}
      </span>
    </header>
  );
}

interface EditorProps extends OneProps {
  readonly isDeleted: boolean;
  readonly begun: Section;
  readonly end: () => void;
}

/** What is typed stays until it is saved or thrown away, whatever others do meanwhile. */
function Editor({ scope, section, isDeleted, begun, end }: EditorProps) {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const queries = useQueryClient();
  const api = useApi();
  const isStale = isDeleted || section.version !== begun.version;
  const params = { id: scope.id, section_id: section.id };
  const saving = useAct(
    ({ title = '', content = '' }: ReturnType<typeof typedIn>) =>
      isDeleted
        ? api.call('POST /v1/scopes/{id}/sections', { params, body: { type: section.type, title, content } })
        : api.call(
            'PATCH /v1/scopes/{id}/sections/{section_id}',
            { params, body: { title, content } },
            // Past a conflict that was shown, it is theirs that is written over.
            { version: section.version },
          ),
    (saved) => {
      queries.setQueryData<Scope>(
        keyOf(scope.id, accountId),
        (was) => was && { ...was, sections: was.sections.map((one) => (one.id === saved.id ? saved : one)) },
      );
      end();
    },
  );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(typedIn(event.currentTarget));
      }}
    >
      {isStale && (
        <div role="alert">
          <p>{say(isDeleted ? 'deleted' : 'conflict')}</p>
          {!isDeleted && <p className="dim">{`${section.title}\n${section.content}`}</p>}
        </div>
      )}
      <TextInput name="title" aria-label={say('title')} defaultValue={begun.title} required maxLength={300} />
      <Textarea name="content" aria-label={say('text')} defaultValue={begun.content} autosize minRows={4} />
      {!isStale && <Refusal error={saving.error} />}
      <p className="filters">
        <Button type="submit" loading={saving.isPending}>
          {say(isDeleted ? 'addAgain' : isStale ? 'keepMine' : 'save')}
        </Button>
        <Button variant="default" onClick={end}>
          {say(isStale && !isDeleted ? 'takeTheirs' : 'discard')}
        </Button>
      </p>
    </form>
  );
}

/** Where it stands in the documents. */
function Citations({ scope, section }: OneProps) {
  const { say, format } = useTexts(texts);
  const { change } = useProductSearch();
  const { data: documents } = useDocuments(scope.id);
  return (
    <ul className="legend dim">
      {section.citations?.map(({ document_id: id, page, quote }, index) => {
        const name = documents?.find((one) => one.id === id)?.name ?? say('document');
        return (
          <li key={`${id} ${page} ${quote}`}>
            <button
              type="button"
              className="quiet"
              title={quote}
              onClick={() => change({ open: `${section.id}.${index}` })}
            >
              {say('place', { name, page: format.count(page) })}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function NewSection({ scope }: { readonly scope: Scope }) {
  const { say } = useTexts(texts);
  const api = useApi();
  const [type, setType] = useState<Section['type']>('deliverables');
  return (
    <section className="filters" aria-label={say('newTitle')}>
      <Pick
        label={say('type')}
        value={type}
        options={namesOf(KINDS, say)}
        choose={(one) => one !== undefined && setType(one)}
      />
      <LineForm
        label={say('newTitle')}
        button={say('add')}
        act={(title) =>
          api.call('POST /v1/scopes/{id}/sections', { params: { id: scope.id }, body: { type, title } })
        }
      />
    </section>
  );
}
