import { PLATFORMS } from '../../../products/reel/platforms.ts';
import type { Rule } from './rule.ts';
import { textOf } from './text.ts';

const GENERIC = new Set(
  'fyp foryou foryoupage viral trending explore explorepage love instagood follow like4like shorts reels tiktok instagram linkedin motivation'.split(
    ' ',
  ),
);

export const hashtagsValid: Rule = {
  name: 'hashtags valid',
  says: 'there are hashtags, no more than the platform takes, each once, and none that fits any post',
  objection({ platform, post }) {
    const { maxHashtags } = PLATFORMS[platform];
    const tags = post.hashtags.map((tag) => tag.toLowerCase());
    if (tags.length === 0) return 'there are no hashtags';
    if (tags.length > maxHashtags) return `there are ${tags.length} hashtags`;
    if (new Set(tags).size < tags.length) return 'a hashtag stands there twice';
    const wrong = tags.find((tag) => !/^#(?=.*\p{L})[\p{L}\p{M}\p{N}_]{2,40}$/u.test(tag));
    if (wrong !== undefined) return `${wrong} is no hashtag`;
    const generic = tags.find((tag) => GENERIC.has(tag.slice(1)));
    return generic === undefined ? undefined : `${generic} fits any post`;
  },
};

const STEM = 4;

export const hashtagsRelated: Rule = {
  name: 'hashtags related',
  says: 'at least half of the hashtags share a word with the topic or the post',
  objection({ brief, post }) {
    const about = `${brief.topic} ${textOf(post)}`.toLowerCase();
    const strangers = post.hashtags.filter((tag) => !isAbout(tag, about));
    return strangers.length * 2 <= post.hashtags.length
      ? undefined
      : `nothing in the post says ${strangers.join(' ')}`;
  },
};

/** Whether the tag, or a beginning of one of its words, stands in the text: `#SmallTeams` is small and teams. */
function isAbout(tag: string, about: string): boolean {
  const name = tag.slice(1);
  if (about.replaceAll(/[^\p{L}\p{N}]/gu, '').includes(name.toLowerCase())) return true;
  const words = name.replaceAll(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, '$1 ').toLowerCase();
  return words.split(/[\s_]+/).some((word) => {
    const least = /^[\p{Script=Latin}\p{Script=Cyrillic}]+$/u.test(word) ? STEM : 2;
    return about.includes(word.length < least ? word : word.slice(0, Math.max(least, word.length - 3)));
  });
}
