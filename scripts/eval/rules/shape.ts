import { type Platform, PLATFORMS, postLength } from '../../../products/reel/platforms.ts';
import type { Rule } from './rule.ts';
import { languageOf, similarity, textOf, wordsOf } from './text.ts';

/** Shorter than this a post has hardly said anything, in characters; half of it in scripts of whole words. */
const LEAST: Readonly<Record<Platform, number>> = {
  x: 70,
  tiktok: 120,
  instagram: 150,
  youtube: 150,
  linkedin: 250,
};
const DENSE = new Set(['ja', 'zh', 'ko']);

export const length: Rule = {
  name: 'length',
  says: 'a post is within the limit of its platform, as that counts, and not under a useful minimum',
  objection({ brief, platform, post }) {
    const long = postLength(platform, post);
    if (long > PLATFORMS[platform].maxLength)
      return `the post has ${long} of ${PLATFORMS[platform].maxLength}`;
    const { length: characters } = Array.from(textOf(post));
    const least = LEAST[platform] / (DENSE.has(languageOf(brief.language)) ? 2 : 1);
    return characters >= least ? undefined : `the post has ${characters} characters`;
  },
};

const BLEMISHES: readonly (readonly [RegExp, string])[] = [
  [/\*\*|__\p{L}|^#{1,6}\s|`|\[[^\]\n]{1,60}\]\([^)]*\)/mu, 'markdown'],
  [/\[[^\]\n]{1,40}\]|\{\{?[^}\n]{1,40}\}|<[a-z/][^>\n]{0,40}>|lorem ipsum/iu, 'a placeholder'],
  // In capitals alone: "todo" is Spanish for all.
  [/\b(?:TODO|TBD|X{3,})\b/u, 'a placeholder'],
  [/^(?:hook|body|cta|call to action|caption|hashtags|variant \d)\s*:/imu, 'a label'],
  [
    /\bas an ai\b|language model|\bi (?:can(?:no|[’'])t|am unable)\b|here(?: is|[’']s| are) (?:your|the|a) (?:post|caption|variant)/iu,
    'talk about itself',
  ],
];

export const plainText: Rule = {
  name: 'plain text',
  says: 'a post has no markdown, placeholders, labels, quotation marks around a part, and does not talk about itself',
  objection({ brief, post }) {
    for (const part of [post.hook, post.body, post.cta]) {
      if (/^["“„«][^"“”„«»]*["”“»]$/u.test(part.trim())) return 'quotation marks around a part';
      const own = part.replaceAll(brief.topic, '');
      const blemish = BLEMISHES.find(([pattern]) => pattern.test(own));
      if (blemish !== undefined) return blemish[1];
    }
    return undefined;
  },
};

export const brandWords: Rule = {
  name: 'brand words',
  says: 'words that the brand avoids do not occur',
  objection({ brief, post }) {
    const text = ` ${wordsOf(`${textOf(post)} ${post.hashtags.join(' ')}`).join(' ')} `;
    const used = brief.avoid?.find((word) => text.includes(` ${wordsOf(word).join(' ')} `));
    return used === undefined ? undefined : `the brand avoids "${used}"`;
  },
};

const MOST_ALIKE = 0.5;

export const variantsDiffer: Rule = {
  name: 'variants differ',
  says: `two variants share less than half of their runs of three words, and never a hook`,
  objection({ brief, post, others }) {
    const ownText = (variant: typeof post) => textOf(variant).replaceAll(brief.topic, ' ');
    const hook = post.hook.toLowerCase();
    if (others.some((other) => other.hook.toLowerCase() === hook)) return 'another variant has the same hook';
    const alike = Math.max(0, ...others.map((other) => similarity(ownText(post), ownText(other))));
    return alike < MOST_ALIKE ? undefined : `${Math.round(alike * 100)} % alike with another variant`;
  },
};
