import { toolsNamedIn } from '../kinds.ts';
import { createLeaders, likeness, subjectOf } from './alike.ts';
import { type Command, isCheck, isLook } from './commands.ts';
import { copyOf, linesOf, sentencesOf } from '../../lines.ts';
import {
  type FoundPattern,
  type Occurrence,
  type Quote,
  type ReadMessage,
  sessionsOf,
  type Thresholds,
} from './pattern.ts';

/** Where an error begins in a line. */
const ERROR = new RegExp(
  [
    // Most languages name its class; compilers and PostgreSQL say so in small or capital letters, with one space or two.
    String.raw`(?<![\w.])(?:[\w.]*(?:Error|Exception|ERROR)|error|exception)(?:\[\w+\]| [A-Z]+\d+)?: *[^\s:]`,
    String.raw`\b(?:fatal|Fatal|FATAL|FATAL ERROR|PANIC): *\S|^(?:\S{1,40} )?panic: \S|\bpanic: runtime error`,
    String.raw`\bERR_[A-Z_]{3,}\b|\bnpm (?:ERR!|error) \S|\bERROR[\] ]+\w|^\s*error [A-Z]\w|\berror TS\d`,
    String.raw`\bError (?:response from|connecting|creating|executing|loading|opening|parsing|reading|running|starting|while) `,
    // Go: the compiler and vet by the place, its tests and modules.
    String.raw`(?<!\S)\S{1,200}\.go:\d+:(?:\d+:)? \S|^\s*--- FAIL: \S|^go: .*(?:cannot|invalid|missing|not found|no |unknown)`,
    String.raw`\bcurl: \(\d+\) \S|^(?:createdb|dropdb|psql|pg_\w+): (?:could not|fatal)|^\S{1,40}: .*command not found|^\S+: command not found|^make(?:\[\d+\])?: \*\*\* `,
  ].join('|'),
);
/** The line after it that is not indented says what went wrong, under any name of its class. */
const TRACEBACK = /^Traceback \(most recent call last\):/;
/** Parts that differ from one time to another: names in quotes, addresses and paths, numbers. */
const QUOTED = /(["'`])(?:(?!\1).){1,200}\1/g;
const PATH = /\S*[/\\]\S+|\b[\w-]+(?:\.[\w-]+)+:\d+\S*/g;
const NUMBER = /\b(?:0x)?[\da-f]*\d[\da-f]*\b/gi;
const MOST_PROBLEM = 300;
const LEAST_TERMS = 3;
/** An error has fewer words than a sentence: what ended it has to be alike as well. */
const LEAST_OF_PROBLEM = 2;

const ENDS =
  /\b(?:works?|working|fixed|solved|resolved|did it|does it|passes|passed|green|gone|goes through|succeeded|starts|they start|builds|compiles|running|thanks)\b/i;
/** The same of an assistant, which says what is to be done too. */
const CLAIMS = /\b(?:works|fixed|solved|resolved|passes|goes through)\b/i;
const GOES_ON = /\b(?:not|still|never|no longer|fails?|failed)\b|n['’]t\b/i;
/** So many messages after the error it is looked for what ended it. */
const WINDOW = 6;
/** Sentences that say what was done. */
const ACTS =
  /\b(?:fix|set|start|change|add|raise|lower|freeze|froze|install|bring|create|delete|remove|clear|restart|update|upgrade|downgrade|pin|use|run|move|rename|enable|disable|increase|await|release)/i;
const MOST_SENTENCE = 300;
const MOST_SENTENCES = 5;

/** The part of a message that is about problems. */
export interface Event {
  readonly problem: Problem | undefined;
  readonly commands: readonly Command[];
  /** Sentences of an assistant. */
  readonly acts: readonly Quote[];
  /** It says that something works. */
  readonly ends: boolean;
  readonly messageId: string;
}

interface Problem extends Quote {
  readonly terms: ReadonlySet<string>;
}

/** A problem of a session, and what ended it. */
export interface SolvedProblem {
  readonly sessionId: string;
  readonly problem: Problem;
  readonly terms: ReadonlySet<string>;
  readonly commands: readonly (Quote & Pick<Command, 'step' | 'tool'>)[];
  readonly acts: readonly Quote[];
  /** Subject of each of those sentences. */
  readonly about: readonly ReadonlySet<string>[];
}

/** The text may be let go afterwards: the kept parts are copies. */
export function eventOf({ id, role, text }: ReadMessage, commands: readonly Command[]): Event {
  const acts: Quote[] = [];
  const beginning = text.slice(0, MOST_SENTENCE);
  if (role === 'assistant')
    for (const { text: sentence, start } of sentencesOf(text))
      if (acts.length < MOST_SENTENCES && sentence.length <= MOST_SENTENCE)
        acts.push({ messageId: id, span: [start, start + sentence.length], text: copyOf(sentence) });
  return {
    problem: role === 'user' || role === 'tool' ? problemIn(id, text) : undefined,
    commands,
    acts,
    ends: (role === 'assistant' ? CLAIMS : ENDS).test(beginning) && !GOES_ON.test(beginning),
    messageId: id,
  };
}

/** The last error of a message: of a trace that is what it is about. */
function problemIn(messageId: string, text: string): Problem | undefined {
  let found: Problem | undefined;
  let isTraced = false;
  for (const { text: line, start } of linesOf(text)) {
    const isEnd: boolean = isTraced && /^\S/.test(line);
    const index = ERROR.exec(line)?.index ?? (isEnd ? 0 : undefined);
    isTraced = TRACEBACK.test(line) || (isTraced && !isEnd);
    if (index === undefined) continue;
    const said = line.slice(index, index + MOST_PROBLEM).trimEnd();
    const terms = termsOfProblem(said);
    if (terms.size >= LEAST_OF_PROBLEM)
      found = { messageId, span: [start + index, start + index + said.length], text: copyOf(said), terms };
  }
  return found;
}

function termsOfProblem(said: string): ReadonlySet<string> {
  const plain = wordsOf(said.replaceAll(QUOTED, ' '));
  // `KeyError: 'user_id'`: the name alone tells it apart.
  return plain.size >= LEAST_OF_PROBLEM ? plain : wordsOf(said);
}

function wordsOf(text: string): ReadonlySet<string> {
  const words = text.replaceAll(PATH, ' ').replaceAll(NUMBER, ' ').toLowerCase();
  return new Set(words.match(/[\p{L}_]{2,}/gu));
}

/** The problems of a session that something ended, in the order in which they were met. */
export function solvedIn(sessionId: string, events: readonly Event[]): SolvedProblem[] {
  return events.flatMap((event, at) => {
    const { problem } = event;
    if (problem === undefined) return [];
    const after = events.slice(at + 1, at + 1 + WINDOW);
    const end = after.findIndex(({ ends, problem: next }) => ends || isOther(next, problem));
    if (end < 0 || after[end]?.ends !== true) return [];
    const failed = [...event.commands, ...(events[at - 1]?.commands ?? [])];
    const until = after.slice(0, end + 1);
    const commands = until.flatMap(({ commands: own, messageId }) =>
      own
        .filter((command) => !isLook(command) && !failed.some((one) => isSameCall(one, command)))
        .map(({ step, tool, span, written }) => ({ messageId, span, text: written, step, tool })),
    );
    const acts = until.flatMap((one) => one.acts);
    if (commands.length + acts.length === 0) return [];
    const about = acts.map(({ text }) => subjectOf(text)).filter(({ size }) => size >= LEAST_TERMS);
    return [{ sessionId, problem, terms: problem.terms, commands, acts, about }];
  });
}

/** By other words for it a command may end what it failed with; a check that is run again does not. */
const isSameCall = (one: Command, other: Command): boolean =>
  one.step === other.step && (one.written === other.written || isCheck(other));

const isOther = (next: Problem | undefined, problem: Problem): boolean =>
  next !== undefined && likeness(next.terms, problem.terms) < 0.5;

/** Errors that several sessions ended alike: by the same command, or with nearly the same words. */
export function* findSolutions(
  solved: readonly SolvedProblem[],
  thresholds: Thresholds,
): Generator<FoundPattern | undefined> {
  const leaderOf = createLeaders<SolvedProblem>(thresholds.problem);
  const led = new Map<SolvedProblem, SolvedProblem[]>();
  for (const one of solved) {
    const leader = leaderOf(one);
    led.set(leader, [...(led.get(leader) ?? []), one]);
    yield undefined;
  }
  for (const same of led.values()) {
    let rest: readonly SolvedProblem[] = same;
    while (sessionsOf(rest) >= thresholds.sessions) {
      const { alike, step } = mostAlike(rest, thresholds);
      if (sessionsOf(alike) < thresholds.sessions) break;
      yield patternOf(alike, { step, against: sessionsOf(same) - sessionsOf(alike) });
      rest = rest.filter((one) => !alike.includes(one));
    }
  }
}

/** Those of one problem that most have ended alike. */
function mostAlike(
  same: readonly SolvedProblem[],
  { solution, sessions }: Thresholds,
): { readonly alike: readonly SolvedProblem[]; readonly step: string | undefined } {
  const steps = [...new Set(same.flatMap(({ commands }) => commands.map(({ step }) => step)))];
  const by = steps.map((step) => ({
    step,
    alike: same.filter((one) => one.commands.some((own) => own.step === step)),
  }));
  const best = by.reduce((one, other) => (sessionsOf(other.alike) > sessionsOf(one.alike) ? other : one), {
    step: '',
    alike: [] as SolvedProblem[],
  });
  if (sessionsOf(best.alike) >= sessions) return best;
  for (const leader of same) {
    const alike = same.filter(({ about }) => sharedOf(about, leader.about) >= solution);
    if (sessionsOf(alike) >= sessions) return { alike, step: undefined };
  }
  return { alike: [], step: undefined };
}

/** How much of the shorter one two sentences have in common: of those pairs that have most. */
function sharedOf(one: readonly ReadonlySet<string>[], other: readonly ReadonlySet<string>[]): number {
  const shares = one.flatMap((own) =>
    other.map((terms) => [...own].filter((term) => terms.has(term)).length / Math.min(own.size, terms.size)),
  );
  return Math.max(0, ...shares);
}

function patternOf(
  alike: readonly SolvedProblem[],
  { step, against }: { readonly step: string | undefined; readonly against: number },
): FoundPattern {
  const occurrences = alike.flatMap((one): Occurrence[] => {
    const solution = solutionOf(one, step);
    if (solution === undefined) return [];
    const { problem, sessionId } = one;
    const { terms: _terms, ...quote } = problem;
    const done = step ?? [...subjectOf(solution.text)].toSorted().join(' ');
    return [{ sessionId, quotes: [quote, solution], content: `${[...problem.terms].join(' ')} → ${done}` }];
  });
  const commands = alike.flatMap((one) =>
    one.commands.filter((own) => step === undefined || own.step === step),
  );
  const named = toolsNamedIn(alike[0]?.problem.text ?? '');
  const tools: string[] = [...commands.flatMap(({ tool }) => tool ?? []), ...named];
  return { kind: 'problem_solution', tools: [...new Set(tools)], occurrences, against };
}

/** The sentence that names the command, else the command, else the last thing that was done. */
function solutionOf({ commands, acts }: SolvedProblem, step: string | undefined): Quote | undefined {
  const command = commands.find((own) => own.step === step);
  if (command === undefined) return acts.findLast(({ text }) => ACTS.test(text)) ?? acts.at(-1);
  const { messageId, span, text } = command;
  const sentence = acts.find(
    (act) => act.messageId === messageId && act.span[0] <= span[0] && span[1] <= act.span[1],
  );
  return sentence ?? { messageId, span, text };
}
