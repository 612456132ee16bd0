import { LEAST_TIME } from '../content/dates.ts';
import { isObject, type JsonObject, ownProperty, ownString } from '../content/json.ts';
import { parseJson } from '../content/material.ts';
import { clip, nameWords } from '../content/words.ts';
import type { Missing } from './arguments.ts';
import { type Act, canonicalWord, germanNoun, type SpokenLanguage } from './lexicon.ts';
import { isIdName, type KnownRecord, titleOf } from './records.ts';
import { PHRASES } from './report-phrases.ts';
import { type MadeCall, subjectOf, type Turn } from './turn.ts';

const MOST_NAMED = 20;
const LONGEST_TEXT = 400;

/** Language and records that a report is made with. */
interface Teller {
  readonly language: SpokenLanguage;
  readonly records: readonly KnownRecord[];
  /** Whether the user wants to see ids. */
  readonly withIds: boolean;
}

/** Tells results of tools and missing values in a sentence or two; undefined where there are none. */
export function reportOf({ sentence, made, records, missing, meant }: Turn): string | undefined {
  const { language, clauses } = sentence;
  const withIds = clauses.some(({ said }) => said.has('id') || said.has('ids'));
  const teller = { language, records, withIds };
  // A list that was only looked at for an id is not told.
  const isTold = (call: MadeCall): boolean =>
    call.act !== 'read' || meant.size === 0 || meant.has(call.tool) || unsentIn(call) !== undefined;
  const isUnsent = made.some((call) => unsentIn(call) !== undefined);
  const open = missing.filter(({ how }) => how !== 'unknown' || !isUnsent);
  const told = made.filter(isTold).map((call) => tellCall(call, teller));
  const sentences = new Set([...told, ...open.map((one) => tellMissing(one, language))]);
  return sentences.size === 0 ? undefined : [...sentences].join(' ');
}

function tellCall(call: MadeCall, teller: Teller): string {
  const phrases = PHRASES[teller.language];
  const value = parseJson(call.result);
  if (!isObject(value))
    return isSentence(call.result) ? call.result : phrases.answer(clip(call.result, LONGEST_TEXT));
  const unsent = unsentIn(call);
  if (unsent !== undefined) return phrases.unsent(nounOf(unsent, 2, teller.language));
  const error = ownProperty(value, 'error');
  if (error !== undefined) return phrases.failed(errorText(error));
  const { act } = call;
  if (act !== 'read') return tellChange({ ...call, act }, 'planned' in value, teller);
  const list = Object.entries(value).find((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  if (list !== undefined) return tellList(call.tool, list, teller);
  const shown = Object.values(value).find(isObject) ?? value;
  return phrases.answer(clip(tellObject(shown, call.kind), LONGEST_TEXT));
}

const isSentence = (text: string): boolean => /[.!?…]$/u.test(text.trimEnd());

/** Records that a program did not send, which is not the same as none. */
function unsentIn({ result }: MadeCall): string | undefined {
  const value = parseJson(result);
  return isObject(value) ? ownString(value, 'not_in_this_request') : undefined;
}

/** The first sentence of what a tool says is wrong; what follows it is for the model. */
function errorText(error: unknown): string {
  const text = isObject(error) ? (ownString(error, 'message') ?? ownString(error, 'code')) : valueText(error);
  return clip((text ?? '').split(/(?<=[.!?])\s/u)[0] ?? '', LONGEST_TEXT);
}

function tellChange(
  { act, kind, arguments: given }: MadeCall & { readonly act: Exclude<Act, 'read'> },
  isPlanned: boolean,
  { language, records }: Teller,
): string {
  const named = Object.entries(given)
    .filter(([name]) => isIdName(name))
    .map(([, id]) => valueText(id));
  const record = records.find(({ id, kind: of }) => of === kind && named.includes(String(id)));
  const title = act === 'create' ? titleOf(given) : (record?.title ?? named[0]);
  const phrases = PHRASES[language];
  const fields = act === 'update' ? changedFields(given) : '';
  const what = `${phrases.the(kind, nounOf(kind, 1, language))}${title === undefined ? '' : ` ${phrases.quote(clip(title, 120))}`}${fields}`;
  return phrases[isPlanned ? 'will' : 'has'][act](what);
}

/** The fields that an update names, as ` (status: done)`. */
function changedFields(given: JsonObject): string {
  const named = Object.entries(given).filter(
    ([name, value]) => value !== null && value !== -1 && !isIdName(name),
  );
  const fields = named.map(([name, value]) => `${nameWords(name).join(' ')}: ${valueText(value)}`);
  return fields.length === 0 ? '' : ` (${clip(fields.join(', '), 200)})`;
}

const GREATEST_TIME = 8.64e15;

/** Times as days. */
function valueText(value: unknown): string {
  const isTime = typeof value === 'number' && value > LEAST_TIME && value <= GREATEST_TIME;
  if (isTime) return new Date(value).toISOString().slice(0, 10);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function tellList(tool: string, [key, list]: [string, unknown[]], { language, withIds }: Teller): string {
  const kind = canonicalWord(nameWords(key).at(-1) ?? key);
  const titles = list.slice(0, MOST_NAMED).map((item) => {
    if (!isObject(item)) return clip(valueText(item), 80);
    const id = withIds && 'id' in item ? ` (${valueText(item['id'])})` : '';
    return `${clip(titleOf(item) ?? tellObject(item, kind), 80)}${id}`;
  });
  const named = titles.length === 0 ? '' : `: ${titles.join(', ')}${list.length > titles.length ? ' …' : ''}`;
  const isDueToday = subjectOf(tool).words.join(' ').endsWith('due today');
  const found = PHRASES[language][isDueToday ? 'due' : 'found'];
  return `${found(list.length, nounOf(kind, list.length, language))}${named}.`;
}

/** The texts and numbers of an object. */
function tellObject(object: JsonObject, kind: string): string {
  const title = titleOf(object);
  const fields = Object.entries(object).filter(
    ([name, value]) => !isIdName(name) && value !== null && typeof value !== 'object' && value !== title,
  );
  return [
    title ?? kind,
    ...fields.map(([name, value]) => `${nameWords(name).join(' ')}: ${valueText(value)}`),
  ].join(', ');
}

function nounOf(word: string, count: number, language: SpokenLanguage): string {
  const kind = canonicalWord(word);
  const german = germanNoun(kind);
  if (language === 'de') return german === undefined ? 'Einträge' : count === 1 ? german.one : german.many;
  return count === 1 ? kind : `${kind}s`;
}

function tellMissing(missing: Missing, language: SpokenLanguage): string {
  const phrases = PHRASES[language];
  if (missing.how === 'unsaid') return phrases.unsaid(nameWords(missing.name).join(' '));
  const titles = missing.known.slice(0, MOST_NAMED).map(({ title }) => clip(title, 80));
  return phrases[missing.how](nounOf(missing.kind, 1, language), titles.join(', '));
}
