import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import {
  Confirm,
  Facts,
  Refusal,
  Table,
  type Typed,
  useApi,
  useMe,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { Changes, Item, useVersions, Versions, Writing } from './item.tsx';
import { type Audience, AudienceField, chosenAudience, LevelFilter, Shared, useLevel } from './levels.tsx';
import { texts } from './texts.ts';

type Document = ReplyOf<'GET /v1/context/documents/{id}'>;

const KINDS = ['technical', 'business'] as const;
const SIGNS = { added: '+', removed: '−', same: ' ' } as const;

/** Documents that a model reads first, and the form for a new one. */
export function Documents() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const level = useLevel();
  // A budget of one token answers the documents without their texts, but for those of one token.
  const { data, ...asked } = useOfAccount(['memory documents'], ({ call }) =>
    call('GET /v1/context/load', { query: { budget_tokens: 1 } }),
  );
  const all = data && [...('documents' in data ? data.documents : []), ...data.left_out];
  if (search['write'] !== undefined) return <DocumentForm end={(id) => change({ write: undefined, id })} />;
  return (
    <>
      <LevelFilter write={say('writeDocument')} />
      <Table
        label={say('documents')}
        rows={all?.filter((one) => level === undefined || one.level === level)}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(level === undefined ? 'noDocuments' : 'noneOfLevel')}
        lines={8}
        columns={[
          { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ id }) },
          { head: say('kind'), isDim: true, cell: ({ kind }) => say(kind) },
          { head: say('level'), isDim: true, cell: (row) => say(row.level) },
          { head: say('version'), count: (row) => row.current_version },
          { head: say('tokens'), count: ({ tokens }) => tokens },
          { head: say('written'), isFigure: true, isDim: true, past: (row) => row.updated_at },
        ]}
      />
    </>
  );
}

interface DocumentFormProps {
  /** The document that gets another version; none: a new one. */
  readonly document?: Document;
  readonly end: (id?: string) => void;
}

function DocumentForm({ document, end }: DocumentFormProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const save = ({ name = '', kind, text = '', audience }: Typed) => {
    const body = { name: document?.name ?? name, text, ...chosenAudience(audience) };
    return (document?.kind ?? kind) === 'business'
      ? call('POST /v1/context/business', { body })
      : call('POST /v1/context/technical', { body });
  };
  return (
    <Writing label={say(document === undefined ? 'writeDocument' : 'writeVersion')} {...{ save, end }}>
      {document === undefined && (
        <div className="row">
          <TextInput
            name="name"
            label={say('name')}
            required
            withAsterisk
            maxLength={200}
            placeholder="glossary"
          />
          <NativeSelect
            name="kind"
            label={say('kind')}
            data={KINDS.map((value) => ({ value, label: say(value) }))}
          />
          <AudienceField />
        </div>
      )}
      <Textarea name="text" label={say('text')} defaultValue={document?.text} required autosize minRows={8} />
    </Writing>
  );
}

/** One document: its text, its versions and their changes. */
export function OpenedDocument({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const { call } = useApi();
  const [isEdited, setEdited] = useState(false);
  const params = { id };
  const asked = useOfAccount(['memory document', id], (api) =>
    api.call('GET /v1/context/documents/{id}', { params }),
  );
  const share = (body: Audience) => call('PATCH /v1/context/documents/{id}', { params, body });
  return (
    <Item asked={asked} titleOf={({ name }) => name}>
      {(document) => (
        <>
          <Facts
            of={{
              [say('kind')]: say(document.kind),
              [say('level')]: <Shared item={document} change={share} />,
              [say('tokens')]: format.count(document.tokens),
            }}
          />
          {isEdited ? (
            <DocumentForm document={document} end={() => setEdited(false)} />
          ) : (
            <Text document={document} edit={() => setEdited(true)} />
          )}
        </>
      )}
    </Item>
  );
}

interface TextProps {
  readonly document: Document;
  /** Begins another version. */
  readonly edit: () => void;
}

/** Its text in the chosen version, or the lines that changed since another one. */
function Text({ document: { id, author_id: author, current_version: newest }, edit }: TextProps) {
  const { say, format } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const isAuthor = useMe().data?.id === author;
  const { version, from } = useVersions(newest);
  const params = { id };
  const known = useOfAccount(['memory document', id, 'versions', newest], (api) =>
    api.call('GET /v1/context/documents/{id}/versions', { params, query: { limit: 100 } }),
  ).data?.data;
  const { data, error } = useOfAccount(['memory document', id, version, from], async (api) => {
    if (from === undefined)
      return (await api.call('GET /v1/context/documents/{id}', { params, query: { version } })).text;
    const query = { from, to: version };
    return (await api.call('GET /v1/context/documents/{id}/diff', { params, query })).lines.map(
      ({ op, text }) => ({ op, text: `${SIGNS[op]} ${text}\n` }),
    );
  });
  const dayOf = (one: number) => {
    const at = known?.find((row) => row.version === one)?.created_at;
    return at === undefined ? '' : `· ${format.day(at)}`;
  };
  const remove = async () => {
    await call('DELETE /v1/context/documents/{id}', { params });
    change({ id: undefined });
  };
  return (
    <section>
      <Versions newest={newest} dayOf={dayOf} />
      <Refusal error={error} isQuiet />
      <div
        className="page-text"
        tabIndex={0}
        role="group"
        aria-label={say(from === undefined ? 'text' : 'changes')}
      >
        {typeof data === 'object' ? <Changes of={data} /> : data}
        {data?.length === 0 && say('noChange')}
      </div>
      {isAuthor && (
        <p className="filters">
          <Button variant="default" onClick={edit}>
            {say('writeVersion')}
          </Button>
          <Confirm isDangerous text={say('deleteDocument')} act={remove} />
        </p>
      )}
    </section>
  );
}
