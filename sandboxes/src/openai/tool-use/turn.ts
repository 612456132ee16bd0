import { Effort } from '../content/effort.ts';
import { type JsonObject, isObject, ownList, ownObject, ownString } from '../content/json.ts';
import { instantIn } from '../content/dates.ts';
import { askedIn, parseJson } from '../content/material.ts';
import { nameWords } from '../content/words.ts';
import type { Message } from '../messages.ts';
import type { Tool } from '../tools.ts';
import { type Arguments, argumentsFor, type Missing } from './arguments.ts';
import { type Act, canonicalWord, germanNoun, verbOf } from './lexicon.ts';
import { isIdName, type KnownRecord, recordsIn } from './records.ts';
import { type Clause, readSentence, type Sentence } from './sentence.ts';

/** A call that was made since the user's last message, and what came of it. */
export interface MadeCall {
  readonly tool: string;
  readonly act: Act;
  readonly kind: string;
  readonly arguments: JsonObject;
  readonly result: string;
}

export interface PlannedCall {
  readonly tool: Tool;
  readonly arguments: JsonObject;
}

/** Where a conversation stands: what was asked, what was done for it, the next call, and what can't be done. */
export interface Turn {
  readonly sentence: Sentence;
  readonly made: readonly MadeCall[];
  readonly next: PlannedCall | undefined;
  readonly missing: readonly Missing[];
  /** Records that the calls have shown. */
  readonly records: readonly KnownRecord[];
  /** Tools that the sentence speaks of, and not only needs. */
  readonly meant: ReadonlySet<string>;
}

/** No conversation needs more calls for one message: the end of all loops. */
const MOST_CALLS = 16;
/** A list that is needed for an id may need an id itself. */
const DEEPEST = 2;

/** Reads a conversation up to its last message. Each call is made once; ids come from what tools have shown. */
export function readTurn({
  messages,
  tools,
}: {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
}): Turn {
  const sentence = readSentence(lastAsked(messages), nowIn(messages));
  const made = callsMade(messages);
  const meant = sentence.clauses.map((clause) => toolFor(clause, tools));
  const records = recordsIn(made);
  const workshop = { tools, made, records, effort: new Effort(), depth: 0 };
  const planned = sentence.clauses.flatMap((clause, index) => {
    const tool = meant[index];
    return tool === undefined ? [] : [planCall(tool, clause, workshop)];
  });
  const calls = planned.flatMap((plan) => ('call' in plan ? [plan.call] : []));
  return {
    sentence,
    made,
    records,
    next: made.length < MOST_CALLS ? calls[0] : undefined,
    meant: new Set(meant.flatMap((tool) => tool?.name ?? [])),
    missing: planned.flatMap((plan) => ('missing' in plan ? [plan.missing] : [])),
  };
}

/** The person's words in the last message. */
export const lastAsked = (messages: readonly Message[]): string =>
  askedIn(messages.findLast(({ role }) => role === 'user')?.text ?? '');

function nowIn(messages: readonly Message[]): number | undefined {
  return instantIn(messages.find(({ role }) => role === 'system' || role === 'developer')?.text ?? '');
}

function callsMade(messages: readonly Message[]): MadeCall[] {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const calls = since.flatMap((message) => message.calls);
  return since.flatMap(({ answers, text }) => {
    const call = calls.find(({ id }) => id === answers);
    if (call === undefined) return [];
    const given = parseJson(call.arguments);
    const values = isObject(given) ? given : {};
    const agent = Object.values(values).find(
      (value) => typeof value === 'string' && value.endsWith('_agent'),
    );
    const { act, kind } = subjectOf(call.name);
    const about = typeof agent === 'string' ? (nameWords(agent)[0] ?? kind) : kind;
    return [
      {
        tool: call.name,
        act,
        kind: about,
        arguments: values,
        result: wordsIn(text),
      },
    ];
  });
}

/** The words of another agent, where a result is that; else the result. */
function wordsIn(result: string): string {
  const value = parseJson(result);
  const text = isObject(value) ? ownString(value, 'text') : value;
  return typeof text === 'string' ? text : result;
}

interface Workshop {
  readonly tools: readonly Tool[];
  readonly made: readonly MadeCall[];
  readonly records: readonly KnownRecord[];
  readonly effort: Effort;
  /** How many other tools need this one. */
  readonly depth: number;
}

type Plan = { readonly call: PlannedCall } | { readonly missing: Missing } | { readonly done: true };

/** The next call for a clause by a tool: the tool itself, or one that shows the ids that it needs. */
function planCall(tool: Tool, clause: Clause, at: Workshop): Plan {
  const given = argumentsIn(clause, tool, at);
  if ('calls' in given) {
    const call = given.calls.find((one) => !isMade(tool, one, at.made));
    return call === undefined ? { done: true } : beforeIt(tool, call, at);
  }
  const { missing } = given;
  if (missing.how !== 'unknown' || at.depth >= DEEPEST) return given;
  const list = listFor(missing.kind, at.tools);
  if (list === undefined || list.tool === tool) return given;
  if (list.arguments !== undefined)
    return isMade(list.tool, list.arguments, at.made)
      ? given
      : { call: { tool: list.tool, arguments: list.arguments } };
  const plan = planCall(list.tool, clause, { ...at, depth: at.depth + 1 });
  return 'done' in plan ? given : plan;
}

const isMade = ({ name }: Tool, call: JsonObject, made: readonly MadeCall[]): boolean =>
  made.some((one) => one.tool === name && JSON.stringify(one.arguments) === JSON.stringify(call));

