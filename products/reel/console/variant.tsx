import { Button, Textarea } from '@mantine/core';
import { Refusal, StateBadge, useAct, useApi, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { platformName, texts } from './texts.ts';

type Draft = ReplyOf<'GET /v1/drafts/{id}'>;
export type Variant = ReplyOf<'GET /v1/generations/{id}'>['variants'][number];

interface DraftVariantProps {
  readonly variant: Variant;
  /** Undefined while it is read. */
  readonly draft: Draft | undefined;
}

/** A variant to read, to choose, to edit and to keep. */
export function DraftVariant({ variant, draft }: DraftVariantProps) {
  const { say } = useTexts(texts);
  const api = useApi();
  const [edited, setEdited] = useState<Pick<Variant, 'hook' | 'body'>>();
  const [isEditing, setEditing] = useState(false);
  const { hook, body } = edited ?? variant;
  const { id, cta, hashtags, over_length: isTooLong } = variant;
  const isChosen = draft?.selected_variant_id === id;
  const choice = useAct(() =>
    api.call(
      'PATCH /v1/drafts/{id}',
      { params: { id: draft?.id ?? '' }, body: { selected_variant_id: id } },
      { version: draft?.version },
    ),
  );
  const keeping = useAct(() =>
    api.call('POST /v1/library/assets', {
      body:
        edited === undefined
          ? { draft_id: draft?.id ?? '', variant_id: id }
          : { platform: draft?.platform, language: draft?.language, hook, body, cta, hashtags },
    }),
  );
  return (
    <article data-open={isChosen}>
      {isEditing ? (
        <>
          <Textarea
            aria-label={say('hook')}
            value={hook}
            autosize
            onChange={({ currentTarget }) => setEdited({ hook: currentTarget.value, body })}
          />
          <Textarea
            aria-label={say('body')}
            value={body}
            autosize
            onChange={({ currentTarget }) => setEdited({ hook, body: currentTarget.value })}
          />
        </>
      ) : (
        <>
          <p>
            <b>{hook}</b>
          </p>
          <p>{body}</p>
        </>
      )}
      <p>{cta}</p>
      <p className="dim">{hashtags.join(' ')}</p>
      {isTooLong && (
        <StateBadge color="yellow">
          {say('tooLong', { platform: platformName(draft?.platform ?? '') })}
        </StateBadge>
      )}
      <Refusal error={choice.error ?? keeping.error} />
      <p className="filters">
        {isChosen ? (
          <StateBadge color="accent">{say('chosen')}</StateBadge>
        ) : (
          <Button variant="default" disabled={draft === undefined} onClick={() => choice.mutate()}>
            {say('choose')}
          </Button>
        )}
        <Button variant="default" onClick={() => setEditing(!isEditing)}>
          {say(isEditing ? 'done' : 'edit')}
        </Button>
        <Button
          variant="default"
          disabled={draft === undefined || keeping.isSuccess}
          loading={keeping.isPending}
          onClick={() => keeping.mutate()}
        >
          {say(keeping.isSuccess ? 'saved' : 'save')}
        </Button>
      </p>
    </article>
  );
}
