import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type Asked, type Column, Table } from '../../parts/table.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

interface LetterState {
  readonly state: string;
  readonly isOver: boolean;
}

interface LettersProps<Letter> {
  readonly title: string;
  readonly filter?: ReactNode;
  readonly empty: string;
  readonly asked: Asked & { readonly rows: readonly Letter[] | undefined };
  readonly keyOf: (letter: Letter) => string;
  readonly columns: readonly Column<Letter>[];
  readonly replay: (letter: Letter) => Promise<unknown>;
  /** All at once, where there is a call for it; else one after the other. */
  readonly replayAll?: () => Promise<unknown>;
  /** What has become of one that was replayed: how it stands, and whether that is its end. */
  readonly follow: (letter: Letter) => Promise<LetterState>;
  /** What else can be done with one. */
  readonly more?: ((letter: Letter) => ReactNode) | undefined;
}

/** Milliseconds between two looks at what was replayed. */
const AGAIN = 1_500;

/** Dead letters of one sort. Those that were replayed stay where they are, and say how they fare. */
export function Letters<Letter>(props: LettersProps<Letter>) {
  const { title, filter, empty, asked, keyOf, columns, replay, replayAll, follow, more } = props;
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  const [replayed, setReplayed] = useState<ReadonlyMap<string, Letter>>(new Map());
  const note = (some: readonly Letter[]) =>
    setReplayed((before) => new Map([...before, ...some.map((one) => [keyOf(one), one] as const)]));
  const dead = asked.rows?.filter((one) => !replayed.has(keyOf(one)));
  const all = useMutation({
    mutationFn: async () => {
      const some = dead ?? [];
      if (replayAll !== undefined) {
        await replayAll();
        return note(some);
      }
      const refused: unknown[] = [];
      for (const one of some) {
        // A limit may refuse one, and let the next one through.
        await replay(one).then(
          () => note([one]),
          (error: unknown) => refused.push(error),
        );
      }
      if (refused.length > 0) throw refused[0];
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['dead-letters'] }),
  });
  return (
    <section aria-label={title}>
      <header className="page">
        <h2>{title}</h2>
        <span className="right">
          {filter}
          {dead !== undefined && dead.length > 1 && (
            <Button variant="default" loading={all.isPending} onClick={() => all.mutate()}>
              {say('replayAll', { count: String(dead.length) })}
            </Button>
          )}
        </span>
      </header>
      <Refusal error={all.error} />
      <Table
        label={title}
        rows={dead && [...replayed.values(), ...dead]}
        keyOf={keyOf}
        asked={asked}
        lines={3}
        empty={empty}
        columns={[
          ...columns,
          {
            head: say('state'),
            cell: (letter) =>
              replayed.has(keyOf(letter)) ? (
                <Fate
                  id={keyOf(letter)}
                  look={() => follow(letter)}
                  revive={() => {
                    setReplayed((before) => new Map([...before].filter(([key]) => key !== keyOf(letter))));
                    void queries.invalidateQueries({ queryKey: ['dead-letters'] });
                  }}
                />
              ) : (
                <Replay letter={letter} replay={replay} note={note} more={more} />
              ),
          },
        ]}
      />
    </section>
  );
}

interface ReplayProps<Letter> extends Pick<LettersProps<Letter>, 'replay' | 'more'> {
  readonly letter: Letter;
  readonly note: (letters: readonly Letter[]) => void;
}

/** The button of one, which a second press finds at work. */
function Replay<Letter>({ letter, replay, note, more }: ReplayProps<Letter>) {
  const { say } = useTexts(texts);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => replay(letter),
    onSuccess: () => note([letter]),
  });
  return (
    <span className="actions">
      <Button variant="default" size="compact-xs" loading={isPending} onClick={() => mutate()}>
        {say('replay')}
      </Button>
      {more?.(letter)}
      <Refusal error={error} />
    </span>
  );
}

interface FateProps {
  readonly id: string;
  readonly look: () => Promise<LetterState>;
  /** It was given up again: its row is one to replay. */
  readonly revive: () => void;
}

/** How one fares that was replayed, until it is over. */
function Fate({ id, look, revive }: FateProps) {
  const { say } = useTexts(texts);
  const { data } = useQuery({
    queryKey: ['fate', id],
    queryFn: look,
    gcTime: 0,
    refetchInterval: ({ state }) => (state.data?.isOver === true ? false : AGAIN),
  });
  if (data?.state === 'dead')
    return (
      <Button variant="default" size="compact-xs" onClick={revive}>
        {say('state.dead')}
      </Button>
    );
  const key = `state.${data?.state ?? ''}`;
  return <span role="status">{key in texts ? say(key as 'state.done') : say('begun')}</span>;
}
