import { z } from 'zod';

/**
 * Parts of the tools' inputs. Every field is required, so that providers enforce the schema: where nothing is meant a text is null and
 * a number -1.
 */

/** For a number in an update: leave it as it is. */
export const KEEP = -1;

/** No time of a record lies before 1973: a smaller number is in seconds. */
const LEAST_TIME = 100_000_000_000;

const LEAVE = 'null leaves it as it is';

const idText = z.string().trim().min(1).max(200);

export const idOf = (what: string) => idText.describe(`The id of the ${what}, as a tool answered it.`);

export const filterBy = (what: string) =>
  idText.nullable().describe(`Only those of this ${what}; null: all.`);

/** Which record a new one belongs to. */
export const belongsTo = (what: string) => idText.nullable().describe(`The id of its ${what}; null: none.`);

export const movesTo = (what: string) =>
  z.string().trim().max(200).nullable().describe(`The id of its ${what}; ${LEAVE}; "" takes it away.`);

export const TITLE = z.string().trim().min(1).max(500);

export const NEW_TITLE = TITLE.nullable().describe(LEAVE);

export const TEXT = z.string().max(100_000);

export const NEW_TEXT = TEXT.nullable().describe(`The whole new text; ${LEAVE}.`);

/** The schema of an enumeration in an update. */
export const newChoice = <Choice extends string>(choices: readonly [Choice, ...Choice[]]) =>
  z.enum(choices).nullable().describe(LEAVE);

export const FLAG = z.literal([0, 1]).describe('1: yes, 0: no');

export const NEW_FLAG = z.literal([KEEP, 0, 1]).describe('1: yes, 0: no, -1 leaves it as it is');

const MILLISECONDS = { error: 'a time is in milliseconds since 1970' };
const time = z.int().min(LEAST_TIME, MILLISECONDS);

export const TIME = time.describe('Milliseconds since 1970.');

export const OPTIONAL_TIME = z
  .union([time, z.literal(KEEP)], MILLISECONDS)
  .describe('Milliseconds since 1970; -1: none.');

export const NEW_TIME = z
  .union([time, z.literal(KEEP)], MILLISECONDS)
  .describe('Milliseconds since 1970; -1 leaves it as it is.');

export const NEW_OPTIONAL_TIME = z
  .union([time, z.literal([KEEP, 0])], MILLISECONDS)
  .describe('Milliseconds since 1970; -1 leaves it as it is, 0 takes it away.');

/** JSON in a text, as the client's column holds it. */
export const ASSIGNEES = z.string().regex(/^\[("[^"\\]{1,200}"(, ?"[^"\\]{1,200}")*)?\]$/, {
  error: 'assignees are a JSON array of names, as a text: ["Ada"]',
});

/** Fields of a record, or none of a text that stands for nothing. */
export type Fields = Readonly<Record<string, unknown>>;

/** What an update names: null and -1 leave a field, "" for the record that it belongs to and 0 for a time take it away. */
export function namedFields(fields: Fields): Fields {
  const named = Object.entries(fields).filter(([, value]) => value !== null && value !== KEEP);
  return Object.fromEntries(
    named.map(([name, value]) => [name, REMOVABLE.get(name) === value ? null : value]),
  );
}

const REMOVABLE = new Map<string, unknown>([
  ['project_id', ''],
  ['client_id', ''],
  ['due_date', 0],
]);
