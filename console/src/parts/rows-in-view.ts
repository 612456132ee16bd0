import { type RefObject, useEffect, useRef, useState } from 'react';

/** As many rows are drawn whole. */
const MANY = 200;
/** Rows that are drawn above and below those in view. */
const SPARE = 40;
/** Rows by which one scrolls before others are drawn. */
const STEP = 20;

interface RowsInView {
  readonly body: RefObject<HTMLTableSectionElement | null>;
  readonly first: number;
  readonly last: number;
  /** Pixels of one row; all are of one height. */
  readonly height: number;
}

/** The rows of a long table that are in view, as one scrolls. */
export function useRowsInView(count: number): RowsInView {
  const body = useRef<HTMLTableSectionElement>(null);
  const [seen, setSeen] = useState({ first: 0, last: MANY, height: 29 });
  const isMany = count > MANY;
  useEffect(() => {
    if (!isMany) return;
    const look = () => {
      const row = body.current?.querySelector('tr[aria-rowindex]');
      if (body.current === null || row === null || row === undefined) return;
      const { height } = row.getBoundingClientRect();
      const above = -body.current.getBoundingClientRect().top;
      const whole = (rows: number) => Math.floor(rows / STEP) * STEP;
      const first = Math.max(0, Math.min(whole(above / height - SPARE), whole(count - 1)));
      const last = Math.max(first + STEP, whole((above + innerHeight) / height + SPARE) + STEP);
      setSeen((before) =>
        before.first === first && before.last === last && before.height === height
          ? before
          : { first, last, height },
      );
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [isMany, count]);
  return isMany
    ? { body, ...seen, last: Math.min(seen.last, count) }
    : { body, first: 0, last: count, height: 0 };
}
