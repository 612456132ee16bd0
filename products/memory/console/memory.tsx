import { NativeSelect, TextInput } from '@mantine/core';
import { Empty, Head, Table, Tabs, useOfAccount, useProductSearch, useTexts } from '@plinth/console';
import { type FormEvent, useState } from 'react';
import { Decisions, OpenedDecision } from './decisions.tsx';
import { Documents, OpenedDocument } from './documents.tsx';
import { Graph, OpenedNode } from './graph.tsx';
import { OpenedPattern, Patterns } from './patterns.tsx';
import { OpenedSession, Sessions } from './sessions.tsx';
import { texts } from './texts.ts';

const BUDGETS = ['500', '2000', '8000'];
/** Lists by the name of their view, each with the page of one of its things. */
const VIEWS = {
  sessions: [Sessions, OpenedSession],
  decisions: [Decisions, OpenedDecision],
  patterns: [Patterns, OpenedPattern],
  documents: [Documents, OpenedDocument],
  graph: [Graph, OpenedNode],
} as const;
type View = keyof typeof VIEWS;
/** An address without what one thing of a view adds to it. */
const CLOSED = { id: undefined, version: undefined, from: undefined, file: undefined, write: undefined };

/** The memory: found by any words, with the reason for each hit; and all that it is made of, by views. */
export default function Memory() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { q, id } = search;
  const view = (Object.keys(VIEWS) as View[]).find((one) => one === search['view']) ?? 'sessions';
  const [List, Opened] = VIEWS[view];
  return (
    <>
      <Head title={say('memory')} />
      <Question />
      {q === undefined ? (
        <Empty>{say('begin')}</Empty>
      ) : (
        <Answers q={q} budget={search['budget'] ?? '2000'} />
      )}
      <section>
        <Tabs
          views={(Object.keys(VIEWS) as View[]).map((one) => [one, say(one)])}
          view={view}
          choose={(one) => change({ ...CLOSED, view: one })}
        />
        {id === undefined ? (
          <List />
        ) : (
          <>
            <button type="button" className="quiet dim" onClick={() => change(CLOSED)}>
              ← {say(view)}
            </button>
            <Opened key={`${view} ${id}`} id={id} />
          </>
        )}
      </section>
    </>
  );
}

function Question() {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const [words, setWords] = useState(search['q'] ?? '');
  const ask = (event: FormEvent) => {
    event.preventDefault();
    change({ q: words.trim() === '' ? undefined : words.trim() });
  };
  return (
    <form className="filters" role="search" onSubmit={ask}>
      <TextInput
        className="grow"
        type="search"
        aria-label={say('search')}
        placeholder={say('search')}
        value={words}
        maxLength={1_000}
        onChange={({ currentTarget }) => setWords(currentTarget.value)}
      />
      <NativeSelect
        aria-label={say('budget')}
        value={search['budget'] ?? '2000'}
        data={BUDGETS.map((value) => ({
          value,
          label: say('upTo', { tokens: format.count(Number(value)) }),
        }))}
        onChange={({ currentTarget }) => change({ budget: currentTarget.value })}
      />
    </form>
  );
}

interface Why {
  readonly kind: string;
  readonly words?: readonly string[];
}

function Answers({ q, budget }: { readonly q: string; readonly budget: string }) {
  const { say, format } = useTexts(texts);
  const { change } = useProductSearch();
  const { data, ...asked } = useOfAccount(['memory', q, budget], (api) =>
    api.call('GET /v1/context/relevant', { query: { query: q, budget_tokens: Number(budget) } }),
  );
  const turns = data === undefined ? undefined : 'turns' in data ? data.turns : [];
  return (
    <>
      {data !== undefined && (
        <p className="dim num left">
          {say('found', { tokens: format.count(data.tokens), budget: format.count(Number(budget)) })}
        </p>
      )}
      <Table
        label={say('search')}
        rows={turns}
        asked={asked}
        keyOf={({ message_id: id }) => id}
        empty={say('nothing')}
        lines={6}
        columns={[
          {
            head: say('title'),
            isText: true,
            cell: ({ session_id: id, session_title: title, text, speaker, why }) => (
              <>
                {text}
                <br />
                <button type="button" className="quiet dim" onClick={() => change({ view: 'sessions', id })}>
                  {speaker} · {title ?? say('untitled')}
                </button>{' '}
                <span className="dim">{(why as Why[]).map((one) => reasonOf(one, say)).join(' · ')}</span>
              </>
            ),
          },
          { head: say('said'), isFigure: true, past: (row) => row.said_at },
        ]}
      />
    </>
  );
}

const reasonOf = (
  { kind, words }: Why,
  say: ReturnType<typeof useTexts<keyof typeof texts>>['say'],
): string => (words === undefined ? kind.replaceAll('_', ' ') : say('words', { words: words.join(', ') }));