/** A tool that says `call get_note first` is called after that one, if a long text is to be replaced. */
function beforeIt(tool: Tool, call: JsonObject, { tools, made }: Workshop): Plan {
  const [, first] = /\bcall (\w+) first\b/iu.exec(tool.declaration) ?? [];
  const reading = tools.find(({ name }) => name === first);
  const id = Object.entries(call).find(([name]) => isIdName(name));
  if (reading === undefined || id === undefined || typeof call['content'] !== 'string')
    return { call: { tool, arguments: call } };
  const given = Object.fromEntries([id]);
  return {
    call: isMade(reading, given, made) ? { tool, arguments: call } : { tool: reading, arguments: given },
  };
}

/** The act of a tool and the kind of thing it works on, by its name: `create_task`. */
export function subjectOf(name: string): {
  readonly act: Act;
  readonly kind: string;
  readonly words: readonly string[];
} {
  const words = nameWords(name);
  const verb = verbOf(words[0] ?? '');
  const rest = words
    .slice(verb === undefined && !FILLERS.has(words[0] ?? '') ? 0 : 1)
    .filter((word) => !FILLERS.has(word));
  const nouns = (rest.length > 0 ? rest : words).map(canonicalWord);
  const end = nouns.findIndex((word) => ADJUNCTS.has(word));
  const kind = (end > 0 ? nouns[end - 1] : nouns.at(-1)) ?? name;
  return { act: verb?.act ?? 'read', kind, words: nouns };
}

const FILLERS = new Set(
  'get set fetch list find look lookup search read load show make do run use call create by for of the a in to'.split(
    ' ',
  ),
);
/** Words of a name that say which of the things are meant. */
const ADJUNCTS = new Set('due by for of in from with near'.split(' '));

/** The tool that a clause speaks of: what it is about by name, what is wanted of it, and the fewest words that were not said. */
function toolFor(clause: Clause, tools: readonly Tool[]): Tool | undefined {
  const { act, isQuestion, words } = clause;
  const wanted = act ?? (isQuestion || words.length <= 4 ? 'read' : undefined);
  if (wanted === undefined) return undefined;
  const scored = tools.map((tool) => ({ tool, score: scoreOf(tool, clause, wanted) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best > 0) return scored.find(({ score }) => score === best)?.tool;
  // `Delete Call Bob`, where only one kind of thing can be deleted.
  const doing = tools.filter(
    ({ name }) => subjectOf(name).act === wanted && subjectOf(name).words.length === 1,
  );
  return wanted === 'update' || wanted === 'delete' ? doing[0] : undefined;
}

/** Zero for a tool that does something else or is about something else. */
function scoreOf(tool: Tool, { said, words: spoken }: Clause, wanted: Act): number {
  const { act, kind, words } = subjectOf(tool.name);
  const [first = ''] = nameWords(tool.name);
  const isNamed = verbOf(first) === undefined && said.has(first);
  const doesIt = act === wanted || isNamed || (act === 'read' && !STRICT.has(wanted));
  if (!doesIt || !said.has(kind)) return 0;
  const count = words.filter((word) => said.has(word)).length;
  const described = nameWords(tool.declaration.slice(0, 1_000)).filter(
    (word) => word.length > 5 && said.has(word),
  );
  // `My note` is one, which a tool answers by its id; `my notes` are a list.
  const isOne = spoken.some(({ canonical, folded }) => canonical === kind && isSingular(folded, kind));
  const takesId = (ownList(tool.parameters, 'required') ?? []).includes(`${kind}_id`);
  const fits = act === 'read' && takesId === isOne ? 0.2 : 0;
  return count - 0.4 * (words.length - count) + fits + 0.001 * Math.min(50, new Set(described).size);
}

const isSingular = (folded: string, kind: string): boolean =>
  folded === kind || folded === germanNoun(kind)?.one.toLowerCase();

/** Acts that only tools of such a name do. */
const STRICT: ReadonlySet<Act> = new Set(['create', 'update', 'delete']);

interface ListTool {
  readonly tool: Tool;
  /** Its arguments, where it is told in words what to list. */
  readonly arguments?: JsonObject;
}

/** A tool that shows records of a kind with their ids: one that lists them, or one that asks another agent to. */
function listFor(kind: string, tools: readonly Tool[]): ListTool | undefined {
  const lists = tools
    .map((tool) => ({ tool, ...subjectOf(tool.name) }))
    .filter((one) => one.act === 'read' && one.kind === kind && !/^get/iu.test(one.tool.name));
  const [list] = lists.toSorted((one, other) => one.words.length - other.words.length);
  if (list !== undefined) return { tool: list.tool };
  for (const tool of tools) {
    const properties = ownObject(tool.parameters, 'properties') ?? {};
    for (const [name, property] of Object.entries(properties)) {
      const choices = isObject(property) ? (ownList(property, 'enum') ?? []) : [];
      const agent = choices.find(
        (choice) =>
          typeof choice === 'string' && nameWords(choice).includes(kind) && choice.endsWith('agent'),
      );
      if (agent !== undefined && 'message' in properties)
        return { tool, arguments: { [name]: agent, message: `List the ${kind}s with their ids.` } };
    }
  }
  return undefined;
}

/** Arguments for a tool that has to be called; undefined where the message does not give what it needs. */
export function argumentsOf(tool: Tool, { sentence, records }: Turn): JsonObject | undefined {
  const [clause] = sentence.clauses;
  const given = clause && argumentsIn(clause, tool, { records, effort: new Effort(), depth: 0 });
  return given !== undefined && 'calls' in given ? given.calls[0] : undefined;
}

function argumentsIn(
  clause: Clause,
  tool: Tool,
  { records, effort, depth }: Pick<Workshop, 'records' | 'effort' | 'depth'>,
): Arguments {
  const { act, kind } = subjectOf(tool.name);
  const isLookup = depth > 0;
  return argumentsFor(tool, { clause, act, kind, records, isLookup }, effort);
}
