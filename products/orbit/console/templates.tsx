import {
  Act,
  Confirm,
  LineForm,
  Opened,
  Pick,
  Table,
  useApi,
  useIsAtLeast,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { SectionText } from './section-text.tsx';
import { texts } from './texts.ts';
import type { View } from './use-scope.ts';

type Template = ReplyOf<'GET /v1/templates'>['data'][number];

const MODES = ['append', 'by_title', 'replace'] as const;

/** Templates of the workspace and public ones; in a scope they are applied to it, and one is made from it. */
export function Templates({ view }: { readonly view?: View }) {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const isAdmin = useIsAtLeast('admin');
  const [mode, setMode] = useState<(typeof MODES)[number]>('append');
  const asked = usePagesOfAccount(['orbit templates'], (api, query) =>
    api.call('GET /v1/templates', { query }),
  );
  const { template: opened } = search;
  const mayApply = view?.mayEdit === true;
  const apply = ({ id }: Template) => view !== undefined && <ApplyAct {...{ view, id, mode }} />;
  return (
    <>
      {isAdmin && view !== undefined && view.scope.sections.length > 0 && <MakeTemplate view={view} />}
      {mayApply && asked.rows?.length !== 0 && (
        <p className="filters">
          <Pick
            label={say('mode')}
            value={mode}
            options={Object.fromEntries(MODES.map((one) => [one, say(one)]))}
            choose={(one) => setMode(MODES.find((known) => known === one) ?? 'append')}
          />
          <span className="dim">{say(`${mode}.why`)}</span>
        </p>
      )}
      <div className="split" data-open={opened !== undefined}>
        <section aria-label={say('templates')} className="opened">
          <Table
            label={say('templates')}
            asked={asked}
            keyOf={({ id }) => id}
            opened={opened}
            empty={say(isAdmin && view !== undefined ? 'noTemplatesHere' : 'noTemplates')}
            lines={4}
            columns={[
              { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ template: id }) },
              { head: say('sectionCount'), count: (one) => one.section_count },
              { head: say('from'), isDim: true, cell: (one) => say(one.visibility) },
              { head: say('changed'), isFigure: true, isDim: true, past: (one) => one.updated_at },
              ...(mayApply ? [{ head: '', cell: apply }] : []),
            ]}
          />
        </section>
        {opened !== undefined && <OpenTemplate key={opened} id={opened} isAdmin={isAdmin} />}
      </div>
    </>
  );
}

interface ApplyProps {
  readonly view: View;
  readonly id: string;
  readonly mode: (typeof MODES)[number];
}

/** Applies a template to the scope as it was read; sections that would be deleted ask for a second press. */
function ApplyAct({ view: { scope }, id, mode }: ApplyProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const apply = async () => {
    const body = { scope_id: scope.id, mode };
    await call('POST /v1/templates/{id}/apply', { params: { id }, body }, { version: scope.version });
    change({ view: 'sections', template: undefined });
  };
  return mode === 'replace' ? (
    <Confirm isQuiet isDangerous text={say('apply')} act={apply} />
  ) : (
    <Act isQuiet text={say('apply')} act={apply} />
  );
}

function MakeTemplate({ view: { scope } }: { readonly view: View }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const sections = scope.sections.map(({ type, title, content }) => ({ type, title, content }));
  return (
    <LineForm
      label={say('templateName')}
      button={say('makeTemplate')}
      act={(name) => call('POST /v1/templates', { body: { name, sections } })}
    />
  );
}

/** A template as it would be drawn in a scope. */
function OpenTemplate({ id, isAdmin }: { readonly id: string; readonly isAdmin: boolean }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const params = { id };
  const close = () => change({ template: undefined });
  const asked = useOfAccount(['orbit template', id], (api) => api.call('GET /v1/templates/{id}', { params }));
  const remove = () => call('DELETE /v1/templates/{id}', { params }).then(close);
  return (
    <Opened title={asked.data?.name ?? say('template')} {...{ close, asked }} missing={say('templateGone')}>
      {({ description, sections, visibility }) => (
        <>
          {description !== null && <p className="dim">{description}</p>}
          {sections.map(({ title, content }, n) => (
            <div key={n} className="prose">
              <h3>{title}</h3>
              <SectionText {...{ title, content }} />
            </div>
          ))}
          {isAdmin && visibility === 'workspace' && (
            <Confirm isQuiet isDangerous text={say('deleteTemplate')} act={remove} />
          )}
        </>
      )}
    </Opened>
  );
}
