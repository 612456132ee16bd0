import { copyOf, sentencesOf } from '../lines.ts';
import type { OpenMessage } from '../sessions/open-message.ts';

/** A sentence that says that something was decided. */
export interface DecidedSentence {
  readonly messageId: string;
  readonly span: readonly [from: number, until: number];
  readonly text: string;
  /** It, and what stands around it in its message. */
  readonly passage: string;
}

const LENGTHS = { least: 15, most: 300 } as const;
/** So many characters are shown before and after it. */
const AROUND = 300;
const MOST_OF_MESSAGE = 10;

const WE = String.raw`\b(?:we|I|the team)(?:['’]ve| have| has)?(?: (?:all|also|now|finally|just|then|both))*`;
const WE_ARE = String.raw`\bwe(?:['’]re| are)(?: (?:now|also))?`;
const WE_WILL = String.raw`\bwe(?:['’]ll| will| are going to|['’]re going to)`;

/** Words by which a sentence says that something was decided. */
const SAID = [
  String.raw`${WE} (?:decided (?:to|that|on|against|not)|agreed (?:to|that|on|not|upon)|settled (?:on|for)|opted (?:to|for)|cho(?:se|osen)|chosen)\b`,
  String.raw`${WE} ended up (?:choosing|using|with)\b`,
  String.raw`\bit (?:was|is|has been|['’]s)(?: then)? (?:decided|agreed|settled)\b|\bit['’]s (?:decided|agreed|settled)\b|\b(?:plan|question|matter) is settled\b`,
  String.raw`^(?:\w+,? )?(?:final |architecture )?(?:decision|decided|agreed)(?: made)?\s?[:,–—-]`,
  String.raw`\b(?:decision|agreement) is (?:to|that)\b`,
  String.raw`^(?:[\w’']+[,:]? ){0,3}let['’]?s (?:not )?(?:go with(?! the flow)|go for|stick (?:with|to)|settle on|adopt|standardi[sz]e on|switch to|keep|drop)\b`,
  String.raw`^(?:[\w’']+[,:]? ){0,3}let['’]?s (?:not use\b|use\b.* (?:for|as|instead of|everywhere)\b)`,
  String.raw`\b(?:from now on|going forward|henceforth),? (?:we|every|each|all|no|nobody|any|new|only|always|never)\b|\bwe\b.* from now on[.!]?$`,
  String.raw`${WE_ARE} (?:going with|going to use|switching|sticking|moving (?:to|from|away)|dropping|adopting|standardi[sz]ing)\b`,
];

/** Words that count where a person says them: a model that explains its code speaks so too. */
const ANNOUNCED = [
  String.raw`${WE_WILL} (?:no longer|not|never|only|always) (?!see\b|need\b|know\b|be\b|have\b)\w+`,
  String.raw`\bwe won['’]t (?!see\b|need\b|know\b|be\b|have\b)\w+`,
  String.raw`${WE_WILL} (?:go with|use(?! (?:the|a|an|my|your|this|that)\b.* to\b)|keep|drop|deprecate|ship|support|store|remove|replace|switch|adopt|move to|stick|pin|require|postpone)\b`,
];

const of = (patterns: readonly string[]) => new RegExp(patterns.join('|'), 'i');
const BY_ANYBODY = of(SAID);
const BY_PEOPLE = of([...SAID, ...ANNOUNCED]);

/** Before it: what is asked, supposed, denied, or told of others. */
const OPEN =
  /\b(?:if|whether|unless|suppose|imagine|assum\w+|once|until|before|when|as soon as|why|how|what|which|where|who|should|would|could|might|may|maybe|perhaps|not|never|nobody|haven['’]t|hasn['’]t|didn['’]t|don['’]t|they|had|let['’]?s say|say)\b/i;
/** Words about what people do, and not about what they build. */
const EVERYDAY =
  /\b(?:decided|agreed) (?:to|that we) (?:(?:take|have|grab|go|get|meet|talk|call|chat|sync|discuss|ask|wait|leave|sleep|look|try|check|stop|start|read|see)\b)/i;

/** Sentences of a message that say that something was decided: by its user or an assistant, no questions. */
export function decidedIn({ id, role, text }: Pick<OpenMessage, 'id' | 'role' | 'text'>): DecidedSentence[] {
  const decided: DecidedSentence[] = [];
  if (text === null || (role !== 'user' && role !== 'assistant')) return decided;
  for (const { text: sentence, start } of sentencesOf(text)) {
    if (decided.length >= MOST_OF_MESSAGE) break;
    if (!isDecided(sentence, role)) continue;
    const end = start + sentence.length;
    decided.push({
      messageId: id,
      span: [start, end],
      text: copyOf(sentence),
      passage: copyOf(text.slice(Math.max(0, start - AROUND), end + AROUND).toWellFormed()),
    });
  }
  return decided;
}

/** Whether a sentence says that something was decided. */
export function isDecided(sentence: string, role: 'user' | 'assistant'): boolean {
  if (sentence.length < LENGTHS.least || sentence.length > LENGTHS.most || /\?["')\]]*$/.test(sentence))
    return false;
  const found = (role === 'user' ? BY_PEOPLE : BY_ANYBODY).exec(sentence);
  return found !== null && !OPEN.test(sentence.slice(0, found.index)) && !EVERYDAY.test(sentence);
}
