import { Button, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { ReplyOf } from '@plinth/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { useAct } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Work } from './catalogue.tsx';
import { readDocument } from './plans-document.ts';
import { Issues, PlansForm, type PlansIssue } from './plans-form.tsx';
import { texts } from './texts.ts';

const api = apiFor(undefined);
/** Milliseconds without a further key until the text is checked. */
const PAUSE = 400;
const VIEWS = ['form', 'text'] as const;

/** A whole small file, where there is none. */
const EXAMPLE = `products:
  notes:
    name: Notes
    limits: { summaries: quota per month }
    features:
      summarize: { consumes: [summaries] }
    plans:
      free: { price: free, grants: { summaries: 20 } }
      pro: { price: 9.99, grants: { summaries: 1000 } }
    default_plan: free
`;

type Preview = ReplyOf<'POST /v1/admin/plans/preview'>;

interface PlansEditorProps {
  readonly work: Work;
  /** Hears what is stored from now on; `isOver`: and what was typed is no more. */
  readonly changed: (work: Work, isOver: boolean) => void;
}

/** One document, as a form and as text: checked while it is typed, kept as a draft, put into effect with what it changes in sight. */
export function PlansEditor({ work, changed }: PlansEditorProps) {
  const { say } = useTexts(texts);
  const { plans, draft } = work;
  const [text, setText] = useState(draft.document ?? plans.document ?? EXAMPLE);
  const [base] = useState(draft.base ?? plans.version);
  const [view, setView] = useState<(typeof VIEWS)[number]>('form');
  const [settled] = useDebouncedValue(text, PAUSE);
  const document = useMemo(() => readDocument(text), [text]);
  const preview = useQuery({
    queryKey: ['plans-preview', plans.version, settled],
    queryFn: () => api.call('POST /v1/admin/plans/preview', { body: { document: settled } }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const keep = () =>
    api.call('PUT /v1/admin/plans/draft', { body: { document: text, base } }, { version: draft.version });
  const { mutate, isPending, error } = useAct(keep, (kept) => changed({ plans, draft: kept }, false));
  const issues = issuesOf(preview.error);
  const isKept = text === (draft.document ?? plans.document);
  const { data } = preview;
  const isReady = data !== undefined && preview.error === null && settled === text && data.changes.length > 0;
  return (
    <>
      <Tabs views={VIEWS.map((one) => [one, say(one)] as const)} view={view} choose={setView} />
      {view === 'form' && document !== undefined ? (
        <PlansForm document={document} text={text} issues={issues} change={setText} />
      ) : (
        <>
          <Textarea
            aria-label={say('text')}
            autosize
            minRows={16}
            maxRows={40}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
          <Issues issues={issues} />
        </>
      )}
      {issues.length === 0 && <Refusal error={preview.error} />}
      {data !== undefined && preview.error === null && <Changes preview={data} />}
      <Refusal error={error} />
      <div className="filters plan-acts">
        <Button loading={isPending} disabled={isKept} onClick={() => mutate()}>
          {say('keep')}
        </Button>
        {isReady && data.problems.length === 0 && (
          <Confirm
            text={say('push')}
            act={async () => {
              // A draft that another operator has changed meanwhile is not passed over.
              if (draft.version > 0 && !isKept) await keep();
              const pushed = await api.call(
                'PUT /v1/admin/plans',
                { body: { document: text } },
                { version: data.version },
              );
              changed({ plans: pushed, draft: await api.call('GET /v1/admin/plans/draft', {}) }, true);
            }}
          />
        )}
        {draft.version > 0 && (
          <Confirm
            isDangerous
            text={say('discard')}
            act={async () =>
              changed(
                {
                  plans,
                  draft: await api.call('DELETE /v1/admin/plans/draft', {}, { version: draft.version }),
                },
                true,
              )
            }
          />
        )}
      </div>
    </>
  );
}

/** Mistakes of the document; none where it was refused for another reason. */
function issuesOf(error: Error | null): readonly PlansIssue[] {
  const details = error !== null && 'details' in error ? error.details : undefined;
  const issues = (details as { readonly issues?: readonly Partial<PlansIssue>[] } | undefined)?.issues ?? [];
  return issues.map(({ message = '', says = message, at = [] }) => ({ message, says, at }));
}

/** The differences from the plans in effect, and whom they touch. */
function Changes({ preview: { changes, plans, problems } }: { readonly preview: Preview }) {
  const { say, format } = useTexts(texts);
  return (
    <Section title={say('changes')}>
      {changes.length === 0 && <p className="dim">{say('noChanges')}</p>}
      <ul className="codes-list">
        {changes.map(({ product, path, text }) => (
          <li key={`${product} ${path}`}>
            {product} {path}: {text}
          </li>
        ))}
        {plans.map(({ plan, accounts, keep, over }) => (
          <li key={plan}>
            <b>{say('touched', { plan, count: format.count(accounts) })}</b>
            {keep > 0 && <p>{say('keepTerms', { count: format.count(keep) })}</p>}
            {over.map(({ limit, accounts: count }) => (
              <p key={limit} className="worse">
                {say('over', { limit, count: format.count(count) })}
              </p>
            ))}
          </li>
        ))}
      </ul>
      {problems.map((problem) => (
        <p key={problem} role="alert" className="worse">
          {problem}
        </p>
      ))}
    </Section>
  );
}
