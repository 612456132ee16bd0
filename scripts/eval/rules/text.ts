import type { VariantText } from '../../../products/reel/platforms.ts';

/** The language of a BCP 47 tag, without its region: `pt` of `pt-BR`. */
export function languageOf(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? tag;
}

/** Hook, body and call, as a reader reads them. */
export function textOf({ hook, body, cta }: VariantText): string {
  return [hook, body, cta].join('\n');
}

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** Lower-case words; of Chinese, Japanese and Thai those of a dictionary. */
export function wordsOf(text: string): string[] {
  return Array.from(segmenter.segment(text.toLowerCase()))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

export function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?…])\s+|(?<=[。！？])|\n+/u).filter((sentence) => /\p{L}/u.test(sentence));
}

const STEM = 4;

/** Whether two words may be forms of one: `bake` and `baking`, `équipe` and `équipes`. */
export function isAkin(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return (
    short === long ||
    (short.length >= STEM && long.startsWith(short.slice(0, Math.max(STEM, short.length - 2))))
  );
}

/** Words that carry a meaning: four letters and more; of scripts that write a word in a sign or two, two. */
export function contentWords(text: string): string[] {
  return [...new Set(wordsOf(text))].filter((word) =>
    /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{M}\p{N}'’]+$/u.test(word)
      ? word.length >= STEM && !STOP_WORDS.has(word)
      : word.length >= 2,
  );
}

// Long words of no meaning of their own; short ones are left out by their length.
const STOP_WORDS = new Set(
  'that this with from your what when where which have will they them their about into than then because before after more most just also only very some every could would should does aber auch dann dass diese dieser dieses eine einen einer haben hier kann mehr nach nicht noch oder sich sind über unter wenn wird avec cette comme dans elle leur mais nous pour plus sans sont tout vous como cuando desde donde entre esta este pero porque para sobre tiene todo alla anche come della delle dove nella perché quando questa questo sono mais muito pela pelo quem também isso quando voor niet naar maar door jest jako przez bardzo tylko från inte eller också daha için gibi kadar'.split(
    ' ',
  ),
);

/** How much two texts are made of the same runs of three words, from 0 to 1. */
export function similarity(one: string, other: string): number {
  const [a, b] = [runsOf(one), runsOf(other)];
  const shared = [...a].filter((run) => b.has(run)).length;
  return shared / Math.max(1, Math.min(a.size, b.size));
}

function runsOf(text: string): Set<string> {
  const words = wordsOf(text);
  return new Set(words.slice(2).map((word, at) => `${words[at]} ${words[at + 1]} ${word}`));
}
