import { type JsonObject, ownObject } from '../content/json.ts';
import { capitalise, clip, nameWords, wordsOf } from '../content/words.ts';
import type { Message } from '../messages.ts';
import { canonicalWord } from './lexicon.ts';
import { readSentence } from './sentence.ts';
import { lastAsked } from './turn.ts';

/** A line of the instructions: `day_plan(tasks, wishes): puts tasks in an order for a day; answers a text`. */
const TEMPLATE = /^(\w{1,64})\(([\w, ]{0,200})\): (.{1,500}); answers (?:a text|records of (\w{1,64}))$/gmu;
const STEP_FIELDS = ['action', 'prompt_template', 'variables', 'data_from_step'];
const TABLES = ['tasks', 'checkpoints', 'projects', 'notes', 'comments'];
const LONGEST_TEXT = 1_500;

interface Template {
  readonly id: string;
  readonly variables: readonly string[];
  readonly about: string;
  /** The table of the records that it answers. */
  readonly table: string | undefined;
}

/** Where a schema asks for steps and the instructions list templates: the template that fits the message, and what is done with its result. */
export function planFor(schema: JsonObject, messages: readonly Message[]): JsonObject | undefined {
  const list = ownObject(ownObject(schema, 'properties') ?? {}, 'steps');
  const fields = ownObject(ownObject(list ?? {}, 'items') ?? {}, 'properties') ?? {};
  if (STEP_FIELDS.some((name) => !Object.hasOwn(fields, name))) return undefined;
  const told = messages.find(({ role }) => role === 'system')?.text.slice(0, 32_768) ?? '';
  const templates = [...told.matchAll(TEMPLATE)].map(
    ([, id = '', variables = '', about = '', table]): Template => ({
      id,
      variables: variables.split(', ').filter((name) => name !== ''),
      about,
      table,
    }),
  );
  const message = lastAsked(messages);
  const template = templateFor(message, templates);
  return template && { steps: [askStep(template, message), resultStep(template)] };
}

/** By the words of its id, which count twice, and of what it is about; without any the first. What it is about in the end tells nothing where it is only to be read. */
function templateFor(message: string, templates: readonly Template[]): Template | undefined {
  const { said, isReading } = wordsIn(message);
  const tells = (word: string): boolean => said.has(word) && !(isReading && isTable(word));
  const scoreOf = ({ id, about }: Template): number => {
    const named = new Set(nameWords(id).map(canonicalWord).filter(tells));
    const described = new Set(
      wordsOf(about.toLowerCase())
        .map(canonicalWord)
        .filter((word) => word.length > 2 && tells(word)),
    );
    return 2 * named.size + described.size;
  };
  const scores = templates.map(scoreOf);
  return templates[Math.max(0, scores.indexOf(Math.max(0, ...scores)))];
}

const isTable = (word: string): boolean => TABLES.includes(`${word}s`);

function wordsIn(message: string): { readonly said: ReadonlySet<string>; readonly isReading: boolean } {
  const { clauses } = readSentence(message, undefined);
  const said = new Set(clauses.flatMap((clause) => clause.words.map(({ canonical }) => canonical)));
  return { said, isReading: clauses.every(({ act }) => act === undefined || act === 'read') };
}

function askStep({ id, variables }: Template, message: string): JsonObject {
  const { said } = wordsIn(message);
  const table = TABLES.find((name) => said.has(canonicalWord(name)));
  const sourceOf = (name: string): JsonObject => {
    if (TABLES.includes(name)) return { name, from: 'records', value: name };
    if (name === 'request' || name === 'wishes')
      return { name, from: 'text', value: clip(message, LONGEST_TEXT) };
    if (name === 'material' && table !== undefined) return { name, from: 'records', value: table };
    return { name, from: 'user', value: capitalise(nameWords(name).join(' ')) };
  };
  return {
    action: 'run_prompt',
    prompt_template: id,
    variables: variables.map(sourceOf),
    data_from_step: null,
  };
}

/** Records are created; a text is shown. */
function resultStep({ table }: Template): JsonObject {
  const step = { prompt_template: null, data_from_step: 0 };
  if (table === undefined)
    return { action: 'send_notification', variables: [{ name: 'text', from: 'step', value: '' }], ...step };
  return { action: 'create_record', variables: [{ name: 'table', from: 'text', value: table }], ...step };
}
