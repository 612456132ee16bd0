import { z } from 'zod';

const [FIRST, LAST] = ['1900-01-01', '2999-12-31'];

/** A day of the calendar: `2026-11-20`. Years are those that days can be added to, and that databases know: there is no year 0. */
export const calendarDay = z.iso
  .date()
  .refine((day) => day >= FIRST && day <= LAST, { error: `lies before ${FIRST} or after ${LAST}` });

const [EARLIEST, LATEST] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** An instant that a caller names, in a query, a body or a cursor: of those that PostgreSQL and ISO 8601 both write in four digits. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine((at) => EARLIEST <= Date.parse(at) && Date.parse(at) <= LATEST, {
    error: 'lies before the year 1 or after 9999',
  });
