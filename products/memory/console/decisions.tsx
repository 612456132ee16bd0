import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import {
  Confirm,
  Download,
  Facts,
  StateBadge,
  Table,
  type Typed,
  useApi,
  useMe,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
  When,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { Neighbours } from './graph.tsx';
import { Changes, Item, useVersions, Versions, Writing } from './item.tsx';
import { type Audience, AudienceField, chosenAudience, LevelFilter, Shared, useLevel } from './levels.tsx';
import { texts } from './texts.ts';
import { diffWords } from './word-diff.ts';

type Decision = Exclude<ReplyOf<'GET /v1/decisions/{id}'>, { readonly markdown: string }>;

const PARTS = ['context', 'rationale', 'consequences'] as const;
const STATUSES = ['accepted', 'proposed'] as const;

/** Decisions that one may read, and the form for a new one. */
export function Decisions() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const level = useLevel();
  const asked = usePagesOfAccount(
    ['memory decisions', level],
    (api, paging) =>
      api.call('GET /v1/decisions', { query: { ...paging, ...(level === undefined ? {} : { level }) } }),
    { limit: 20 },
  );
  if (search['write'] !== undefined) return <DecisionForm end={(id) => change({ write: undefined, id })} />;
  return (
    <>
      <LevelFilter write={say('writeDecision')} />
      <Table
        label={say('decisions')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(level === undefined ? 'noDecisions' : 'noneOfLevel')}
        lines={8}
        columns={[
          { head: say('title'), cell: ({ title }) => title, act: ({ id }) => change({ id }) },
          { head: say('status'), cell: ({ status }) => <Status of={status} /> },
          { head: say('level'), isDim: true, cell: (row) => say(row.level) },
          { head: say('decided'), isFigure: true, isDim: true, past: (row) => row.decided_at },
        ]}
      />
    </>
  );
}

function Status({ of }: { readonly of: Decision['status'] }) {
  const { say } = useTexts(texts);
  return <StateBadge color={of === 'accepted' ? 'accent' : 'gray'}>{say(of)}</StateBadge>;
}

interface DecisionFormProps {
  /** The decision that gets another version; none: a new one. */
  readonly decision?: Decision;
  readonly end: (id?: string) => void;
}

function DecisionForm({ decision, end }: DecisionFormProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  // A version that was saved meanwhile is not written over.
  const [version] = useState(decision?.current_version);
  const save = ({ title = '', context = '', rationale = '', consequences = '', ...typed }: Typed) => {
    const body = { title, context, rationale, consequences: consequences === '' ? null : consequences };
    const status = STATUSES.find((one) => one === typed['status']) ?? 'accepted';
    return decision === undefined
      ? call('POST /v1/decisions', { body: { ...body, status, ...chosenAudience(typed['audience']) } })
      : call('PUT /v1/decisions/{id}', { params: { id: decision.id }, body }, { version });
  };
  return (
    <Writing label={say(decision === undefined ? 'writeDecision' : 'writeVersion')} {...{ save, end }}>
      <TextInput
        name="title"
        label={say('title')}
        defaultValue={decision?.title}
        required
        withAsterisk
        maxLength={300}
      />
      {PARTS.map((name) => (
        <Textarea
          key={name}
          name={name}
          label={say(name)}
          defaultValue={decision?.[name] ?? ''}
          required={name !== 'consequences'}
          autosize
          minRows={3}
        />
      ))}
      {decision === undefined && (
        <div className="row">
          <NativeSelect
            name="status"
            label={say('status')}
            data={STATUSES.map((value) => ({ value, label: say(value) }))}
          />
          <AudienceField />
        </div>
      )}
    </Writing>
  );
}

/** A decision in one of its versions. */
const useDecision = (id: string, version: number | undefined, isWanted = true) =>
  useOfAccount(
    ['memory decision', id, version],
    async ({ call }) => {
      const query = version === undefined ? {} : { version };
      const found = await call('GET /v1/decisions/{id}', { params: { id }, query });
      if ('markdown' in found) throw new TypeError('Markdown was not asked for');
      return found;
    },
    { isWanted },
  );

/** One decision: why it was made, its versions and their changes, and its neighbours. */
export function OpenedDecision({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const me = useMe().data?.id;
  const [isEdited, setEdited] = useState(false);
  const share = (body: Audience) => call('PATCH /v1/decisions/{id}', { params: { id }, body });
  return (
    <Item asked={useDecision(id, undefined)} titleOf={({ title }) => title}>
      {(decision) => (
        <>
          <Facts
            of={{
              [say('status')]: <Status of={decision.status} />,
              [say('level')]: <Shared item={decision} change={share} />,
              [say('decided')]: <When at={decision.decided_at} isPast />,
            }}
          />
          {isEdited ? (
            <DecisionForm decision={decision} end={() => setEdited(false)} />
          ) : (
            <>
              <Versions newest={decision.current_version} />
              <Texts decision={decision} />
              <Acts
                decision={decision}
                edit={decision.author_id === me ? () => setEdited(true) : undefined}
              />
            </>
          )}
          <Neighbours id={id} />
        </>
      )}
    </Item>
  );
}

/** Its texts in the chosen version, with their changes since the one that it is compared with. */
function Texts({ decision: { id, current_version: newest } }: { readonly decision: Decision }) {
  const { say } = useTexts(texts);
  const { version, from } = useVersions(newest);
  const { data: shown } = useDecision(id, version);
  const { data: before } = useDecision(id, from, from !== undefined);
  if (shown === undefined || (from !== undefined && before === undefined)) return null;
  return (['title', ...PARTS] as const).map((part) => {
    const text = shown[part] ?? '';
    const old = from === undefined ? text : (before?.[part] ?? '');
    // The title of the newest version stands above.
    if ((text === '' && old === '') || (part === 'title' && version === newest && text === old)) return null;
    return (
      <section key={part} aria-label={say(part)}>
        <h2>{say(part)}</h2>
        <p>{from === undefined ? text : <Changes of={diffWords(old, text)} />}</p>
      </section>
    );
  });
}

interface ActsProps {
  readonly decision: Decision;
  /** Begins another version; undefined: one is not its author. */
  readonly edit: (() => void) | undefined;
}

function Acts({ decision: { id, status }, edit }: ActsProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const params = { id };
  const read = async () => {
    const text = await call('GET /v1/decisions/{id}', { params, query: { format: 'markdown' } });
    return new Response('markdown' in text ? text.markdown : '');
  };
  const accept = () => call('PATCH /v1/decisions/{id}', { params, body: { status: 'accepted' } });
  const remove = async () => {
    await call('DELETE /v1/decisions/{id}', { params });
    change({ id: undefined });
  };
  return (
    <div className="filters">
      {edit !== undefined && (
        <>
          <Button variant="default" onClick={edit}>
            {say('writeVersion')}
          </Button>
          {status === 'proposed' && <Confirm text={say('accept')} act={accept} />}
          <Confirm isDangerous text={say('deleteDecision')} act={remove} />
        </>
      )}
      <Download
        text={say('exportAs', { format: 'Markdown' })}
        name={`decision-${id.slice(-8)}.md`}
        read={read}
      />
    </div>
  );
}
