import { Combobox, TextInput, useCombobox, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { linkOptions, useNavigate } from '@tanstack/react-router';
import { use, useEffect, useState } from 'react';
import { chooseAccount, useAccount, useIsMine, useMe } from '../account.ts';
import { Dialog } from '../parts/dialog.tsx';
import { withoutSecret } from '../parts/secrets.ts';
import { useProductLinks } from '../products/product-links.ts';
import { session } from '../session.ts';
import { pageTexts, useTexts } from '../text/index.ts';
import { LanguageSwitch } from '../text/language-switch.ts';
import { type Found, find, isId } from './found.ts';
import { ENTRIES } from './pages.ts';
import { VERBS } from './verbs.ts';

const texts = pageTexts({
  placeholder: [
    'A page, an account, an action, or any id',
    'Eine Seite, ein Konto, eine Aktion oder irgendeine Kennung',
  ],
  pages: ['Pages', 'Seiten'],
  accounts: ['Accounts', 'Konten'],
  actions: ['Actions', 'Aktionen'],
  found: ['Found', 'Gefunden'],
  none: [
    'Nothing fits. Type a part of a name, or paste an id of a call, a permit, a job, a licence or a key.',
    'Nichts passt. Tippe einen Teil eines Namens, oder füge die Kennung eines Aufrufs, eines Permits, eines Jobs, einer Lizenz oder eines Schlüssels ein.',
  ],
  looking: ['Looking for it…', 'Wird gesucht …'],
  customers: ['Customers: {q}', 'Kunden: {q}'],
  call: ['Ledger row', 'Buchung'],
  permit: ['Permit', 'Permit'],
  job: ['Job', 'Job'],
  licence: ['Licence', 'Lizenz'],
  key: ['API key', 'API-Schlüssel'],
  account: ['Account', 'Konto'],
  back: ['Back to the search', 'Zurück zur Suche'],
});

interface Choice {
  readonly group: 'found' | 'pages' | 'accounts' | 'actions';
  readonly text: string;
  readonly note?: string;
  readonly act: () => unknown;
  /** Other words that it is found by. */
  readonly also?: string;
  /** It says by itself that it fits. */
  readonly isFound?: boolean;
  /** The palette stays open. */
  readonly isKept?: boolean;
}

interface PaletteProps {
  readonly close: () => void;
}

/** All pages, accounts and actions by their names, and any id: by keyboard alone. */
export function Palette({ close }: PaletteProps) {
  const { say } = useTexts();
  const [shown, show] = useState<Found>();
  return (
    <Dialog label={say('nav.search')} close={close}>
      {shown === undefined ? (
        <Search close={close} show={show} />
      ) : (
        <Opened found={shown} back={() => show(undefined)} />
      )}
    </Dialog>
  );
}

function Search({ close, show }: PaletteProps & { readonly show: (found: Found) => void }) {
  const { say } = useTexts(texts);
  const [typed, setTyped] = useState('');
  const [, setSelected] = useState<string | null>(null);
  const combobox = useCombobox({ opened: true, onDropdownClose: close });
  const q = typed.trim();
  const { choices, isLooking } = useChoices(q, show);
  const words = q.toLowerCase().split(/\s+/);
  const fitting = choices.filter(
    ({ text, also = '', isFound }) =>
      isFound === true || words.every((word) => `${text} ${also}`.toLowerCase().includes(word)),
  );
  const { selectFirstOption } = combobox;
  const shown = fitting.map(({ text }) => text).join('\n');
  // Enter takes the first of what fits now.
  useEffect(() => setSelected(selectFirstOption()), [selectFirstOption, shown]);
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(value) => {
        const chosen = fitting[Number(value)];
        if (chosen?.isKept !== true) close();
        void chosen?.act();
      }}
    >
      <Combobox.EventsTarget withExpandedAttribute>
        <TextInput
          data-autofocus
          variant="unstyled"
          size="md"
          px="md"
          aria-label={say('nav.search')}
          placeholder={say('placeholder')}
          value={typed}
          maxLength={200}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options className="palette" aria-label={say('nav.search')}>
        {GROUPS.map((group) => (
          <Choices key={group} group={group} choices={fitting} />
        ))}
        {fitting.length === 0 && <Combobox.Empty>{say(isLooking ? 'looking' : 'none')}</Combobox.Empty>}
      </Combobox.Options>
    </Combobox>
  );
}

/** The page that opens one of a kind; the palette itself shows other kinds. */
function pageOf({ kind, id }: Found) {
  if (kind === 'call') return linkOptions({ to: '/app/ledger', search: { call: id } });
  if (kind === 'job') return linkOptions({ to: '/app/jobs', search: { job: id } });
  if (kind !== 'licence') return undefined;
  const params = { product: 'coditect', page: 'licences' };
  return linkOptions({ to: '/app/products/$product/$page', params, search: { licence: id } });
}

