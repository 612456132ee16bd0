import { readFileSync } from 'node:fs';
import { type Helpline, helplineSchema, SAFETY_KINDS, type SafetyKind } from '#platform/http';
import { z } from 'zod';

const day = z.iso.date();
const line = z.strictObject({
  ...helplineSchema.shape,
  source: z.url(),
  /** When it was last verified, if that is not the day of the whole file. */
  checked: day.optional(),
  /** The kinds that it is for; those of the suicide part when not said. */
  for: z.array(z.enum(SAFETY_KINDS)).optional(),
});
const fileSchema = z.strictObject({
  checked: day,
  elsewhere: line,
  countries: z.record(
    z.string().regex(/^[A-Z]{2}$/),
    z.strictObject({
      /** Where one number is not for all, that of the ambulance. */
      emergency: z.string().regex(/^\d{3}$/),
      police: z
        .string()
        .regex(/^\d{3}$/)
        .optional(),
      /** Time zones that are this country's alone; one that ends in `*` is a beginning. */
      zones: z.array(z.string()),
      lines: z.array(line),
    }),
  ),
});
type Line = z.infer<typeof line>;
type HelplineFile = z.infer<typeof fileSchema>;

/** A person's location, as far as it is known: a country (`AT`), or a locale that names one (`de-AT`). */
export interface Whereabouts {
  readonly country?: string | undefined;
  readonly locale?: string | undefined;
  /** `Asia/Tokyo`: counts where the locale names no country. */
  readonly timeZone?: string | undefined;
  /** Lines for these kinds come first; where one of them is of suicide, those for that. */
  readonly kinds?: readonly SafetyKind[] | undefined;
}

export const SUICIDE: ReadonlySet<SafetyKind> = new Set([
  'wish_to_be_dead',
  'active_thoughts',
  'method',
  'intent',
  'plan',
  'preparatory_acts',
  'attempt_now',
  'self_injury',
]);

let read: HelplineFile | undefined;

function file(): HelplineFile {
  read ??= fileSchema.parse(JSON.parse(readFileSync(new URL('./helplines.json', import.meta.url), 'utf8')));
  return read;
}

/**
 * The lines of a country, those for what was found first; the directory of all countries where none is surely known. A
 * language alone names no country: German is spoken in three with different numbers.
 */
export function helplinesFor(where: Whereabouts): readonly Helpline[] {
  const known = file().countries[countryOf(where) ?? ''];
  if (known === undefined) return [toHelpline(file().elsewhere)];
  const kinds = where.kinds ?? [];
  const special = known.lines.filter((entry) => entry.for?.some((kind) => kinds.includes(kind)) === true);
  const general = known.lines.filter((entry) => entry.for === undefined);
  const isOfSuicide = kinds.some((kind) => SUICIDE.has(kind));
  const own = isOfSuicide ? [...general, ...special] : [...special, ...general];
  return [...own, file().elsewhere].map(toHelpline);
}

/** Whom to call at once, the police where a person is the danger; nothing where the country is unknown, for a wrong number costs minutes. */
export function emergencyNumber(where: Whereabouts): string | undefined {
  const known = file().countries[countryOf(where) ?? ''];
  const isByPerson = where.kinds?.some((kind) => kind === 'violence' || kind === 'abuse') === true;
  const isInjured = where.kinds?.some((kind) => kind === 'attempt_now' || kind === 'medical_emergency');
  return isByPerson && isInjured !== true ? (known?.police ?? known?.emergency) : known?.emergency;
}

/** The lines that were not verified for so many days, by country and name. */
export function oldHelplines(now: Date, days: number): readonly string[] {
  const { checked, countries } = file();
  const before = now.getTime() - days * 86_400_000;
  return Object.entries(countries).flatMap(([country, { lines }]) =>
    lines
      .filter((entry) => Date.parse(entry.checked ?? checked) < before)
      .map(({ name }) => `${country}: ${name}`),
  );
}

function countryOf({ country, locale, timeZone }: Whereabouts): string | undefined {
  const named = country ?? /^[a-z]{2,3}[-_](?:[a-z]{4}[-_])?([a-z]{2})\b/i.exec(locale ?? '')?.[1];
  return named?.toUpperCase() ?? countryOfZone(timeZone);
}

function countryOfZone(zone: string | undefined): string | undefined {
  if (zone === undefined) return undefined;
  const names = [zone, todayNameOf(zone)];
  const isIn = (name: string) =>
    name.endsWith('*') ? names.some((one) => one?.startsWith(name.slice(0, -1))) : names.includes(name);
  return Object.entries(file().countries).find(([, { zones }]) => zones.some(isIn))?.[0];
}

/** The present name of a former time zone: `America/Montreal` is `America/Toronto`. */
function todayNameOf(zone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** A locale that names a country, if one of both does: `en` in `Asia/Tokyo` is `en-JP`. */
export function localeIn(locale: string | undefined, timeZone: string | undefined): string | undefined {
  if (countryOf({ locale }) !== undefined) return locale;
  const country = countryOfZone(timeZone);
  return country === undefined ? locale : `${locale?.split(/[-_]/)[0] ?? 'und'}-${country}`;
}

function toHelpline({ name, phone, text, url, hours }: Line): Helpline {
  return { name, phone, text, url, hours };
}
