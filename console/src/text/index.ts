import { createContext, use } from 'react';
import { en, type TextKey } from './en.ts';

export type { TextKey } from './en.ts';

/** Whether there is such a text: limits of a team's own products have none. */
export const isText = (key: string): key is TextKey => Object.hasOwn(en, key);
export type Language = 'en' | 'de';

const shared: Record<Language, Readonly<Record<TextKey, string>>> = { en, de: en };

/** Loads the texts that all pages share: English ones are there. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'de') shared.de = (await import('./de.ts')).de;
}
/** Name of the server, as its page says it. */
export const brandName = document.title;

const KEPT = 'plinth.language';

/** What the person chose, else what their browser asks for. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'de') return kept;
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

export const keepLanguage = (language: Language): void => localStorage.setItem(KEPT, language);

export const LanguageContext = createContext<Language>('en');

export type Say<K extends string = never> = (
  key: TextKey | K,
  parts?: Readonly<Record<string, string>>,
) => string;

/** Texts of one page, which are loaded with it: each in English and in German. */
type PageTexts<K extends string> = Readonly<Record<K, readonly [en: string, de: string]>>;

export const pageTexts = <K extends string>(texts: PageTexts<K>): PageTexts<K> => texts;

/** The texts of the present language, with those of a page, and how it writes figures. */
export function useTexts<K extends string = never>(
  page?: PageTexts<K>,
): { readonly say: Say<K>; readonly format: Formats; readonly language: Language } {
  const language = use(LanguageContext);
  return {
    say: (key, parts = {}) =>
      fill(isText(key) ? shared[language][key] : (page?.[key][language === 'en' ? 0 : 1] ?? key), parts),
    format: formatsOf(language),
    language,
  };
}

const fill = (text: string, parts: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (place, name: string) => parts[name] ?? place);

export interface Formats {
  count(value: number): string;
  /** Writes micro-dollars: cents at least; of calls, which cost less than one, all have six digits, so that they align. null, which customers read for what model calls cost, is a dash. */
  micros(value: number | null): string;
  bytes(value: number): string;
  /** Writes microseconds. */
  duration(micros: number): string;
  /** `12 s ago`, `in 6 h`. */
  relative(instant: string, now: number): string;
  /** With its year where that is another one than the present. */
  day(instant: string): string;
  instant(instant: string): string;
}

const known = new Map<Language, Formats>();

function formatsOf(language: Language): Formats {
  const kept = known.get(language);
  if (kept !== undefined) return kept;
  const count = new Intl.NumberFormat(language);
  const relative = new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'auto' });
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  const dayOfYear = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const instant = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' });
  const made: Formats = {
    count: (value) => count.format(value),
    micros: (value) => {
      if (value === null) return '–';
      const size = Math.abs(value);
      const isTiny = size !== 0 && size < 10_000;
      return new Intl.NumberFormat(language, {
        style: 'currency',
        currency: 'USD',
        minimumFractionDigits: isTiny ? 6 : 2,
        maximumFractionDigits: isTiny ? 6 : size < 1_000_000 ? 4 : 2,
      }).format(value / 1_000_000);
    },
    bytes: (value) => {
      const [unit, size] = UNITS.find(([, least]) => value >= least) ?? (['byte', 1] as const);
      return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 }).format(
        value / size,
      );
    },
    duration: (micros) => {
      const [unit, size] =
        micros >= 1_000_000 ? (['second', 1_000_000] as const) : (['millisecond', 1_000] as const);
      const digits = micros >= 100_000 && micros < 1_000_000 ? 0 : 2;
      return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: digits }).format(
        micros / size,
      );
    },
    relative: (at, now) => {
      const seconds = Math.round((Date.parse(at) - now) / 1_000);
      const [unit, size] = SPANS.find(([, least]) => Math.abs(seconds) >= least) ?? (['second', 1] as const);
      return relative.format(Math.trunc(seconds / size), unit);
    },
    // A day without a time is one of this browser's zone.
    day: (at) => {
      const then = new Date(at.length === 10 ? `${at}T00:00` : at);
      return (then.getFullYear() === new Date().getFullYear() ? day : dayOfYear).format(then);
    },
    instant: (at) => instant.format(new Date(at)),
  };
  known.set(language, made);
  return made;
}

const UNITS = [
  ['gigabyte', 1e9],
  ['megabyte', 1e6],
  ['kilobyte', 1e3],
] as const;
const SPANS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
