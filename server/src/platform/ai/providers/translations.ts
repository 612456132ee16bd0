import type { Spoken, TranslationName } from '../takes.ts';
import type { UpstreamTranslation } from './translation.ts';

/** The translations, by the name of the vendor's protocol. */
const TRANSLATIONS: Readonly<Record<TranslationName, () => Promise<UpstreamTranslation>>> = {
  converse: async () => (await import('./converse/converse.ts')).CONVERSE,
  gemini: async () => (await import('./gemini/gemini.ts')).GEMINI_TRANSLATION,
  messages: async () => (await import('./messages/messages.ts')).MESSAGES_TRANSLATION,
  mistral: async () => (await import('./mistral.ts')).MISTRAL,
};

export type LoadTranslation = () => UpstreamTranslation | Promise<UpstreamTranslation>;

/** The translation into one of these protocols, for an upstream that speaks no chat completions, if there is one; at hand at once, after the first time. */
export function translationOf(spoken: readonly string[]): LoadTranslation | undefined {
  const name = (Object.keys(TRANSLATIONS) as TranslationName[]).find((one) => spoken.includes(one));
  // Some are protocols of our own too, which an upstream may speak beside chat completions.
  if (name === undefined || spoken.includes('chat')) return undefined;
  const load = TRANSLATIONS[name];
  let translation: UpstreamTranslation | undefined;
  return () => translation ?? load().then((one) => (translation = one));
}

/** The protocols of an upstream's models, as it says them or its vendor has them: a translation makes chat completions one of them. */
export function spokenIn(spoken: readonly Spoken[]): {
  readonly speaks: ReadonlySet<Spoken>;
  readonly translation: LoadTranslation | undefined;
} {
  const translation = translationOf(spoken);
  const more: readonly Spoken[] = spoken.includes('gemini') ? ['embedContent', 'batchEmbedContents'] : [];
  const chat: readonly Spoken[] = translation === undefined ? [] : ['chat'];
  return { speaks: new Set([...chat, ...spoken, ...more]), translation };
}
