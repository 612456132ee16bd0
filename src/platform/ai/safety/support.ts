import { readFileSync } from 'node:fs';
import type { SafetyKind, SafetyStatus, SafetySupport } from '#platform/http';
import { z } from 'zod';
import { emergencyNumber, helplinesFor } from './helplines.ts';
import { languageOfLocale } from './precheck.ts';
import { type Language, LANGUAGES } from './rules.ts';

const SAYINGS = ['crisis', 'medical', 'violence', 'abuse', 'concern', 'caution'] as const;
const fileSchema = z.record(z.enum(LANGUAGES), z.record(z.enum(SAYINGS), z.string().min(40)));
type Words = z.infer<typeof fileSchema>;

let read: Words | undefined;

function words(): Words {
  read ??= fileSchema.parse(JSON.parse(readFileSync(new URL('./words.json', import.meta.url), 'utf8')));
  return read;
}

/** What was found, with the words and lines for whoever wrote it. */
export interface SupportRequest {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  /** The language that it was written in; that of the locale when not said. */
  readonly language?: Language | undefined;
  readonly locale?: string | undefined;
  readonly country?: string | undefined;
}

/** Words and helplines for a result: in the language that the text was written in, with the lines of where the writer is. Those of `ok` are empty. */
export function supportFor({ status, kinds, language, locale, country }: SupportRequest): SafetySupport {
  const safety = { status, kinds: [...kinds] };
  if (status === 'ok') return { safety, message: '', helplines: [] };
  const where = { country, locale, kinds };
  const said = words()[language ?? languageOfLocale(locale)][sayingOf(status, kinds)];
  return {
    safety,
    message: said.replaceAll('{emergency}', emergencyNumber(where)),
    helplines: helplinesFor(where),
  };
}

const SUICIDE: readonly SafetyKind[] = [
  'wish_to_be_dead',
  'active_thoughts',
  'method',
  'intent',
  'plan',
  'preparatory_acts',
  'attempt_now',
  'self_injury',
];

function sayingOf(status: SafetyStatus, kinds: readonly SafetyKind[]): (typeof SAYINGS)[number] {
  if (status === 'concern' || status === 'caution') return status;
  if (kinds.includes('medical_emergency')) return 'medical';
  if (kinds.some((kind) => SUICIDE.includes(kind))) return 'crisis';
  if (kinds.includes('violence')) return 'violence';
  return kinds.includes('abuse') ? 'abuse' : 'crisis';
}
