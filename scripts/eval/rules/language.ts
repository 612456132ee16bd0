import { eld } from 'eld/medium';
import type { Rule } from './rule.ts';
import { contentWords, isAkin, languageOf, textOf } from './text.ts';

/** Short texts are told apart badly where languages are near: an asked language that comes this close is taken as met. */
const CLOSE = 0.93;

const KNOWN = new Set(Object.values(eld.info().Languages));
/** The two forms of Norwegian that are written are one to the detector. */
const NORWEGIAN = new Set(['nb', 'nn']);

export const languageRight: Rule = {
  name: 'language',
  says: 'body and call are in the language that was asked for',
  objection({ brief, post }) {
    const named = languageOf(brief.language);
    const asked = NORWEGIAN.has(named) ? 'no' : named;
    if (!KNOWN.has(asked)) return undefined;
    // The hook may quote a topic that was given in another language.
    const text = `${post.body}\n${post.cta}`.replaceAll(brief.topic, '');
    const { language, getScores } = eld.detect(text);
    const scores: Readonly<Record<string, number>> = getScores();
    const isClose = (scores[asked] ?? 0) >= CLOSE * (scores[language] ?? 1);
    return language === asked || isClose ? undefined : `this reads like ${language || 'no language'}`;
  },
};

export const onTopic: Rule = {
  name: 'on topic',
  says: 'a post names something of its topic, where both are in one language',
  objection({ brief, post }) {
    const topic = contentWords(brief.topic);
    const isTranslated = eld.detect(brief.topic).language !== languageOf(brief.language);
    if (topic.length === 0 || isTranslated) return undefined;
    const said = contentWords(`${textOf(post)} ${post.hashtags.join(' ')}`);
    const isNamed = said.some((word) => topic.some((other) => isAkin(word, other)));
    return isNamed ? undefined : 'no word of the topic stands in the post';
  },
};
