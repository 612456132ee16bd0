import { WORDS, wordFinder } from '../words.ts';
import type { Rule } from './rule.ts';
import { contentWords, isAkin, languageOf, sentencesOf } from './text.ts';

const MOST = 90;
const LEAST = 8;
/** What a feed shows before it cuts, at the least: within it the hook must have named something. */
const SEEN = 60;

export const hookLength: Rule = {
  name: 'hook length',
  says: `a hook has ${LEAST} to ${MOST} characters, in one line`,
  objection({ post }) {
    const { length } = Array.from(post.hook);
    if (post.hook.includes('\n')) return 'the hook has several lines';
    const least = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Katakana}]/u.test(post.hook) ? LEAST / 2 : LEAST;
    return length >= least && length <= MOST ? undefined : `the hook has ${length} characters`;
  },
};

export const hookOpens: Rule = {
  name: 'hook opens',
  says: 'a hook is no greeting, no worn opening, and no question that yes or no answers',
  objection({ brief, post }) {
    const language = languageOf(brief.language);
    const words = WORDS[language];
    if (words === undefined) return undefined;
    const greeting = wordFinder(words.greetings, language).exec(post.hook);
    if (greeting !== null && greeting.index <= 1) return `the hook begins with "${greeting[0]}"`;
    const last = sentencesOf(post.hook).at(-1) ?? '';
    if (!/[?？]["”»]?\s*$/u.test(last)) return undefined;
    return wordFinder(words.questionWords, language).test(last)
      ? undefined
      : 'the hook is a yes-or-no question';
  },
};

export const hookConcrete: Rule = {
  name: 'hook concrete',
  says: `within ${SEEN} characters a hook names something of the topic, or something that the body comes back to`,
  objection({ brief, post }) {
    const seen = contentWords(Array.from(post.hook).slice(0, SEEN).join(''));
    const about = contentWords(`${brief.topic} ${post.body}`);
    const isNamed = seen.some((word) => about.some((other) => isAkin(word, other)));
    return isNamed ? undefined : 'the first words of the hook name nothing that the post is about';
  },
};
