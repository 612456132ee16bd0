import { Button } from '@mantine/core';
import {
  type Asked,
  Pick,
  Refusal,
  Trouble,
  type Typed,
  typedIn,
  useAct,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReactNode } from 'react';
import { texts } from './texts.ts';
import type { Stretch } from './word-diff.ts';

interface ItemProps<Item> {
  readonly asked: Asked & { readonly data: Item | undefined };
  readonly titleOf: (item: Item) => string;
  readonly children: (item: Item) => ReactNode;
}

/** One thing of the memory by its title, or why it can't be read. */
export function Item<Item>({ asked: { data, error, refetch }, titleOf, children }: ItemProps<Item>) {
  if (data === undefined) return error !== null && <Trouble error={error} retry={() => void refetch()} />;
  return (
    <section aria-labelledby="item" className="prose">
      <h2 id="item">{titleOf(data)}</h2>
      {children(data)}
    </section>
  );
}

interface WritingProps {
  readonly label: string;
  readonly save: (typed: Typed) => Promise<{ readonly id: string }>;
  readonly end: (id?: string) => void;
  readonly children: ReactNode;
}

/** A form for a new thing or a further version. Typed text stays where it is refused. */
export function Writing({ label, save, end, children }: WritingProps) {
  const { say } = useTexts(texts);
  const { mutate, isPending, error } = useAct(
    (form: HTMLFormElement) => save(typedIn(form)),
    ({ id }) => end(id),
  );
  return (
    <section>
      <form
        className="stack"
        aria-label={label}
        onSubmit={(event) => {
          event.preventDefault();
          mutate(event.currentTarget);
        }}
      >
        {children}
        <Refusal error={error} />
        <p className="filters">
          <Button type="submit" loading={isPending}>
            {say('save')}
          </Button>
          <Button variant="default" onClick={() => end()}>
            {say('discard')}
          </Button>
        </p>
      </form>
    </section>
  );
}

/** The version that is looked at, and the one that it is compared with, by the page's address. */
export function useVersions(newest: number) {
  const { search } = useProductSearch();
  const known = versionsOf(newest);
  const version = Number(known.find((one) => one === search['version']) ?? newest);
  const from = known.find((one) => one === search['from']);
  return { version, ...(from === undefined ? {} : { from: Number(from) }) };
}

const versionsOf = (newest: number) => Array.from({ length: newest }, (_one, index) => `${index + 1}`);

interface VersionsProps {
  readonly newest: number;
  readonly dayOf?: (version: number) => string;
}

/** Chooses a version, and one that it is compared with. */
export function Versions({ newest, dayOf = () => '' }: VersionsProps) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const { version, from } = useVersions(newest);
  if (newest < 2) return null;
  const nameOf = (one: string) => `${say('versionOf', { version: one })} ${dayOf(Number(one))}`;
  const options = Object.fromEntries(versionsOf(newest).map((one) => [one, nameOf(one)]));
  return (
    <section className="filters" aria-label={say('version')}>
      <Pick
        label={say('version')}
        value={`${version}`}
        options={options}
        choose={(one) => change({ version: one })}
      />
      {from !== undefined && <span className="dim">{say('comparedWith')}</span>}
      <Pick
        label={say('comparedWith')}
        value={from === undefined ? undefined : `${from}`}
        options={options}
        none={say('notCompared')}
        choose={(one) => change({ from: one })}
      />
    </section>
  );
}

const MARKS = { same: 'span', added: 'ins', removed: 'del' } as const;
const LOOKS = { same: undefined, added: 'better', removed: 'worse' } as const;

/** Stretches of two texts: put in, taken out, or in both. */
export const Changes = ({ of }: { readonly of: readonly Stretch[] }) =>
  of.map(({ op, text }, index) => {
    const Mark = MARKS[op];
    return (
      <Mark key={index} className={LOOKS[op]}>
        {text}
      </Mark>
    );
  });
