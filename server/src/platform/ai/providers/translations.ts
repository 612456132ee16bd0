import type { TranslationName } from '../takes.ts';
import type { UpstreamTranslation } from './translation.ts';

/** The translations, by the name of the vendor's protocol. */
const TRANSLATIONS: Readonly<Record<TranslationName, () => Promise<UpstreamTranslation>>> = {
  converse: async () => (await import('./converse/converse.ts')).CONVERSE,
  gemini: async () => (await import('./gemini/gemini.ts')).GEMINI_TRANSLATION,
  mistral: async () => (await import('./mistral.ts')).MISTRAL,
};

export type LoadTranslation = () => UpstreamTranslation | Promise<UpstreamTranslation>;

/** The translation into one of these protocols, if there is one; at hand at once, after the first time. */
export function translationOf(spoken: readonly string[]): LoadTranslation | undefined {
  const name = (Object.keys(TRANSLATIONS) as TranslationName[]).find((one) => spoken.includes(one));
  // It is a protocol of our own too, which an upstream may speak beside chat completions.
  const load =
    name === undefined || (name === 'gemini' && spoken.includes('chat')) ? undefined : TRANSLATIONS[name];
  if (load === undefined) return undefined;
  let translation: UpstreamTranslation | undefined;
  return () => translation ?? load().then((one) => (translation = one));
}
