import { randomBytes } from 'node:crypto';

/** Words that only the people whom they are meant for may see, by what they are. */
export interface Marks {
  /** A new word, to be used as such a thing. It looks like no secret, so that no pattern hides it by its shape. */
  as(what: string): string;
  /** Remembers something that the server itself made: a token, a key. */
  add(what: string, secret: unknown): string;
  /** Which of them occur in a text, each with where. */
  foundIn(place: string, text: string): string[];
}

export function makeMarks(): Marks {
  const words = new Map<string, string>();
  const secrets = new Map<string, string>();
  return {
    as(what) {
      const word = `zq${randomBytes(5).toString('hex')}`;
      words.set(word, what);
      return word;
    },
    add(what, secret) {
      if (typeof secret !== 'string' || secret.length < 16) throw new Error(`this is no ${what}`);
      // The end of it: what begins the same (a prefix, a header) is shown on purpose.
      const end = secret.slice(-16);
      secrets.set(end, what);
      return end;
    },
    foundIn(place, text) {
      // In one pass over all words: there are thousands of them, and megabytes of log.
      const said = new Set(text.match(WORDS));
      const found = [
        ...[...words].filter(([word]) => said.has(word)),
        ...[...secrets].filter(([end]) => text.includes(end)),
      ];
      return found.map(([, what]) => `${what} in ${place}`);
    },
  };
}

/** What looks like a word of ours; one can't begin within another. */
const WORDS = /zq[0-9a-f]{10}/g;
