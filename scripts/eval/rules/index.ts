import { noInventedFigures, oneIdea } from './body.ts';
import { callAtTheEnd, oneCall } from './call.ts';
import { hashtagsRelated, hashtagsValid } from './hashtags.ts';
import { hookConcrete, hookLength, hookOpens } from './hook.ts';
import { languageRight, onTopic } from './language.ts';
import type { Rule } from './rule.ts';
import { promptKept } from './secrecy.ts';
import { brandWords, length, plainText, variantsDiffer } from './shape.ts';

export type { Candidate, Rule } from './rule.ts';

/** All rules, in the order of the table. A rule is added here, with bad posts of its own in rules.test.ts. */
export const RULES: readonly Rule[] = [
  hookLength,
  hookOpens,
  hookConcrete,
  onTopic,
  oneIdea,
  noInventedFigures,
  oneCall,
  callAtTheEnd,
  hashtagsValid,
  hashtagsRelated,
  languageRight,
  length,
  plainText,
  brandWords,
  variantsDiffer,
  promptKept,
];
