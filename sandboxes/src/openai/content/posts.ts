import type { JsonObject } from './json.ts';
import { lazy } from './lazy.ts';
import { Material } from './material.ts';
import { PHRASES, type PhraseBook } from './phrases.ts';
import { objectsIn, shortenTexts } from './shorten-texts.ts';
import { capitalise, clip, clipWide, keywordsOf, labelKey, pick, widthOf } from './words.ts';

/** One post: what a social product calls a variant. */
export interface Post {
  readonly hook: string;
  readonly body: string;
  readonly cta: string;
  readonly hashtags: readonly string[];
}

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
const USUAL: Measure = { topic: 45, phrase: 40, hook: 90, points: 2, hashtags: 3, hashtag: 24 };
const SHORT_PLATFORMS = new Set(['x', 'twitter']);
// How far a part is looked for that is not the one which stands there already.
const LOOK_AHEAD = 4;
// What prompts write where they name no audience.
const NOBODY = /^(?:none|any|anyone|everyone|people whom|unspecified|-)(?!\p{L})/iu;

/** What templates are filled with, by the letter of the place. */
type Words = Readonly<Record<string, string | undefined>>;

/** The words of a request, and what is written from them: posts and replies. */
export class Author extends Material {
  readonly #book = lazy((): PhraseBook => PHRASES[this.language()]);
  readonly #measure = lazy(() =>
    SHORT_PLATFORMS.has(this.label('platform')?.toLowerCase() ?? '') ? SHORT : USUAL,
  );
  readonly #words = lazy(() => this.#wordsWithin(this.#measure()));
  readonly #hashtags = lazy(() => hashtagsOf(this));
  readonly #hooks = lazy(() => this.#freshHooks());
  readonly #posts = new Map<number, Post>();
  readonly #lists = lazy(() =>
    [...this.labels().values()].map(objectsIn).filter((list) => list !== undefined),
  );
  readonly #cut = new Map<readonly JsonObject[], readonly JsonObject[]>();

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
  part(name: 'hook' | 'body' | 'cta', position: number): string {
    const present = this.label(name);
    const texts = Array.from({ length: LOOK_AHEAD }, (_, ahead) => this.post(position + ahead)[name]);
    return texts.find((text) => text !== present) ?? this.post(position)[name];
  }

  /** One hashtag of a post; when its words run out, the first of them with a number. */
  hashtag(at: { readonly post: number; readonly index: number }): string {
    const isPresent = this.label('hashtags') === this.post(at.post).hashtags.join(' ');
    const position = isPresent ? at.post + 1 : at.post;
    const chosen = this.post(position).hashtags;
    const all = [...chosen, ...rotate(this.#hashtags(), position).filter((tag) => !chosen.includes(tag))];
    return all[at.index] ?? `${all[0] ?? '#Sandbox'}${at.index + 1}`;
  }

  /** The objects that the request gives to be worked over into these fields, cut to the length that it asks for. */
  originals(fields: readonly string[]): readonly JsonObject[] | undefined {
    const found = this.#lists().find((list) =>
      list.every((object) => fields.every((name) => Object.hasOwn(object, name))),
    );
    if (found === undefined) return undefined;
    const most = Number(this.label('max length') ?? Number.NaN);
    const cut =
      this.#cut.get(found) ?? (most > 0 ? found.map((object) => shortenTexts(object, most)) : found);
    this.#cut.set(found, cut);
    return cut;
  }

  /** A short answer in prose; where the request gives what others have answered or a list of things, these. */
  reply(position: number): string {
    const given = this.#lists()
      .map(textsIn)
      .find((texts) => texts.length > 0);
    if (given !== undefined) return given.join('\n');
    const isEmpty = keywordsOf(this.subject(), this.language()).length === 0;
    return isEmpty ? this.#book().opener : this.phrase('replies', position);
  }

  /** A sentence of some kind about what carries the subject. */
  phrase(
    kind: 'replies' | 'turns' | 'questions' | 'summaries' | 'reasons' | 'actions',
    position: number,
  ): string {
    const words = this.#wordsWithin({ topic: 120, phrase: 40 });
    return fillIn(pick(this.#book()[kind], this.seed() + position), words);
  }

  #wordsWithin({ topic, phrase }: { readonly topic: number; readonly phrase: number }): Words {
    const [first, ...others] = keywordsOf(this.subject(), this.language());
    // `small teams` says more than `small`.
    const pair = `${first} ${others[0]}`;
    const isPair = others[0] !== undefined && this.subject().includes(pair) && widthOf(pair) <= phrase;
    const second = others[isPair ? 1 : 0] ?? first;
    const audience = this.label('audience');
    return {
      t: clipWide(this.subject(), topic),
      k: clipWide((isPair ? pair : first) ?? this.subject(), phrase),
      l: clipWide(second ?? this.subject(), phrase),
      a: audience === undefined || NOBODY.test(audience) ? undefined : clip(audience, 80),
    };
  }

  /** Hooks that the request does not show as written already; when few are left, they go on with a closing line. */
  #freshHooks(): readonly [string, ...string[]] {
    const taken = this.label('already written') ?? '';
    const { hooks, closings } = this.#book();
    const plain = hooks.map((hook) => fillIn(hook, this.#words()));
    const longer = closings.flatMap((closing) => plain.map((hook) => `${hook} – ${closing}`));
    const [first, ...rest] = [...plain, ...longer]
      .map((hook) => clipWide(hook, this.#measure().hook))
      .filter((hook) => !taken.includes(hook))
      .slice(0, plain.length);
    return first === undefined ? [plain[0] ?? this.subject()] : [first, ...rest];
  }

  #write(position: number): Post {
    const [book, measure, words] = [this.#book(), this.#measure(), this.#words()];
    const at = (this.seed() % 997) + position;
    const [call, ...calls] = book.calls.filter((template) => measure.points > 0 || !template.includes('{'));
    return {
      hook: pick(this.#hooks(), at),
      body: this.#bodyAt(at),
      cta: fillIn(pick([call ?? book.calls[0], ...calls], at), words),
      hashtags: rotate(this.#hashtags(), position)
        .filter((tag, index) => index === 0 || widthOf(tag) <= measure.hashtag)
        .slice(0, measure.hashtags),
    };
  }

  /** An opening, so many points, and a closing line. On the shortest platforms the opening says it all. */
  #bodyAt(at: number): string {
    const [book, words, { points }] = [this.#book(), this.#words(), this.#measure()];
    const unspoken = this.unspoken();
    const opening =
      unspoken === undefined ? fillIn(pick(book.openings, at), words) : phrasesMissing(unspoken);
    if (points === 0) return opening;
    const middle = Array.from({ length: points }, (_, turn) => pick(book.points, at * points + turn));
    const last = [pick(book.closings, at), ...(words['a'] === undefined ? [] : [book.audience])];
    return [opening, ...[middle, last].map((some) => some.map((one) => fillIn(one, words)).join(' '))].join(
      '\n\n',
    );
  }
}

const MOST_LISTED = 20;

/** The texts of a list's objects, each once, else their titles as a list in Markdown. */
function textsIn(list: readonly JsonObject[]): string[] {
  const texts = list.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  if (texts.length > 0) return [[...new Set(texts)].join('\n\n')];
  const titles = list.flatMap(
    ({ title, name }) => [title, name].find((one) => typeof one === 'string') ?? [],
  );
  return titles.slice(0, MOST_LISTED).map((title) => `- ${title}`);
}

function fillIn(template: string, words: Words): string {
  return capitalise(template.replaceAll(/\{([a-z])\}/g, (whole, name: string) => words[name] ?? whole));
}

/** In place of an opening: English is not what was asked for, and a reader should not take it for the product's doing. */
function phrasesMissing(language: string): string {
  return `The sandbox has no phrases in “${clip(language, 20)}” and writes English; a model would not.`;
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
function rotate(list: readonly string[], position: number): string[] {
  const turn = position % list.length;
  return [...list.slice(turn), ...list.slice(0, turn)];
}
