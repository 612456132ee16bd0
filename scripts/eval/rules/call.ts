import { type Ask, finder, WORDS, type WordList } from '../words.ts';
import type { Rule } from './rule.ts';
import { languageOf, sentencesOf } from './text.ts';

const MOST = 160;
const ENGAGEMENTS: readonly Ask[] = ['answer', 'save', 'share', 'follow'];

export const oneCall: Rule = {
  name: 'one call',
  says: 'a post ends with one call to action: a question, or one thing to do',
  objection({ brief, post }) {
    const { cta } = post;
    if (cta.trim() === '') return 'there is no call to action';
    if (Array.from(cta).length > MOST || sentencesOf(cta).length > 2)
      return 'the call is too long for one step';
    const language = languageOf(brief.language);
    const words = WORDS[language];
    if (words === undefined) return undefined;
    const asked = asksIn(cta, words, language);
    if (asked.length > 1) return `the call asks for ${asked.join(' and ')}`;
    const acts = finder(words.asks.act, language).test(cta);
    return asked.length === 1 || acts ? undefined : 'the call asks for nothing';
  },
};

/** What a text asks its reader for. What stands in quotation marks is a name and asks for nothing. */
function asksIn(text: string, words: WordList, language: string): Ask[] {
  const said = text.replaceAll(/[“„«「‘"”][^“”„«»「」"]{1,80}[”“»」’"]/gu, ' ');
  // A question asks for an answer; before another call it only leads there.
  const [questions, rest] = partition(sentencesOf(said), (sentence) => /[?？]\s*$/u.test(sentence));
  let left = rest.join(' ');
  const found: Ask[] = [];
  for (const ask of ENGAGEMENTS) {
    const shorter = left.replaceAll(finder(words.asks[ask], language), ' ');
    if (shorter !== left) found.push(ask);
    // "Share your story" is an answer: what was understood is not read a second time.
    left = shorter;
  }
  return found.length === 0 && questions.length > 0 ? ['answer'] : found;
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

const ELSEWHERE =
  /link in bio|follow (?:me|us|for)|subscribe to|save this|share this|comment below|in the comments|in die kommentare|folg(?:e|t) (?:uns|mir)|en commentaire|abonnez-vous|en los comentarios|síguenos|nei commenti|seguici|nos comentários|siga-nos/iu;

export const callAtTheEnd: Rule = {
  name: 'call at the end',
  says: 'hook and body ask for no comment, follow, save or share',
  objection({ post }) {
    const found = ELSEWHERE.exec(`${post.hook}\n${post.body}`);
    return found === null ? undefined : `"${found[0]}" stands before the call`;
  },
};
