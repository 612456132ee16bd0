import { toolsNamedIn } from '../kinds.ts';
import { createLeaders, subjectOf } from './alike.ts';
import { copyOf, sentencesOf } from '../../lines.ts';
import {
  type FoundPattern,
  type Occurrence,
  type ReadMessage,
  sessionsOf,
  type Thresholds,
} from './pattern.ts';

/** Words that make a rule of a sentence. */
const RULE =
  /\b(?:always|never|must|prefer|avoid|make sure|ensure|do not|don['’]t|should|instead of)\b|^(?:please )?(?:use|keep|write|put)\b.*\b(?:before|every|each|all|only|whenever)\b/i;
const FORBIDS = /\b(?:never|avoid|not|no|don['’]t)\b/i;
const DEMANDS = /\b(?:always|must(?! not)|prefer|make sure|ensure|should(?! not)|use|keep|write|put)\b/i;
/** Talk that sounds like a rule. */
const TALK =
  /\b(?:when|because) I\b|\bI never\b|\balways (?:crash|fail|break|hang|happen|happy)|\bmust (?:say|admit)\b|\b(?:I|we|you|that|this|it|there) (?:should|must) (?:also )?(?:note|mention|work|be|see|have|now|help)\b|\blet me know\b|\bif you\b|\bI(?:['’]ll| will| would| can| could| don['’]t| do not)\b/i;
const LENGTHS = { least: 15, most: 300 } as const;
/** One with fewer of them is about anything. */
const LEAST_TERMS = 3;
const MOST_OF_MESSAGE = 20;
/** Words of demand, not of what is demanded. */
const EMPTY = new Set('remember pleas prefer avoid ensur nit again'.split(' '));

/** A rule that a message states. */
export interface Statement extends Occurrence {
  readonly terms: ReadonlySet<string>;
}

/** The rules of a message: by its user or an assistant, no questions, each as one sentence. */
export function statementsIn({ sessionId, id, role, text }: ReadMessage): Statement[] {
  const statements: Statement[] = [];
  if (role !== 'user' && role !== 'assistant') return statements;
  for (const { text: sentence, start } of sentencesOf(text)) {
    if (statements.length >= MOST_OF_MESSAGE) break;
    if (!isRule(sentence)) continue;
    const terms = [...subjectOf(sentence)].filter((term) => !EMPTY.has(term));
    if (terms.length < LEAST_TERMS) continue;
    const sign = forbids(sentence) ? 'not' : 'do';
    const quote = { messageId: id, span: [start, start + sentence.length] as const, text: copyOf(sentence) };
    const content = [sign, ...terms.toSorted()].join(' ');
    statements.push({
      sessionId,
      quotes: [quote],
      content,
      terms: new Set(terms.map((term) => `${sign} ${term}`)),
    });
  }
  return statements;
}

function isRule(sentence: string): boolean {
  if (sentence.length < LENGTHS.least || sentence.length > LENGTHS.most) return false;
  return !sentence.endsWith('?') && RULE.test(sentence) && !TALK.test(sentence);
}

/** By what comes first: 'from Vault and never from the repository' demands. */
function forbids(sentence: string): boolean {
  const [no, yes] = [sentence.search(FORBIDS), sentence.search(DEMANDS)];
  return no >= 0 && (yes < 0 || no < yes);
}

/** Rules that are said in several sessions, in nearly the same words. */
export function* findPractices(
  statements: readonly Statement[],
  { practice, sessions }: Thresholds,
): Generator<FoundPattern | undefined> {
  const leaderOf = createLeaders<Statement>(practice);
  const led = new Map<Statement, Statement[]>();
  for (const statement of statements) {
    const leader = leaderOf(statement);
    led.set(leader, [...(led.get(leader) ?? []), statement]);
    yield undefined;
  }
  for (const [leader, occurrences] of led) {
    if (sessionsOf(occurrences) < sessions) continue;
    yield { kind: 'practice', tools: toolsNamedIn(leader.quotes[0]?.text ?? ''), occurrences, against: 0 };
  }
}
