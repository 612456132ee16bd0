import { CloseButton, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTexts } from '../text/index.ts';
import { Trouble } from './trouble.tsx';

interface OpenedProps<Thing> {
  readonly title: ReactNode;
  readonly close: () => void;
  readonly asked: {
    readonly data: Thing | undefined;
    readonly error: Error | null;
    readonly refetch: () => unknown;
  };
  /** The message where there is none of this id. */
  readonly missing: string;
  readonly children: (thing: Thing) => ReactNode;
}

/** One thing of a list, beside it. */
export function Opened<Thing>({ title, close, asked, missing, children }: OpenedProps<Thing>) {
  const { say } = useTexts();
  const { data, error, refetch } = asked;
  return (
    <aside aria-labelledby="opened">
      <h2 id="opened" className="opened">
        <span>{title}</span>
        <CloseButton size="sm" aria-label={say('app.close')} onClick={close} />
      </h2>
      {error !== null && 'status' in error && error.status === 404 ? (
        <p className="dim">{missing}</p>
      ) : error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={240} />
      ) : (
        children(data)
      )}
    </aside>
  );
}
