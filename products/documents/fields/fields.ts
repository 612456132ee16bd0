import { z } from 'zod';
import { datesIn } from 'plinth/product';
import { durationsIn, DURATION_UNITS } from './durations.ts';
import { moneyIn } from './money.ts';

const text = z.string().min(1).max(200);
const isoDate = z.iso.date();

/** Days, lengths of time and money of a section, as values. */
export const fieldsSchema = z.strictObject({
  dates: z
    .array(
      z.strictObject({
        text: text.describe('As it is written.'),
        date: isoDate
          .nullable()
          .describe('The day, or the first one; null where the text alone does not say which.'),
        until: isoDate.optional().describe('The last day, of a stretch of time.'),
      }),
    )
    .max(40),
  durations: z
    .array(
      z.strictObject({
        text,
        unit: z.enum(DURATION_UNITS),
        count: z.number().min(0).max(100_000),
        until_count: z.number().min(0).max(100_000).optional().describe('The most, of a range.'),
        business: z.literal(true).optional().describe('Days on which people work.'),
      }),
    )
    .max(40),
  money: z
    .array(
      z.strictObject({
        text,
        currency: z
          .string()
          .regex(/^[A-Z]{3}$/)
          .nullable()
          .describe('ISO 4217; null for terms without an amount.'),
        amount_minor: z.int().min(0).nullable().describe('In the smallest unit; of a range, the least.'),
        until_minor: z.int().min(0).optional().describe('The most, of a range.'),
        terms: z.string().min(1).max(200).optional().describe('When or per what it is paid: `net 30`.'),
      }),
    )
    .max(40),
});

export type Fields = z.output<typeof fieldsSchema>;

/** The fields of texts, each once, in order of appearance. */
export function fieldsIn(...texts: readonly string[]): Fields {
  return {
    dates: uniqueFields(texts.flatMap(datesIn)),
    durations: uniqueFields(texts.flatMap(durationsIn)),
    money: uniqueFields(texts.flatMap(moneyIn)),
  };
}

const MOST = 40;

function uniqueFields<Field extends { readonly text: string }>(fields: readonly Field[]): Field[] {
  const all = new Map(fields.map((field) => [JSON.stringify(field), field]));
  return [...all.values()].slice(0, MOST).map((field) => ({ ...field, text: field.text.slice(0, 200) }));
}
