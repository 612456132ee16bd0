import { lazy } from './lazy.ts';
import { Material } from './material.ts';
import { PHRASES, type PhraseBook } from './phrases.ts';
import { capitalise, clip, keywordsOf, pick, trimmedOf, wordsOf } from './words.ts';

/** One post: what a social product calls a variant. */
export interface Post {
  readonly hook: string;
  readonly body: string;
  readonly cta: string;
  readonly hashtags: readonly string[];
}

/** Greatest lengths in characters, and how many points and hashtags a post makes. */
interface Measure {
  readonly topic: number;
  readonly phrase: number;
  readonly hook: number;
  readonly points: number;
  readonly hashtags: number;
  readonly hashtag: number;
}

// X shows 280 characters: hook 75, body 98 (the longest opening and its phrase), call 53, two hashtags of 21.
const SHORT: Measure = { topic: 40, phrase: 20, hook: 75, points: 0, hashtags: 2, hashtag: 20 };
const MEASURES: Readonly<Record<string, Measure>> = {
  x: SHORT,
  twitter: SHORT,
  tiktok: { topic: 60, phrase: 40, hook: 110, points: 1, hashtags: 4, hashtag: 24 },
  youtube: { topic: 60, phrase: 40, hook: 100, points: 2, hashtags: 3, hashtag: 24 },
};
const USUAL: Measure = { topic: 80, phrase: 40, hook: 150, points: 2, hashtags: 4, hashtag: 24 };
// What prompts write where nobody named an audience.
const NOBODY = /^(?:none|any|anyone|any one|everyone|whoever|unspecified|not given|n\/a|-)(?!\p{L})/iu;
const REPLY = { topic: 120, phrase: 40 };

/** The words of a request, and what is written from them: posts and replies. */
export class Author extends Material {
  readonly #posts = new Map<number, Post>();
  readonly #book = lazy(() => PHRASES[this.language()]);
  readonly #measure = lazy((): Measure => {
    const platform = this.label('platform')?.toLowerCase() ?? '';
    return (Object.hasOwn(MEASURES, platform) ? MEASURES[platform] : undefined) ?? USUAL;
  });
  readonly #words = lazy(() => phraseWords(this, this.#measure()));
  readonly #hashtags = lazy(() => hashtagsOf(this));

  /** The post at a position: posts at different positions (up to six) have different hooks, bodies and calls. */
  post(position: number): Post {
    const post = this.#posts.get(position) ?? this.#write(position);
    this.#posts.set(position, post);
    return post;
  }

  /** One hashtag of a post; when its words run out, the first of them with a number. */
  hashtag(at: { readonly post: number; readonly index: number }): string {
    const chosen = this.post(at.post).hashtags;
    const all = [...chosen, ...turned(this.#hashtags(), at.post).filter((tag) => !chosen.includes(tag))];
    return all[at.index] ?? `${all[0] ?? '#Sandbox'}${at.index + 1}`;
  }

  /** A short answer in prose that plays the subject back. */
  reply(position: number): string {
    return fillIn(pick(this.#book().replies, this.seed() + position), phraseWords(this, REPLY));
  }

  /** An answer after a tool has answered. */
  toolReply(tool: string, result: string): string {
    return fillIn(this.#book().toolReply, {
      t: clip(this.subject(), REPLY.topic),
      k: tool,
      r: clip(result, 400),
    });
  }

  #write(position: number): Post {
    const [book, measure, words] = [this.#book(), this.#measure(), this.#words()];
    const at = (this.seed() % 997) + position;
    const [call, ...calls] = book.calls.filter((template) => measure.points > 0 || !template.includes('{'));
    return {
      hook: clip(fillIn(pick(book.hooks, at), words), measure.hook),
      body: bodyAt(book, words, { at, points: measure.points }),
      cta: fillIn(pick([call ?? book.calls[0], ...calls], at), words),
      hashtags: turned(this.#hashtags(), position)
        .filter((tag, index) => index === 0 || tag.length <= measure.hashtag)
        .slice(0, measure.hashtags),
    };
  }
}

function bodyAt(book: PhraseBook, words: Words, wish: { at: number; points: number }): string {
  const { at } = wish;
  const opening = fillIn(pick(book.openings, at), words);
  if (wish.points === 0) return opening;
  const points = Array.from({ length: wish.points }, (_, turn) =>
    fillIn(pick(book.points, at + turn * 2), words),
  );
  const closing = fillIn(pick(book.closings, at), words);
  const audience = words.a === undefined ? [] : [fillIn(book.audience, words)];
  return [opening, points.join(' '), [closing, ...audience].join(' ')].join('\n\n');
}

type Words = Readonly<Record<string, string | undefined>>;

function fillIn(template: string, words: Words): string {
  return capitalise(template.replaceAll(/\{([a-z])\}/g, (whole, name: string) => words[name] ?? whole));
}

function phraseWords(material: Material, measure: Pick<Measure, 'topic' | 'phrase'>): Words {
  const phrases = keywordPhrases(material).map((phrase) => clip(phrase, measure.phrase));
  const given = material.label('audience');
  const audience = given === undefined || NOBODY.test(given) ? undefined : given;
  return {
    t: clip(material.subject(), measure.topic),
    k: phrases[0],
    l: phrases.at(-1),
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

/** Hashtags of letters and digits, made of the subject's words. Never empty. */
function hashtagsOf(material: Material): string[] {
  const words = keywordsOf(material.subject(), material.language()).map((word) =>
    word.replaceAll(/[^\p{L}\p{N}]/gu, ''),
  );
  const pairs = words.slice(1).map((word, at) => capitalise(words[at] ?? '') + capitalise(word));
  const usable = [...pairs.filter((pair) => pair.length <= 22), ...words.map(capitalise)].filter(
    (word) => word.length <= 30 && /^(?=.*\p{L})[\p{L}\p{N}]+$/u.test(word),
  );
  return usable.length === 0 ? ['#Sandbox'] : [...new Set(usable.map((word) => `#${word}`))];
}

/** The list from a position on and round again, so that each post leads with another hashtag. */
function turned(list: readonly string[], position: number): string[] {
  const turn = position % list.length;
  return [...list.slice(turn), ...list.slice(0, turn)];
}
