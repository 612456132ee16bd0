/** A platform's bounds for the whole post: hook, body, call to action and hashtags with the blank lines between. */
export interface PlatformRules {
  readonly title: string;
  readonly maxLength: number;
  /** How the platform counts towards its length; in characters (code points) where it isn't said. */
  readonly counts?: (text: string) => number;
  readonly maxHashtags: number;
  /** How a good post there reads; part of the prompt, where it ends the sentence "You write for …:". */
  readonly style: string;
}

/** As the platforms document them; read again in November 2026. */
export const PLATFORMS = {
  // 2,200 UTF-16 units by API (developers.tiktok.com/doc/content-posting-api-reference-direct-post; the app itself takes
  // more); five hashtags since August 2025. The feed shows about 80 characters.
  tiktok: {
    title: 'TikTok',
    maxLength: 2_200,
    counts: (text: string) => text.length,
    maxHashtags: 5,
    style:
      'the caption of a short video that works as its spoken script. The hook is said in the first two seconds and fits the 80 characters that the feed shows. The body has 150 to 500 characters in short spoken lines, plain words, straight to "you".',
  },
  // 2,200 characters (developers.facebook.com/docs/instagram-platform, IG User Media: caption); five hashtags since
  // December 2025 (@creators, 19 December 2025). About 125 characters stand before "more".
  instagram: {
    title: 'Instagram',
    maxLength: 2_200,
    maxHashtags: 5,
    style:
      'a caption under a picture or reel. Hook and first sentence fit the 125 characters shown before "more". The body has 200 to 700 characters, visual and warm, one thought to a short paragraph, an emoji only where the tone asks for it.',
  },
  // The description: 5,000 bytes, no angle brackets (developers.google.com/youtube/v3/docs/videos). Hashtags beyond the
  // first three are not shown above the title (support.google.com/youtube/answer/6390658).
  youtube: {
    title: 'YouTube',
    maxLength: 5_000,
    counts: (text: string) => Buffer.byteLength(text),
    maxHashtags: 3,
    style:
      'the spoken script of a Short. The hook opens in the middle of things; the body, at most 110 words, gives one reason to stay and pays off in its last line. Everything is said aloud: no emoji, no lists, no angle brackets.',
  },
  x: {
    title: 'X',
    maxLength: 280,
    counts: weightOnX,
    maxHashtags: 2,
    style:
      'one post, never a thread. Hook and body are one thought with an edge: the body is one or two sentences that turn, prove or sharpen the hook. Leave room: 200 to 250 characters in all (of Chinese, Japanese or Korean 110, because there each counts double).',
  },
  // 3,000 characters (learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api: commentary). About 140
  // stand before "see more" on a phone.
  linkedin: {
    title: 'LinkedIn',
    maxLength: 3_000,
    maxHashtags: 5,
    style:
      'a post for people at work. The hook earns the click on "see more". The body has 500 to 900 characters: a situation they know, what it shows, what to do differently on Monday; paragraphs of one or two sentences, no boasting, no buzzwords.',
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

/** The length of a variant as it would be posted, as its platform counts, parts joined by a blank line. */
export function postLength(platform: Platform, variant: VariantText): number {
  const parts = [variant.hook, variant.body, variant.cta, variant.hashtags.join(' ')].filter(
    (part) => part !== '',
  );
  const { counts = characters }: PlatformRules = PLATFORMS[platform];
  return counts(parts.join('\n\n'));
}

export function isOverLength(platform: Platform, variant: VariantText): boolean {
  return postLength(platform, variant) > PLATFORMS[platform].maxLength;
}

function characters(text: string): number {
  return Array.from(text).length;
}

const LINK = /https?:\/\/\S+/g;
const LENGTH_OF_LINK = 23;
/** Code points that X counts once, from and to. */
const SINGLE_ON_X = [
  [0, 0x10ff],
  [0x2000, 0x200d],
  [0x2010, 0x201f],
  [0x2032, 0x2037],
] as const;

/** Latin and its neighbours count once, all else and an emoji as a whole twice, a link 23: docs.x.com/fundamentals/counting-characters. */
function weightOnX(text: string): number {
  const composed = text.normalize('NFC');
  const links = composed.match(LINK) ?? [];
  const emoji = composed.replaceAll(LINK, '').match(/\p{RGI_Emoji}/gv) ?? [];
  const rest = Array.from(composed.replaceAll(LINK, '').replaceAll(/\p{RGI_Emoji}/gv, ''));
  const weights = rest.reduce((sum, character) => sum + weightOf(character), 0);
  return weights + emoji.length * 2 + links.length * LENGTH_OF_LINK;
}

function weightOf(character: string): 1 | 2 {
  const point = character.codePointAt(0) ?? 0;
  return SINGLE_ON_X.some(([from, to]) => point >= from && point <= to) ? 1 : 2;
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
