import type { Platform } from '../../../products/reel/platforms.ts';
import { finder, WORDS } from '../words.ts';
import type { Rule } from './rule.ts';
import { languageOf, sentencesOf, textOf } from './text.ts';

/** Sentences of a body; more than these hold more than one idea, or the same one too often. */
const MOST_SENTENCES: Readonly<Record<Platform, number>> = {
  x: 4,
  tiktok: 12,
  instagram: 14,
  youtube: 16,
  linkedin: 18,
};
const MOST_ITEMS = 4;
const MOST_TURNS = 1;

/** Modest: whether a post has one idea is for a reader. What is counted are the signs of several. */
export const oneIdea: Rule = {
  name: 'one idea',
  says: 'a body has no more sentences than its platform reads, no long list, and does not add "also" to "also"',
  objection({ brief, platform, post }) {
    const sentences = sentencesOf(post.body).length;
    if (sentences > MOST_SENTENCES[platform]) return `the body has ${sentences} sentences`;
    const items = post.body.match(/^\s*(?:[-–•*✅👉▪]|\d{1,2}[.)])\s/gmu)?.length ?? 0;
    if (items > MOST_ITEMS) return `the body lists ${items} things`;
    const language = languageOf(brief.language);
    const also = WORDS[language]?.also;
    const turns = also === undefined ? 0 : (post.body.match(finder(also, language))?.length ?? 0);
    return turns > MOST_TURNS ? `the body adds a further thought ${turns} times` : undefined;
  },
};

export const noInventedFigures: Rule = {
  name: 'no invented figures',
  says: 'a number of two digits and more, a percentage or a sum of money stands in the brief',
  objection({ brief, post }) {
    const given = new Set(figuresIn([brief.topic, brief.tone, brief.audience, brief.brand_voice].join(' ')));
    const invented = figuresIn(textOf(post)).filter((figure) => !given.has(figure));
    return invented.length === 0 ? undefined : `the brief does not say ${invented.join(', ')}`;
  },
};

/** Digits of numbers that claim something. A single digit may count what the post itself names: "3 steps". */
function figuresIn(text: string): string[] {
  const found = text
    .normalize('NFKC')
    .matchAll(/[$€£¥]?\s?\d[\d.,'’ ]*\d\s?[%‰$€£¥]?|[$€£¥]\s?\d|\d\s?[%‰$€£¥]/gu);
  return [...found].map(([figure]) => figure.replaceAll(/\D/g, ''));
}
