import { AppError } from 'plinth/product';
import { z } from 'zod';
import { isSayable } from './safety.ts';

/** Control characters say nothing to a person, and are seven bytes each in a prompt; lines and tabs stay. */
const CONTROL = /[\p{Cc}--[\n\t]]/gv;
/** Neither spaces nor marks nor what is invisible. */
const SEEN = /[^\p{C}\p{Z}\p{M}]/u;

/** A text that says something, in characters. */
export const line = (most: number) =>
  z
    .string()
    .overwrite((text) => text.replaceAll(CONTROL, ''))
    .trim()
    .min(1)
    .max(most)
    .refine((text) => SEEN.test(text), { error: 'says nothing' });

/**
 * The same, and longer than what is taken: a text is looked at before its length is judged, for a person in a crisis writes as much as
 * they write. `assertLength` refuses the rest before anything is charged.
 */
export const longLine = (most: number) =>
  line(LONGEST_LOOK).describe(`At most ${most.toLocaleString('en')} characters.`);

/** More than this of one text is not looked at. */
const LONGEST_LOOK = 10_000;

export function assertLength(field: string, text: string, most: number): void {
  if (text.length <= most) return;
  const issues = [{ path: `body.${field}`, message: `must have at most ${most} characters.` }];
  throw new AppError('validation_failed', { details: { issues } });
}

/** A day as it is answered; one that is asked for is a `calendarDay`. */
export const day = z.iso.date();

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
export function cleanText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}

/** Facts of the person for every prompt: nothing of it that speaks of a crisis. */
export function aboutPerson(profile: {
  readonly locale: string | null;
  readonly pronouns: string | null;
  readonly focus_areas: readonly string[];
}) {
  const { locale, pronouns, focus_areas: areas } = profile;
  const sayable = areas.filter(isSayable).join(', ');
  return {
    language: locale ?? 'the language that they write in',
    pronouns: pronouns !== null && isSayable(pronouns) ? pronouns : 'not said',
    // Several may say together what none of them says.
    focus_areas: sayable !== '' && isSayable(sayable) ? sayable : 'none named',
  };
}

const reference = z.strictObject({ id: z.uuid() });

/**
 * The answer to a repeat of an Idempotency-Key: what was made is read anew by the id that was kept. Where nothing was made, as
 * when the moderation flagged the text, what was answered was kept itself.
 */
export async function readAgain<Body>(kept: unknown, read: (id: string) => Promise<Body>): Promise<unknown> {
  const { data, success } = reference.safeParse(kept);
  return success ? read(data.id) : kept;
}
