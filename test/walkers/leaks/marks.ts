import { randomBytes } from 'node:crypto';

/** Words that must be seen by nobody but those whom they are meant for, by what they are. */
export interface Marks {
  /** A new word, to be used as such a thing. It looks like no secret, so that no pattern hides it by its shape. */
  as(what: string): string;
  /** Remembers something that the server itself made: a token, a key. */
  add(what: string, secret: unknown): string;
  /** Which of them occur in a text, each with where. */
  foundIn(place: string, text: string): string[];
}

export function makeMarks(): Marks {
  const known = new Map<string, string>();
  const remember = (what: string, word: string) => {
    known.set(word, what);
    return word;
  };
  return {
    as: (what) => remember(what, `zq${randomBytes(5).toString('hex')}`),
    add(what, secret) {
      if (typeof secret !== 'string' || secret.length < 16) throw new Error(`this is no ${what}`);
      // The end of it: what begins the same (a prefix, a header) is shown on purpose.
      return remember(what, secret.slice(-16));
    },
    foundIn: (place, text) =>
      [...known].filter(([word]) => text.includes(word)).map(([, what]) => `${what} in ${place}`),
  };
}
