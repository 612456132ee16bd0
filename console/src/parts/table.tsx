import { Button, Skeleton } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { type Formats, useTexts } from '../text/index.ts';
import { useRowsInView } from './rows-in-view.ts';
import { Empty } from './section.tsx';
import { Trouble } from './trouble.tsx';
import { When } from './when.tsx';

/** Contents of cells: anything, a figure as the language writes it, how long ago something was, or until it is. None is a dash. */
interface Cells {
  readonly cell: ReactNode;
  readonly count: number | null;
  readonly micros: number | null;
  readonly bytes: number | null;
  readonly past: string | null;
  readonly due: string | null;
}

type Holding<Row, Name extends keyof Cells> = {
  readonly [N in Name]: (row: Row) => Cells[N];
} & { readonly [N in Exclude<keyof Cells, Name>]?: never };

interface Look {
  /** A figure: at the right, in figures of one width. */
  readonly isFigure?: boolean;
  readonly isDim?: boolean;
}

type CellColumn<Row> = Holding<Row, 'cell'> &
  Look & {
    readonly isMono?: boolean;
    /** Sentences: they may take more than one line. */
    readonly isText?: boolean;
    /** Cut at a width, with all of it on hover where the cell is a text. */
    readonly isLong?: boolean;
    /** What a press on the cell's text does. */
    readonly act?: (row: Row) => unknown;
  };
type FigureColumn<Row> = Holding<Row, 'count'> | Holding<Row, 'micros'> | Holding<Row, 'bytes'>;
type TimeColumn<Row> = (Holding<Row, 'past'> | Holding<Row, 'due'>) & Look;

/** `head` is '' where its cells are what can be done with a row. */
export type Column<Row> = { readonly head: string } & (CellColumn<Row> | FigureColumn<Row> | TimeColumn<Row>);

const FIGURES = ['count', 'micros', 'bytes'] as const;

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
  /** Undefined while they are loaded. What `usePages` asks for has them by itself. */
  readonly rows?: readonly Row[] | undefined;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What is said where there are no rows: how one comes to be. */
  readonly empty: ReactNode;
  readonly asked?: Asked & { readonly rows?: readonly Row[] | undefined };
  /** The key of the row that is opened. */
  readonly opened?: string | undefined;
  /** Lines that are drawn while the rows are loaded. */
  readonly lines?: number;
}

/** Rows of one kind, with what is said where there are none, while they are loaded, and where they can't be. */
export function Table<Row>({
  label,
  columns,
  keyOf,
  empty,
  asked,
  rows = asked?.rows,
  opened,
  lines = 24,
}: TableProps<Row>) {
  const { say, format } = useTexts();
  const { body, first, last, height } = useRowsInView(rows?.length ?? 0);
  if (asked !== undefined && asked.error !== null && rows === undefined)
    return <Trouble error={asked.error} retry={() => void asked.refetch()} />;
  if (rows === undefined)
    return Array.from({ length: lines }, (_one, row) => <Skeleton key={row} h={28} mb={1} />);
  if (rows.length === 0 && asked?.hasNextPage !== true)
    return typeof empty !== 'string' ? empty : empty !== '' && <Empty>{empty}</Empty>;
  const isCut = height > 0;
  return (
    <>
      <Scroll label={label}>
        <table {...(isCut ? { 'aria-rowcount': rows.length + 1 } : {})}>
          <thead>
            <tr>
              {columns.map((column) =>
                column.head === '' ? (
                  <td key="" />
                ) : (
                  <th key={column.head} className={isFigure(column) ? 'num' : undefined}>
                    {column.head}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody ref={body}>
            {first > 0 && <tr aria-hidden style={{ height: first * height }} />}
            {rows.slice(first, last).map((row, index) => (
              <tr
                key={keyOf(row)}
                data-open={opened === keyOf(row)}
                {...(isCut ? { 'aria-rowindex': first + index + 2 } : {})}
              >
                {columns.map((column) => {
                  const cell = contentOf(column, row, format);
                  return (
                    <td
                      key={column.head}
                      className={classOf(column)}
                      {...(isLong(column) && typeof cell === 'string' ? { title: cell } : {})}
                    >
                      {cell}
                    </td>
                  );
                })}
              </tr>
            ))}
            {last < rows.length && <tr aria-hidden style={{ height: (rows.length - last) * height }} />}
          </tbody>
        </table>
      </Scroll>
      {asked?.error != null && (
        <p className="dim" role="status">
          {say('app.offline')}
        </p>
      )}
      {asked?.hasNextPage === true && <More asked={asked} rows={rows.length} />}
    </>
  );
}

/** Loads the next page as one comes near the end; a button, for those who don't scroll. A page may have no row that fits: then the next one is asked for. */
function More({ asked, rows }: { readonly asked: Asked; readonly rows: number }) {
  const { say } = useTexts();
  const button = useRef<HTMLButtonElement>(null);
  const { isFetchingNextPage: isLoading = false, error } = asked;
  const load = useRef(asked.fetchNextPage);
  load.current = asked.fetchNextPage;
  useEffect(() => {
    if (button.current === null || isLoading || error !== null) return;
    const observer = new IntersectionObserver(
      ([seen]) => seen?.isIntersecting === true && void load.current?.(),
      { rootMargin: '800px' },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [isLoading, error, rows]);
  return (
    <Button ref={button} variant="default" mt="md" loading={isLoading} onClick={() => void load.current?.()}>
      {say('app.more')}
    </Button>
  );
}

const isLong = <Row,>(column: Column<Row>) => column.cell !== undefined && column.isLong === true;

const figureOf = <Row,>(column: Column<Row>) => FIGURES.find((name) => column[name] !== undefined);

const isFigure = <Row,>(column: Column<Row>): boolean =>
  figureOf(column) !== undefined || ('isFigure' in column && column.isFigure);

function contentOf<Row>(column: Column<Row>, row: Row, format: Formats): ReactNode {
  if (column.cell !== undefined) {
    const { act } = column;
    const shown = column.cell(row);
    if (act === undefined) return shown;
    return (
      <button type="button" className="quiet clip" onClick={() => act(row)}>
        {shown}
      </button>
    );
  }
  const figure = figureOf(column);
  if (figure !== undefined) {
    const value = column[figure]?.(row) ?? null;
    return value === null ? '–' : format[figure](value);
  }
  const at = (column.past ?? column.due)?.(row) ?? null;
  return at === null ? '–' : <When at={at} isPast={column.past !== undefined} />;
}

function classOf<Row>(column: Column<Row>): string {
  const classes: Readonly<Record<string, boolean | undefined>> = {
    num: isFigure(column),
    ...('isDim' in column ? { dim: column.isDim } : {}),
    ...(column.cell === undefined ? {} : { mono: column.isMono, text: column.isText, long: column.isLong }),
  };
  return Object.keys(classes)
    .filter((name) => classes[name] === true)
    .join(' ');
}

/** What may be wider than the window: it scrolls by itself, by keyboard too, and the page does not. */
function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
