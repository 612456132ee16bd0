import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import {
  Confirm,
  Empty,
  LineForm,
  Opened,
  Refusal,
  type Typed,
  typedIn,
  useAccount,
  useAct,
  useApi,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Suggestions, useSuggestions } from './analysis.tsx';
import { Comments } from './comments.tsx';
import { SectionText } from './section-text.tsx';
import { SectionOrder } from './section-order.tsx';
import { isSamePage, show, Source } from './source.tsx';
import { KINDS, texts } from './texts.ts';
import { keyOf, type Scope, type Section, useDocuments, type View } from './use-scope.ts';

interface SectionsProps extends View {
  /** Says to others which section is edited here. */
  readonly edit: (section: string | undefined) => void;
}

/** All sections in their order; beside them the source of a citation, or the comments on a section. */
export function Sections({ edit, ...view }: SectionsProps) {
  const { scope, mayEdit } = view;
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  /** The one that is being edited, as it was when that began. It stays where others delete it: what was typed is not lost. */
  const [begun, setBegun] = useState<Section>();
  const [of, place] = (search['open'] ?? '').split('.');
  const opened = scope.sections.find(({ id }) => id === of);
  const first = opened?.citations?.[Number(place)];
  const cited = first === undefined ? [] : (opened?.citations ?? []).filter((one) => isSamePage(one, first));
  const close = () => change({ open: undefined });
  const turn = (next: Section | undefined) => {
    setBegun(next);
    edit(next?.id);
  };
  const isDeleted = begun !== undefined && scope.sections.every(({ id }) => id !== begun.id);
  return (
    <div className="split" data-open={opened !== undefined}>
      <div>
        {scope.sections.length === 0 && <Empty>{say('noSections')}</Empty>}
        {[...scope.sections, ...(isDeleted ? [begun] : [])].map((section) => (
          <OneSection
            key={section.id}
            {...{ scope, section, mayEdit }}
            begin={mayEdit && begun === undefined ? () => turn(section) : undefined}
          >
            {begun?.id === section.id ? (
              <Editor {...{ scope, section, begun }} end={() => turn(undefined)} />
            ) : (
              <SectionText {...section} />
            )}
          </OneSection>
        ))}
        <section>{mayEdit && <NewSection scope={scope} />}</section>
      </div>
      {opened !== undefined && cited.length === 0 && (
        <Opened
          {...{ title: opened.title, close, asked: { data: opened, error: null, refetch() {} }, missing: '' }}
        >
          {({ id }) => <Comments {...view} section={id} />}
        </Opened>
      )}
      {cited.length > 0 && <Source key={search['open']} of={cited} close={close} />}
    </div>
  );
}

interface SectionProps {
  readonly scope: Scope;
  readonly section: Section;
}

interface OneProps extends SectionProps {
  /** Begins to edit it; undefined: one may not, or edits already. */
  readonly begin: (() => void) | undefined;
  readonly mayEdit: boolean;
  /** Its text, or the fields in which it is edited. */
  readonly children: ReactNode;
}

function OneSection({ scope, section, begin, mayEdit, children }: OneProps) {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { call } = useApi();
  const asked = useSuggestions(scope, section);
  const { data: documents } = useDocuments(scope.id);
  const { id, title, type, confidence, citations } = section;
  const facts = [
    say(type) === title ? '' : say(type),
    confidence === null ? '' : `${format.count(Math.round(confidence * 100))} %`,
  ];
  const places = (citations ?? []).flatMap((one, index, all) => {
    const name = documents?.find((document) => document.id === one.document_id)?.name ?? say('document');
    const isFirst = all.findIndex((other) => isSamePage(one, other)) === index;
    return isFirst
      ? [{ open: `${id}.${index}`, text: say('place', { name, page: format.count(one.page) }) }]
      : [];
  });
  const remove = () =>
    call('DELETE /v1/scopes/{id}/sections/{section_id}', { params: { id: scope.id, section_id: id } });
  return (
    <section aria-label={title} className="prose" ref={search['at'] === id ? show : null}>
      <header className="page">
        <h2>{title}</h2>
        <span className="dim">{facts.filter((fact) => fact !== '').join(' · ')}</span>
      </header>
      {children}
      <div className="row dim">
        {begin !== undefined && (
          <button type="button" className="quiet" onClick={begin}>
            {say('edit')}
          </button>
        )}
        {begin !== undefined && (
          <button type="button" className="quiet" disabled={asked.isRunning} onClick={asked.ask}>
            {say('suggest')}
          </button>
        )}
        {mayEdit && <SectionOrder {...{ scope, section }} />}
        {begin !== undefined && <Confirm isQuiet isDangerous text={say('deleteSection')} act={remove} />}
        {[{ open: id, text: say('comments') }, ...places].map(({ open, text }) => (
          <button key={open} type="button" className="quiet" onClick={() => change({ open })}>
            {text}
          </button>
        ))}
      </div>
      {begin !== undefined && <Suggestions {...{ scope, section, asked }} />}
    </section>
  );
}

interface EditorProps extends SectionProps {
  /** As it was. */
  readonly begun: Section;
  readonly end: () => void;
}

/** Typed text stays until it is saved or thrown away, also when others change the section meanwhile. */
function Editor({ scope, section, begun, end }: EditorProps) {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const queries = useQueryClient();
  const api = useApi();
  const params = { id: scope.id, section_id: section.id };
  // Past a conflict that is shown, it is theirs that is written over.
  const { version } = section;
  const isStale = version !== begun.version;
  const saving = useAct(
    (body: Typed) => api.call('PATCH /v1/scopes/{id}/sections/{section_id}', { params, body }, { version }),
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
        <div role="alert" className="preview">
          <p>{say('conflict')}</p>
          <p className="dim">{`${section.title}\n${section.content}`}</p>
        </div>
      )}
      <TextInput name="title" aria-label={say('title')} defaultValue={begun.title} required maxLength={300} />
      <Textarea name="content" aria-label={say('text')} defaultValue={begun.content} autosize minRows={4} />
      {!isStale && <Refusal error={saving.error} />}
      <p className="filters">
        <Button type="submit" loading={saving.isPending}>
          {say(isStale ? 'keepMine' : 'save')}
        </Button>
        <Button variant="default" onClick={end}>
          {say(isStale ? 'takeTheirs' : 'discard')}
        </Button>
      </p>
    </form>
  );
}

function NewSection({ scope: { id } }: { readonly scope: Scope }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const add = (title: string, typed: Typed) => {
    const type = KINDS.find((one) => one === typed['type']) ?? 'other';
    return call('POST /v1/scopes/{id}/sections', { params: { id }, body: { type, title } });
  };
  return (
    <LineForm label={say('newTitle')} button={say('add')} act={add}>
      <NativeSelect
        name="type"
        aria-label={say('type')}
        data={KINDS.map((value) => ({ value, label: say(value) }))}
      />
    </LineForm>
  );
}
