import type { JsonObject } from './json.ts';
import { lazy } from './lazy.ts';
import { Material } from './material.ts';
import { PHRASES } from './phrases.ts';
import { objectsIn, shortened } from './rework.ts';
import { capitalise, clip, keywordsOf, labelKey, pick, widthOf } from './words.ts';
import { bodyAt, fillIn, freshHooks, phraseWords } from './writing.ts';

/** One post: what a social product calls a variant. */
export interface Post {
  readonly hook: string;
  readonly body: string;
  readonly cta: string;
  readonly hashtags: readonly string[];
}

/** The parts of a post that are one text. */
type Part = 'hook' | 'body' | 'cta';

/** Greatest widths, and how many points and hashtags a post makes. */
interface Measure {
  readonly topic: number;
  readonly phrase: number;
  readonly hook: number;
  readonly points: number;
  readonly hashtags: number;
  readonly hashtag: number;
}

// X shows 280 characters: hook 75, body 98 (the longest opening and its phrase), call 53, two hashtags of 21.
const SHORT: Measure = { topic: 34, phrase: 20, hook: 75, points: 0, hashtags: 2, hashtag: 20 };
const MEASURES: Readonly<Record<string, Measure>> = {
  x: SHORT,
  twitter: SHORT,
  tiktok: { topic: 45, phrase: 40, hook: 90, points: 2, hashtags: 4, hashtag: 24 },
  youtube: { topic: 45, phrase: 40, hook: 90, points: 3, hashtags: 3, hashtag: 24 },
  linkedin: { topic: 45, phrase: 40, hook: 90, points: 4, hashtags: 3, hashtag: 24 },
};
const USUAL: Measure = { topic: 45, phrase: 40, hook: 90, points: 3, hashtags: 4, hashtag: 24 };
const REPLY = { topic: 120, phrase: 40 };
// How far a part is looked for that is not the one which stands there already.
const LOOK_AHEAD = 4;

/** The words of a request, and what is written from them: posts and replies. */
export class Author extends Material {
  readonly #lists = lazy(() =>
    [...this.labels().values()].map(objectsIn).filter((list) => list !== undefined),
  );
  readonly #short = new Map<readonly JsonObject[], readonly JsonObject[]>();
  readonly #replyWords = lazy(() => phraseWords(this, REPLY));
  readonly #posts = new Map<number, Post>();
  readonly #book = lazy(() => PHRASES[this.language()]);
  readonly #measure = lazy((): Measure => {
    const platform = this.label('platform')?.toLowerCase() ?? '';
    return (Object.hasOwn(MEASURES, platform) ? MEASURES[platform] : undefined) ?? USUAL;
  });
  readonly #words = lazy(() => phraseWords(this, this.#measure()));
  readonly #hashtags = lazy(() => hashtagsOf(this));
  readonly #freshHooks = lazy(() =>
    freshHooks(this, this.#book(), { words: this.#words(), widest: this.#measure().hook }),
  );

  /** The part that is to be written anew, by `Target: …`; the others are given only to fit them. */
  readonly target = lazy((): string | undefined => {
    const named = this.label('target');
    return named === undefined ? undefined : labelKey(named);
  });

  /** The post at a position: posts at different positions (up to six) have different hooks, bodies and calls. */
  post(position: number): Post {
    const post = this.#posts.get(position) ?? this.#write(position);
    this.#posts.set(position, post);
    return post;
  }

  /** A part of the post at a position, or of a later one when the request shows that very text as what stands there. */
  part(name: Part, position: number): string {
    const present = this.label(name);
    const texts = Array.from({ length: LOOK_AHEAD }, (_, ahead) => this.post(position + ahead)[name]);
    return texts.find((text) => text !== present) ?? this.post(position)[name];
  }

  /** One hashtag of a post; when its words run out, the first of them with a number. */
  hashtag(at: { readonly post: number; readonly index: number }): string {
    const isPresent = this.label('hashtags') === this.post(at.post).hashtags.join(' ');
    const position = isPresent ? at.post + 1 : at.post;
    const chosen = this.post(position).hashtags;
    const all = [...chosen, ...turned(this.#hashtags(), position).filter((tag) => !chosen.includes(tag))];
    return all[at.index] ?? `${all[0] ?? '#Sandbox'}${at.index + 1}`;
  }

  /** The objects that the request gives to be worked over into these fields, cut to the length that it asks for. */
  originals(fields: readonly string[]): readonly JsonObject[] | undefined {
    const found = this.#lists().find((list) =>
      list.every((object) => fields.every((name) => Object.hasOwn(object, name))),
    );
    return found === undefined ? undefined : this.#shortened(found);
  }

  #shortened(list: readonly JsonObject[]): readonly JsonObject[] {
    const most = Number(this.label('max length') ?? Number.NaN);
    const done = this.#short.get(list) ?? (most > 0 ? list.map((object) => shortened(object, most)) : list);
    this.#short.set(list, done);
    return done;
  }

  /** A short answer in prose that plays the subject back. */
  reply(position: number): string {
    return fillIn(pick(this.#book().replies, this.seed() + position), this.#replyWords());
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
      hook: pick(this.#freshHooks(), at),
      body: bodyAt(book, words, { at, points: measure.points, unspoken: this.unspoken() }),
      cta: fillIn(pick([call ?? book.calls[0], ...calls], at), words),
      hashtags: turned(this.#hashtags(), position)
        .filter((tag, index) => index === 0 || widthOf(tag) <= measure.hashtag)
        .slice(0, measure.hashtags),
    };
  }
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
