/** What a platform takes, in characters of the whole post: hook, body, call to action and hashtags with their blanks. */
export interface PlatformRules {
  readonly title: string;
  readonly maxLength: number;
  readonly maxHashtags: number;
  /** How a good post there reads; part of the prompt. */
  readonly style: string;
}

/** Lengths as the platforms document them (captions and posts; YouTube: the description of a Short is kept to what is seen). */
export const PLATFORMS = {
  tiktok: {
    title: 'TikTok',
    maxLength: 2_200,
    maxHashtags: 5,
    style: 'a caption and spoken script: a hook for the first two seconds, short lines, plain words',
  },
  instagram: {
    title: 'Instagram',
    maxLength: 2_200,
    maxHashtags: 8,
    style:
      'a caption: a first line that stops the thumb, short paragraphs, a question or an invitation at the end',
  },
  youtube: {
    title: 'YouTube',
    maxLength: 5_000,
    maxHashtags: 5,
    style: 'a Short: a spoken hook, one idea, a reason to watch to the end, a clear next step',
  },
  x: {
    title: 'X',
    maxLength: 280,
    maxHashtags: 2,
    style: 'one post: one sharp idea, no filler, everything within 280 characters',
  },
  linkedin: {
    title: 'LinkedIn',
    maxLength: 3_000,
    maxHashtags: 5,
    style:
      'a post: a first line worth unfolding, concrete experience, short paragraphs, a question that invites answers',
  },
} as const satisfies Record<string, PlatformRules>;

export type Platform = keyof typeof PLATFORMS;
export const PLATFORM_NAMES = Object.keys(PLATFORMS) as [Platform, ...Platform[]];

export interface VariantText {
  readonly hook: string;
  readonly body: string;
  readonly cta: string;
  readonly hashtags: readonly string[];
}

/** The length of a variant as it would be posted, in characters (code points), parts joined by a blank line. */
export function postLength(variant: VariantText): number {
  const parts = [variant.hook, variant.body, variant.cta, variant.hashtags.join(' ')].filter(
    (part) => part !== '',
  );
  return Array.from(parts.join('\n\n')).length;
}

export function isOverLength(platform: Platform, variant: VariantText): boolean {
  return postLength(variant) > PLATFORMS[platform].maxLength;
}

/** A hashtag as platforms read it: letters, digits and underscores of any script, at least one not a digit. Others are dropped. */
export function cleanHashtags(platform: Platform, hashtags: readonly string[]): string[] {
  const clean = hashtags
    .map((tag) =>
      tag
        .trim()
        .replace(/^#+/, '')
        .replaceAll(/[^\p{L}\p{M}\p{N}_]/gu, ''),
    )
    .filter((tag) => tag !== '' && !/^\d+$/.test(tag));
  const distinct = [...new Map(clean.map((tag) => [tag.toLowerCase(), `#${tag}`])).values()];
  return distinct.slice(0, PLATFORMS[platform].maxHashtags);
}
