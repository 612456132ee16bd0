import type { Language } from './languages.ts';
import type { PhraseBook } from './phrases/book.ts';
import { DE } from './phrases/de.ts';
import { EN } from './phrases/en.ts';
import { ES } from './phrases/es.ts';
import { FR } from './phrases/fr.ts';
import { IT } from './phrases/it.ts';
import { JA } from './phrases/ja.ts';
import { NL } from './phrases/nl.ts';
import { PL } from './phrases/pl.ts';
import { PT } from './phrases/pt.ts';
import { SV } from './phrases/sv.ts';
import { TR } from './phrases/tr.ts';

export type { PhraseBook } from './phrases/book.ts';

/** What the sandbox writes with. Ten hooks and eight openings and calls: more than the five variants of a request. */
export const PHRASES: Readonly<Record<Language, PhraseBook>> = {
  en: EN,
  de: DE,
  fr: FR,
  es: ES,
  it: IT,
  pt: PT,
  nl: NL,
  pl: PL,
  sv: SV,
  tr: TR,
  ja: JA,
};
