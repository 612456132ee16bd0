import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { ReplyOf } from '@plinth/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { HtmlFrame } from '../../parts/html-frame.tsx';
import { refusedAt } from '../../parts/issues.ts';
import { useAct } from '../../parts/of-account.ts';
import { Pick } from '../../parts/pick.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Brand } from './brands.tsx';
import { LogoField } from './logo-field.tsx';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** Fields of one line, and what each may hold at most. */
const LINES = {
  name: 60,
  from_name: 60,
  accent: 7,
  accent_text: 7,
  support: 254,
  terms_url: 500,
  privacy_url: 500,
  app_url: 500,
  sign_up_url: 500,
} as const;
type Line = keyof typeof LINES;
const NAMES = Object.keys(LINES) as Line[];

/** Typed fields: an empty line is the server's, or follows from settings. */
interface Draft {
  readonly lines: Readonly<Record<Line, string>>;
  readonly welcomes: 'yes' | 'no' | undefined;
  /** Base64 of another image; null: none; undefined: as it is stored. */
  readonly logo: string | null | undefined;
}

/** Milliseconds without a further key until the preview follows. */
const PAUSE = 400;

function draftOf({ stored }: Brand): Draft {
  const welcomes = stored['welcome_mail'];
  return {
    lines: Object.fromEntries(
      NAMES.map((name) => [name, typeof stored[name] === 'string' ? stored[name] : '']),
    ) as Draft['lines'],
    welcomes: welcomes === undefined ? undefined : welcomes === true ? 'yes' : 'no',
    logo: undefined,
  };
}

const bodyOf = ({ lines, welcomes }: Draft) => ({
  ...Object.fromEntries(
    NAMES.flatMap((name) => (lines[name].trim() === '' ? [] : [[name, lines[name].trim()]])),
  ),
  ...(welcomes === undefined ? {} : { welcome_mail: welcomes === 'yes' }),
});

/** Stores the fields, then the logo where it is another one: each by the version that was read. */
async function save({ product, version }: Brand, draft: Draft): Promise<Brand> {
  const params = { product };
  const stored = await api.call(
    'PUT /v1/admin/brands/{product}',
    { params, body: bodyOf(draft) },
    { version },
  );
  if (draft.logo === undefined) return stored;
  const then = { version: stored.version };
  return draft.logo === null
    ? api.call('DELETE /v1/admin/brands/{product}/logo', { params }, then)
    : api.call('PUT /v1/admin/brands/{product}/logo', { params, body: { base64: draft.logo } }, then);
}

interface BrandFormProps {
  readonly brand: Brand;
  readonly saved: (brand: Brand) => void;
}

/** The fields of a brand, and the pages and mails that it would give. What the server refuses is said at its field, before it is saved. */
export function BrandForm({ brand, saved }: BrandFormProps) {
  const { say } = useTexts(texts);
  const [draft, setDraft] = useState(() => draftOf(brand));
  const [settled] = useDebouncedValue(draft, PAUSE);
  const [show, setShow] = useState<(typeof SHOWN)[number]>('mail');
  const preview = useQuery({
    queryKey: ['brand-preview', brand.product, brand.version, settled, show],
    queryFn: () =>
      api.call('POST /v1/admin/brands/{product}/preview', {
        params: { product: brand.product },
        body: {
          brand: bodyOf(settled),
          show,
          ...(settled.logo === undefined ? {} : { logo: settled.logo }),
        },
      }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const { mutate, isPending, error } = useAct(() => save(brand, draft), saved);
  const refused = (name: string) =>
    refusedAt(preview.error, name === 'logo' ? name : `brand.${name}`) ?? refusedAt(error, name);
  const isAtField = [...NAMES, 'logo'].some((name) => refused(name) !== undefined);
  return (
    <div className="brand">
      <form
        className="stack"
        aria-label={say('nav.brands')}
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        {NAMES.map((name) => (
          <LineField
            key={name}
            name={name}
            value={draft.lines[name]}
            effective={brand.effective[name]}
            refused={refused(name)}
            change={(value) => setDraft({ ...draft, lines: { ...draft.lines, [name]: value } })}
          />
        ))}
        <label className="pick">
          {say('welcome_mail')}
          <Pick
            label={say('welcome_mail')}
            value={draft.welcomes}
            none={say('inherited')}
            options={{ yes: say('yes'), no: say('no') }}
            choose={(welcomes) => setDraft({ ...draft, welcomes })}
          />
        </label>
        <LogoField
          hasLogo={draft.logo === undefined ? brand.logo_type !== null : draft.logo !== null}
          refused={refused('logo')}
          choose={(logo) => setDraft({ ...draft, logo })}
        />
        {!isAtField && <Refusal error={error ?? preview.error} />}
        <span>
          <Button type="submit" loading={isPending}>
            {say('save')}
          </Button>
        </span>
      </form>
      <Preview preview={preview.data} show={show} choose={setShow} />
    </div>
  );
}

interface LineFieldProps {
  readonly name: Line;
  readonly value: string;
  /** Customers see it where nothing is typed. */
  readonly effective: string | null;
  readonly refused: string | undefined;
  readonly change: (value: string) => void;
}

function LineField({ name, value, effective, refused, change }: LineFieldProps) {
  const { say } = useTexts(texts);
  const isColour = name === 'accent' || name === 'accent_text';
  return (
    <TextInput
      label={say(name)}
      value={value}
      maxLength={LINES[name]}
      placeholder={effective ?? say('none')}
      error={refused}
      onChange={({ currentTarget }) => change(currentTarget.value)}
      {...(isColour && {
        rightSection: (
          <input
            type="color"
            className="swatch"
            aria-label={say('choose', { what: say(name) })}
            value={/^#[\da-f]{6}$/i.test(value) ? value.toLowerCase() : (effective ?? '#000000')}
            onChange={({ currentTarget }) => change(currentTarget.value)}
          />
        ),
      })}
    />
  );
}

const SHOWN = ['mail', 'portal', 'prices', 'page'] as const;

interface PreviewProps {
  /** The last that could be made. */
  readonly preview: ReplyOf<'POST /v1/admin/brands/{product}/preview'> | undefined;
  readonly show: (typeof SHOWN)[number];
  readonly choose: (show: (typeof SHOWN)[number]) => void;
}

function Preview({ preview, show, choose }: PreviewProps) {
  const { say } = useTexts(texts);
  const [scheme, setScheme] = useState<'light' | 'dark'>('light');
  return (
    <section aria-label={say('preview')}>
      <div className="filters">
        <Tabs views={SHOWN.map((one) => [one, say(`show.${one}`)] as const)} view={show} choose={choose} />
        <span className="right">
          <Pick
            label={say('scheme')}
            value={scheme}
            options={{ light: say('light'), dark: say('dark') }}
            choose={(next) => setScheme(next ?? 'light')}
          />
        </span>
      </div>
      {preview !== undefined && (
        <>
          <p>
            <b>{preview.subject}</b>
          </p>
          <HtmlFrame title={preview.subject} html={preview.html} scheme={scheme} />
        </>
      )}
    </section>
  );
}
