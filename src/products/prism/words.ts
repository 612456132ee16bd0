import { z } from 'zod';

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

/** A day as it is answered; one that is asked for is a `calendarDay`. */
export const day = z.iso.date();

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
export function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}

/** What every prompt is told of the person it is for. */
export function aboutPerson(profile: {
  readonly locale: string | null;
  readonly pronouns: string | null;
  readonly focus_areas: readonly string[];
}) {
  return {
    language: profile.locale ?? 'the language that they write in',
    pronouns: profile.pronouns ?? 'not said',
    focus_areas: profile.focus_areas.join(', ') || 'none named',
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
