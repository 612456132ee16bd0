import { readFileSync } from 'node:fs';
import type { SafetyKind, SafetyStatus, SafetySupport } from '#platform/http';
import { type Language, LANGUAGES, languageOfLocale } from '@plinth/safety';
import { z } from 'zod';
import { emergencyNumber, helplinesFor, SUICIDE } from './helplines.ts';

const SAYINGS = ['crisis', 'attempt', 'medical', 'danger', 'abuse', 'child', 'concern', 'caution'] as const;
const fileSchema = z.record(z.enum(LANGUAGES), z.record(z.enum(SAYINGS), z.string().min(40)));
type Words = z.infer<typeof fileSchema>;

let read: Words | undefined;

function words(): Words {
  read ??= fileSchema.parse(JSON.parse(readFileSync(new URL('./words.json', import.meta.url), 'utf8')));
  return read;
}

/** The findings, with the words and helplines for the author of the text. */
export interface SupportRequest {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  /** The language that it was written in; that of the locale when not said. */
  readonly language?: Language | undefined;
  readonly locale?: string | undefined;
  readonly country?: string | undefined;
  readonly timeZone?: string | undefined;
}

/** Where the country is known, its number, and else the word for it: a wrong number costs minutes. */
const EMERGENCY: Readonly<Record<Language, (phone: string | undefined) => string>> = {
  en: (phone) => phone ?? 'your local emergency number',
  es: (phone) => (phone === undefined ? 'al número de emergencias de tu país' : `al ${phone}`),
  de: (phone) => phone ?? 'den Notruf deines Landes',
  fr: (phone) => (phone === undefined ? "le numéro d'urgence de ton pays" : `le ${phone}`),
};

/** Words and helplines for a result: in the language that the text was written in, with the lines of where the writer is. Those of `ok` are empty. */
export function supportFor({
  status,
  kinds,
  language,
  locale,
  country,
  timeZone,
}: SupportRequest): SafetySupport {
  const safety = { status, kinds: [...kinds] };
  if (status === 'ok') return { safety, message: '', helplines: [] };
  const where = { country, locale, timeZone, kinds };
  const spoken = language ?? languageOfLocale(locale);
  const said = words()[spoken][sayingOf(status, kinds)];
  return {
    safety,
    message: said.replaceAll('{emergency}', EMERGENCY[spoken](emergencyNumber(where))),
    helplines: helplinesFor(where),
  };
}

/**
 * The emergency number stands first where an attempt is under way, at every status, and in danger from a person or for a child, where
 * the status may be `concern`.
 */
function sayingOf(status: SafetyStatus, kinds: readonly SafetyKind[]): (typeof SAYINGS)[number] {
  const isOfSuicide = kinds.some((kind) => SUICIDE.has(kind));
  if (kinds.includes('attempt_now')) return 'attempt';
  if (kinds.includes('medical_emergency')) return 'medical';
  if (status === 'caution') return status;
  if (status === 'concern') {
    if (isOfSuicide) return status;
    if (kinds.includes('abuse')) return 'child';
    return kinds.includes('violence') ? 'danger' : status;
  }
  if (kinds.includes('violence')) return 'danger';
  if (isOfSuicide) return 'crisis';
  return kinds.includes('abuse') ? 'abuse' : 'crisis';
}