const GROUPS = ['found', 'pages', 'accounts', 'actions'] as const;

function Choices({
  group,
  choices,
}: {
  readonly group: Choice['group'];
  readonly choices: readonly Choice[];
}) {
  const { say } = useTexts(texts);
  const own = choices.flatMap((choice, at) => (choice.group === group ? [{ ...choice, at }] : []));
  if (own.length === 0) return null;
  return (
    <Combobox.Group label={say(group)}>
      {own.map(({ text, note, at }) => (
        <Combobox.Option key={at} value={String(at)}>
          {text} {note !== undefined && <span className="dim">{note}</span>}
        </Combobox.Option>
      ))}
    </Combobox.Group>
  );
}

/** All that can be chosen, in the order of its groups. */
function useChoices(q: string, show: (found: Found) => void) {
  const { say } = useTexts(texts);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const chosen = useAccount();
  const changeLanguage = use(LanguageSwitch);
  const { language } = useTexts();
  const { toggleColorScheme } = useMantineColorScheme();
  const { data: found = [], isLoading } = useQuery({
    queryKey: ['find', chosen?.account.id, q],
    queryFn: () => (chosen === undefined ? [] : find(chosen.api, q)),
    enabled: chosen !== undefined && isId(q),
  });
  const isOperator = me?.role === 'admin';
  const isMine = useIsMine();
  const switchTo = (id: string) => {
    chooseAccount(id);
    void queries.invalidateQueries();
  };
  const choices: Choice[] = [
    ...found.map((one): Choice => {
      const page = pageOf(one);
      const opening =
        page === undefined ? { act: () => show(one), isKept: true } : { act: () => navigate(page) };
      return { group: 'found', text: say(one.kind), note: one.name, isFound: true, ...opening };
    }),
    ...(me?.accounts ?? [])
      .filter(({ id }) => id === q)
      .map(
        ({ id, name }): Choice => ({
          group: 'found',
          text: say('account'),
          note: name,
          isFound: true,
          act: () => switchTo(id),
        }),
      ),
    ...(isOperator && q.length > 1
      ? [
          {
            group: isId(q) ? 'found' : 'actions',
            text: say('customers', { q: withoutSecret(q) }),
            isFound: true,
            act: () => navigate({ to: '/app/customers', search: { q: withoutSecret(q) } }),
          } as const,
        ]
      : []),
    ...ENTRIES.filter(isMine).flatMap(({ pages }) =>
      pages
        .filter(isMine)
        .map(({ to, text }): Choice => ({ group: 'pages', text: say(text), act: () => navigate({ to }) })),
    ),
    ...[...useProductLinks(true), ...useProductLinks(false)].map(
      ({ product, page, title }): Choice => ({
        group: 'pages',
        text: title[language],
        note: product,
        act: () => navigate({ to: '/app/products/$product/$page', params: { product, page } }),
      }),
    ),
    { group: 'pages', text: say('nav.docs'), act: () => location.assign('/docs') },
    ...(me?.accounts ?? [])
      .filter(({ id }) => id !== chosen?.account.id)
      .map(({ id, name }): Choice => ({ group: 'accounts', text: name, act: () => switchTo(id) })),
    ...VERBS.filter(isMine).map(
      ({ to, text: [en, de] }): Choice => ({
        group: 'actions',
        text: language === 'de' ? de : en,
        also: language === 'de' ? en : de,
        act: () => navigate({ to }),
      }),
    ),
    { group: 'actions', text: say('app.theme'), act: toggleColorScheme },
    {
      group: 'actions',
      text: say('app.language'),
      act: () => changeLanguage(language === 'de' ? 'en' : 'de'),
    },
    { group: 'actions', text: say('app.signOut'), act: () => session.end() },
  ];
  return { choices, isLooking: isLoading };
}

/** What is known of what an id stands for. */
function Opened({ found: { kind, facts }, back }: { readonly found: Found; readonly back: () => void }) {
  const { say } = useTexts(texts);
  const plain = Object.entries(facts).filter(([, value]) => value !== null && typeof value !== 'object');
  return (
    <div className="palette stack">
      <strong>{say(kind)}</strong>
      <dl className="ids">
        {plain.map(([name, value]) => (
          <div key={name}>
            <dt>{name.replaceAll('_', ' ')}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className="quiet dim" data-autofocus onClick={back}>
        {say('back')}
      </button>
    </div>
  );
}
