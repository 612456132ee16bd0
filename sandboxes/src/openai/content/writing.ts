import type { Material } from './material.ts';
import type { PhraseBook } from './phrases.ts';
import { capitalise, clip, clipWide, keywordsOf, pick, trimmedOf, widthOf, wordsOf } from './words.ts';

// What prompts write where nobody named an audience.
const NOBODY = /^(?:none|any|anyone|any one|everyone|whoever|unspecified|not given|n\/a|-)(?!\p{L})/iu;

/** What templates are filled with, by the letter of the place. */
export type Words = Readonly<Record<string, string | undefined>>;

export function fillIn(template: string, words: Words): string {
  return capitalise(template.replaceAll(/\{([a-z])\}/g, (whole, name: string) => words[name] ?? whole));
}

/** The words of a request for the places of templates, none wider than the measure. */
export function phraseWords(
  material: Material,
  measure: { readonly topic: number; readonly phrase: number },
): Words {
  const phrases = keywordPhrases(material).map((phrase) => clipWide(phrase, measure.phrase));
  // Two words or a long one say what it is about; "answer" of "How to answer a letter" doesn't.
  const leading = phrases.find((phrase) => phrase.includes(' ') || widthOf(phrase) >= 8) ?? phrases[0];
  const given = material.label('audience');
  const audience = given === undefined || NOBODY.test(given) ? undefined : given;
  return {
    t: clipWide(material.subject(), measure.topic),
    k: leading,
    l: phrases.findLast((phrase) => phrase !== leading) ?? leading,
    a: audience === undefined ? undefined : clip(trimmedOf(audience, ' .!?'), 80),
  };
}

/** Keywords that stand side by side in the subject make one phrase: `small teams`, `ship faster`. Never empty. */
function keywordPhrases(material: Material): string[] {
  const keywords = new Set(keywordsOf(material.subject(), material.language()));
  const phrases: string[] = [];
  let open = '';
  for (const word of wordsOf(material.subject().slice(0, 200))) {
    if (!keywords.has(word)) open = '';
    else if (open === '') {
      phrases.push(word);
      open = word;
    } else {
      phrases[phrases.length - 1] = `${open} ${word}`;
      open = '';
    }
  }
  if (phrases.length === 0) phrases.push(clip(material.subject(), 40));
  return phrases.map((phrase) => softened(phrase, material));
}

/** A subject's first word has a capital because it is first; inside a sentence it has none, German nouns aside. */
function softened(phrase: string, material: Material): string {
  const starts = material.subject().startsWith(phrase) && /^\p{Lu}\p{Ll}/u.test(phrase);
  return starts && material.language() !== 'de' ? phrase.charAt(0).toLowerCase() + phrase.slice(1) : phrase;
}

/** Hooks that the request does not show as written already; when few are left, they go on with a closing line. */
export function freshHooks(
  material: Material,
  book: PhraseBook,
  { words, widest }: { words: Words; widest: number },
): readonly [string, ...string[]] {
  const written = ['already written', 'written', 'hooks', 'avoid'].map((name) => material.label(name) ?? '');
  const hooks = book.hooks.map((hook) => fillIn(hook, words));
  const longer = book.closings.flatMap((closing) => hooks.map((hook) => `${hook} – ${closing}`));
  const [first, ...rest] = [...hooks, ...longer]
    .map((hook) => clipWide(hook, widest))
    .filter((hook) => !written.some((text) => text.includes(hook)))
    .slice(0, hooks.length);
  return first === undefined ? [hooks[0] ?? material.subject()] : [first, ...rest];
}

/** A body: an opening, so many points, and a closing line. On the shortest platforms the opening says it all. */
export function bodyAt(
  book: PhraseBook,
  words: Words,
  wish: { at: number; points: number; unspoken: string | undefined },
): string {
  const { at, unspoken } = wish;
  const opening = unspoken === undefined ? fillIn(pick(book.openings, at), words) : admission(unspoken);
  if (wish.points === 0) return opening;
  // Neighbours take turns through the list: as few points as can be stand in two posts.
  const points = Array.from({ length: wish.points }, (_, turn) =>
    fillIn(pick(book.points, at * wish.points + turn), words),
  );
  const closing = fillIn(pick(book.closings, at), words);
  const audience = words.a === undefined ? [] : [fillIn(book.audience, words)];
  return [opening, points.join(' '), [closing, ...audience].join(' ')].join('\n\n');
}

/** In place of an opening: English is not what was asked for, and nobody should take it for the product's doing. */
function admission(language: string): string {
  return `The sandbox has no phrases in “${clip(language, 20)}” and writes English; a model would not.`;
}
