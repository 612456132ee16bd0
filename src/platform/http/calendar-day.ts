import { z } from 'zod';

const [FIRST, LAST] = ['1900-01-01', '2999-12-31'];

/** A day of the calendar: `2026-11-20`. Years are those that days can be added to, and that databases know: there is no year 0. */
export const calendarDay = z.iso
  .date()
  .refine((day) => day >= FIRST && day <= LAST, { error: `lies before ${FIRST} or after ${LAST}` });
