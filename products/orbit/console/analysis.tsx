import { refusalIn } from '@plinth/sdk/errors';
import {
  Act,
  Confirm,
  Refusal,
  StateBadge,
  Table,
  useAct,
  useApi,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { Schemas } from '@plinth/sdk';
import { useState } from 'react';
import { SectionText } from './section-text.tsx';
import { texts } from './texts.ts';
import { isOpen, keyOf, type Scope, type Section, type View } from './use-scope.ts';

const GROUPS = ['contradictions', 'risks', 'gaps'] as const;
const COLOURS = { high: 'red', medium: 'yellow', low: 'gray' } as const;

/** Findings of a model in the scope: the last analysis, and a new one. */
export function Analysis({ scope, isMember }: View) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const { id, version, sections } = scope;
  const { data: last, ...asked } = useOfAccount(
    keyOf(id, 'analysis'),
    async (api) => {
      const query = { kind: 'analyze', limit: 1 } as const;
      return (await api.call('GET /v1/scopes/{id}/analyses', { params: { id }, query })).data[0] ?? null;
    },
    { again: (one) => (isOpen(one?.status) ? 1_000 : 0) },
  );
  const isRunning = isOpen(last?.status);
  const cancel = () => call('POST /v1/ai/analyses/{id}/cancel', { params: { id: last?.id ?? '' } });
  const isCurrent = last?.status === 'completed' && last.version === version;
  const found = GROUPS.flatMap((group) =>
    (last?.result?.[group] ?? []).map((finding, n) => ({ ...finding, group, key: `${group} ${n}` })),
  );
  const titled = (ids: readonly string[]) => sections.filter((one) => ids.includes(one.id));
  const isDone = last?.status === 'completed';
  return (
    <>
      {isMember && (
        <p className="filters">
          {isRunning ? (
            <Act text={say('cancel')} act={cancel} />
          ) : (
            <Act
              text={say('analyze')}
              isDisabled={sections.length === 0 || isCurrent}
              act={() => call('POST /v1/ai/analyze', { body: { scope_id: id } })}
            />
          )}
          <span className="dim" role="status">
            {isRunning
              ? say('isAnalyzed')
              : say(isCurrent ? 'analyzed' : isDone ? 'changedSince' : 'oneAnalysis')}
          </span>
        </p>
      )}
      <Refusal error={last?.error === undefined ? null : refusalIn(last.error)} />
      <Table
        label={say('analysis')}
        rows={last === undefined ? undefined : found}
        asked={asked}
        keyOf={({ key }) => key}
        empty={isRunning ? '' : say(isDone ? 'nothingFound' : 'noAnalysis')}
        lines={4}
        columns={[
          {
            head: say('severity'),
            cell: ({ severity }) => <StateBadge color={COLOURS[severity]}>{say(severity)}</StateBadge>,
          },
          { head: say('kind'), isDim: true, cell: ({ group }) => say(group) },
          {
            head: say('finding'),
            isText: true,
            cell: ({ title, detail }) => (
              <>
                <b>{title}</b> {detail}
              </>
            ),
          },
          {
            head: say('found'),
            isText: true,
            cell: ({ section_ids: ids }) =>
              titled(ids).map(({ id: at, title }) => (
                <div key={at}>
                  <button
                    type="button"
                    className="quiet left"
                    onClick={() => change({ view: 'sections', at })}
                  >
                    {title}
                  </button>
                </div>
              )),
          },
        ]}
      />
    </>
  );
}

type Suggestion = Schemas['SectionSuggestion'];

/** The text of a section with a suggestion in it: `replace` puts it in the place of all that stands there. */
function contentWith(content: string, { kind, text }: Suggestion, isReplaced = false): string {
  if (isReplaced) return text;
  return kind === 'remove' ? content.replace(text, () => '').trim() : `${content}\n\n${text}`.trim();
}

/** Suggestions of a model for one section: asked for again in the same version, they are the ones that are there. */
export function useSuggestions(scope: Scope, section: Section) {
  const { call } = useApi();
  const [asked, setAsked] = useState<string>();
  const asking = useAct(
    () => call('POST /v1/ai/suggest', { body: { section_id: section.id } }),
    ({ analysis_id: id }) => setAsked(id),
  );
  const { data, error } = useOfAccount(
    keyOf(scope.id, 'suggestions', asked),
    (api) => api.call('GET /v1/ai/analyses/{id}', { params: { id: asked ?? '' } }),
    { isWanted: asked !== undefined, again: (one) => (isOpen(one?.status) ? 1_000 : 0) },
  );
  const failed = data?.error === undefined ? null : refusalIn(data.error);
  return {
    ask: () => asking.mutate(),
    isRunning:
      asking.isPending ||
      isOpen(data?.status) ||
      (asked !== undefined && data === undefined && error === null),
    error: asking.error ?? error ?? failed,
    suggestions: data?.result?.suggestions,
  };
}

interface SuggestionsProps {
  readonly scope: Scope;
  readonly section: Section;
  readonly asked: ReturnType<typeof useSuggestions>;
}

/** Each is taken into the text or put away; a text that was changed meanwhile is not written over. */
export function Suggestions({ scope, section, asked }: SuggestionsProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const [away, setAway] = useState<readonly Suggestion[]>([]);
  const { content, version } = section;
  const take = async (one: Suggestion, isReplaced: boolean) => {
    const params = { id: scope.id, section_id: section.id };
    const body = { content: contentWith(content, one, isReplaced) };
    await call('PATCH /v1/scopes/{id}/sections/{section_id}', { params, body }, { version });
    setAway((before) => [...before, one]);
  };
  const left = asked.suggestions?.filter((one) => !away.includes(one));
  return (
    <>
      <Refusal error={asked.error} />
      {asked.isRunning && (
        <p className="dim" role="status">
          {say('isSuggested')}
        </p>
      )}
      {!asked.isRunning && asked.suggestions?.length === 0 && <p role="status">{say('noSuggestions')}</p>}
      {left?.map((one, n) => (
        <div key={n} className="preview" role="group" aria-label={one.title}>
          <p>
            <b>{one.title}</b> <span className="dim">{say(one.kind)}</span>
          </p>
          <SectionText title="" content={one.text} />
          <p className="dim">{one.reason}</p>
          <div className="row">
            {one.kind !== 'remove' ? (
              <Act isQuiet text={say('accept')} act={() => take(one, false)} />
            ) : content.includes(one.text) ? (
              <Act isQuiet text={say('takeOut')} act={() => take(one, false)} />
            ) : (
              <span className="dim">{say('otherWords')}</span>
            )}
            {one.kind === 'rewrite' && (
              <Confirm isQuiet text={say('replaceText')} act={() => take(one, true)} />
            )}
            <button type="button" className="quiet" onClick={() => setAway([...away, one])}>
              {say('discard')}
            </button>
          </div>
        </div>
      ))}
    </>
  );
}
