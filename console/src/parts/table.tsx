import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTexts } from '../text/index.ts';
import { Scroll } from './scroll.tsx';
import { Trouble } from './trouble.tsx';

export interface Column<Row> {
  /** Of what can be done with a row there is none: ''. */
  readonly head: string;
  /** A figure: at the right, in figures of one width. */
  readonly isFigure?: boolean;
  readonly isDim?: boolean;
  readonly isMono?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

/** What is asked for: an answer of TanStack Query, or of `usePages`. */
export interface Asked {
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly hasNextPage?: boolean;
  readonly isFetchingNextPage?: boolean;
  readonly fetchNextPage?: () => unknown;
}

interface TableProps<Row> {
  /** What the rows are, for those who hear the page. */
  readonly label: string;
  /** Undefined while they are loaded. */
  readonly rows: readonly Row[] | undefined;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What is said where there are no rows: how one comes to be. */
  readonly empty: ReactNode;
  readonly asked?: Asked;
  /** The key of the row that is opened. */
  readonly opened?: string | undefined;
  /** Lines that are drawn while the rows are loaded. */
  readonly lines?: number;
}

/** Rows of one kind, with what is said where there are none, while they are loaded, and where they can't be. */
export function Table<Row>({
  label,
  rows,
  columns,
  keyOf,
  empty,
  asked,
  opened,
  lines = 24,
}: TableProps<Row>) {
  const { say } = useTexts();
  if (asked !== undefined && asked.error !== null && rows === undefined)
    return <Trouble error={asked.error} retry={() => void asked.refetch()} />;
  if (rows === undefined)
    return Array.from({ length: lines }, (_one, row) => <Skeleton key={row} h={28} mb={1} />);
  if (rows.length === 0) return typeof empty === 'string' ? <p className="dim">{empty}</p> : empty;
  return (
    <>
      <Scroll label={label}>
        <table>
          <thead>
            <tr>
              {columns.map(({ head, isFigure }) =>
                head === '' ? (
                  <td key={head} />
                ) : (
                  <th key={head} className={isFigure === true ? 'num' : undefined}>
                    {head}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)} data-open={opened === keyOf(row)}>
                {columns.map((column) => (
                  <td key={column.head} className={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {asked?.hasNextPage === true && (
        <Button
          variant="default"
          mt="md"
          loading={asked.isFetchingNextPage === true}
          onClick={() => void asked.fetchNextPage?.()}
        >
          {say('app.more')}
        </Button>
      )}
    </>
  );
}

const classOf = <Row,>({ isFigure, isDim, isMono }: Column<Row>): string =>
  [isFigure === true ? 'num' : '', isDim === true ? 'dim' : '', isMono === true ? 'mono' : '']
    .filter((name) => name !== '')
    .join(' ');
