import { Button, NativeSelect, TextInput } from '@mantine/core';
import {
  Head,
  Refusal,
  Section,
  Table,
  useGrant,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { type FormEvent, useState } from 'react';
import { languageName, LANGUAGES, type Platform, platformName, PLATFORMS, texts } from './texts.ts';
import { Boost } from './boost.tsx';
import { DraftVariant, type Variant } from './variant.tsx';
import { useGeneration } from './use-generation.ts';

type Draft = ReplyOf<'GET /v1/drafts/{id}'>;
const PARTS = ['hook', 'body', 'cta', 'hashtags', 'whole'] as const;

/** A topic becomes variants, as they are written; one is chosen, a part of it written anew, and what is good kept in the library. */
export default function Studio() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { draft: id } = search;
  const writing = useGeneration();
  const { data: draft } = useOfAccount(
    ['reel draft', id, writing.isRunning],
    (api) => api.call('GET /v1/drafts/{id}', { params: { id: id ?? '' } }),
    { isWanted: id !== undefined },
  );
  const shown =
    id === undefined || id !== writing.draftId ? (draft?.variants ?? []) : withNew(writing.variants, draft);
  return (
    <>
      <Head title={say('studio')}>
        <Boost />
      </Head>
      <NewPost
        isBusy={writing.isRunning}
        write={(body) =>
          void writing.start(
            (api) => api.call('POST /v1/create', { body }),
            (made) => change({ draft: made }),
          )
        }
      />
      <Refusal error={writing.failure} />
      {writing.isRunning && (
        <p role="status" className="dim">
          {say('writing', { count: String(writing.variants.length) })}{' '}
          <button type="button" className="quiet" onClick={writing.stop}>
            {say('stop')}
          </button>
        </p>
      )}
      {shown.length > 0 && (
        <section aria-label={draft?.topic ?? say('variants')} className="columns">
          {shown.map((variant) => (
            <DraftVariant key={variant.id} variant={variant} draft={draft} />
          ))}
        </section>
      )}
      {draft !== undefined && (
        <WriteAnew
          draft={draft}
          isBusy={writing.isRunning}
          write={(body) => void writing.start((api) => api.call('POST /v1/regenerate', { body }))}
        />
      )}
      <Drafts opened={id} />
    </>
  );
}

/** Those that are being written, before those that were there. */
function withNew(fresh: readonly Variant[], draft: Draft | undefined): readonly Variant[] {
  const known = new Set(fresh.map(({ id }) => id));
  return [...fresh, ...(draft?.variants ?? []).filter(({ id }) => !known.has(id))];
}

interface NewPostProps {
  readonly isBusy: boolean;
  readonly write: (body: { topic: string; platform: Platform; variants: number; language: string }) => void;
}

function NewPost({ isBusy, write }: NewPostProps) {
  const { say, language: ownLanguage } = useTexts(texts);
  const [language, setLanguage] = useState<string>(ownLanguage);
  const [topic, setTopic] = useState(say('topicExample'));
  const [platform, setPlatform] = useState<Platform>('linkedin');
  // Two to compare, where the plan has them.
  const most = useGrant('reel', 'variants');
  const [wanted, setVariants] = useState<string>();
  const variants = wanted ?? (typeof most === 'number' && most < 2 ? '1' : '2');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    write({ topic, platform, variants: Number(variants), language });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <TextInput
        className="grow"
        aria-label={say('topic')}
        value={topic}
        maxLength={500}
        onChange={({ currentTarget }) => setTopic(currentTarget.value)}
      />
      <NativeSelect
        aria-label={say('platform')}
        value={platform}
        data={Object.entries(PLATFORMS).map(([value, label]) => ({ value, label }))}
        onChange={({ currentTarget }) => setPlatform(currentTarget.value as Platform)}
      />
      <NativeSelect
        aria-label={say('language')}
        value={language}
        data={LANGUAGES.map(([value, label]) => ({ value, label }))}
        onChange={({ currentTarget }) => setLanguage(currentTarget.value)}
      />
      <NativeSelect
        aria-label={say('variants')}
        value={variants}
        data={['1', '2', '3', '4', '5']}
        onChange={({ currentTarget }) => setVariants(currentTarget.value)}
      />
      <Button type="submit" loading={isBusy} disabled={topic.trim() === ''}>
        {say('write')}
      </Button>
    </form>
  );
}

interface WriteAnewProps {
  readonly draft: Draft;
  readonly isBusy: boolean;
  readonly write: (body: {
    draft_id: string;
    mode: 'targeted' | 'full';
    target?: Exclude<(typeof PARTS)[number], 'whole'>;
    instructions?: string;
  }) => void;
}

/** One part of the chosen variant, or all of it. */
function WriteAnew({ draft, isBusy, write }: WriteAnewProps) {
  const { say } = useTexts(texts);
  const [part, setPart] = useState<(typeof PARTS)[number]>('hook');
  const [wish, setWish] = useState('');
  if (draft.selected_variant_id === null) return <p className="dim">{say('chooseFirst')}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const instructions = wish.trim() === '' ? {} : { instructions: wish.trim() };
    write({
      draft_id: draft.id,
      ...(part === 'whole' ? { mode: 'full' } : { mode: 'targeted', target: part }),
      ...instructions,
    });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <NativeSelect
        aria-label={say('part')}
        value={part}
        data={PARTS.map((value) => ({ value, label: say(value) }))}
        onChange={({ currentTarget }) => setPart(currentTarget.value as typeof part)}
      />
      <TextInput
        className="grow"
        aria-label={say('wish')}
        placeholder={say('wish')}
        value={wish}
        maxLength={500}
        onChange={({ currentTarget }) => setWish(currentTarget.value)}
      />
      <Button type="submit" variant="default" loading={isBusy}>
        {say('again')}
      </Button>
    </form>
  );
}

function Drafts({ opened }: { readonly opened: string | undefined }) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const asked = usePagesOfAccount(
    ['reel drafts'],
    (api, paging) => api.call('GET /v1/drafts', { query: paging }),
    { limit: 20 },
  );
  return (
    <Section title={say('drafts')}>
      <Table
        label={say('drafts')}
        asked={asked}
        keyOf={({ id }) => id}
        opened={opened}
        empty={say('noDrafts')}
        lines={6}
        columns={[
          {
            head: say('topic'),
            cell: ({ title, topic }) => title ?? topic,
            act: ({ id }) => change({ draft: id }),
          },
          { head: say('platform'), isDim: true, cell: ({ platform }) => platformName(platform) },
          { head: say('language'), isDim: true, cell: ({ language }) => languageName(language) },
          { head: say('when'), isFigure: true, isDim: true, past: (row) => row.created_at },
        ]}
      />
    </Section>
  );
}
