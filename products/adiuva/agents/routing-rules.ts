import type { AgentName } from './agent.ts';
import { foldText } from './fold-text.ts';

/** Letters of a message that the rules read: what it asks for stands in its first sentence, what was pasted comes after it. */
const READ = 400;
/** Words before a noun among which a preposition makes it a place and not a thing: 'in the Apollo project'. */
const LOOK_BACK = 5;
const LONGEST_PIPELINE = 3;

/** Nouns of each agent in English, German, Spanish and French, folded. German compounds end with them. */
const NOUNS: Readonly<Record<AgentName, RegExp>> = {
  task_agent:
    /^(?:\p{L}+-)*(?:tasks?|to-?dos?|todo-?liste?|to-do-liste?|reminders?|comments?|[\p{L}]*aufgaben?|aufgabenliste|\p{L}*kommentare?n?|tareas?|taches?)$/u,
  project_agent:
    /^(?:\p{L}+-)*(?:projects?|\p{L}*projekte?n?s?|projekt(?:ubersicht|liste)|proyectos?|projets?)$/u,
  note_agent: /^(?:\p{L}+-)*(?:notes?|\p{L}*notiz(?:en)?|notas?|protokolle?|minutes-of)$/u,
  checkpoint_agent: /^(?:\p{L}+-)*(?:milestones?|checkpoints?|\p{L}*meilensteine?n?s?|hitos?|jalons?)$/u,
};

const NAMES: readonly AgentName[] = ['task_agent', 'project_agent', 'note_agent', 'checkpoint_agent'];

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const PREPOSITIONS = words(
  'in into of for from to about on at under within im in ins des vom von zum zur zu fur aus an am auf uber bei en del de para sobre du dans pour sur',
);
/** A preposition counts no further than to these. */
const STOPS = words(
  'create add make start begin set delete remove show list give open write take and then und dann danach anschliessend y et mit with lege leg erstelle zeig zeige schreib mach neues neue neuen new a an ein eine einen',
);
const CONJUNCTIONS = words('and then und dann danach anschliessend y et puis luego');
const WITH = words('with mit con avec');

/** Asks to be reminded, which is a task about any subject; not 'remind me what my note says'. */
const REMIND =
  /\bremind me\b(?! (?:what|which|who|when|where|how|why|of)\b)|\berinner[en]? mich\b(?! (?:was|welch|wer|wann|wo|wie))|\brecuerdame\b|\brappelle-moi\b/u;
/** Has something written down: a note, unless something else is named as well. */
const WRITE_DOWN =
  /\b(?:jot|write|note) (?:this |that |it )?down\b|\bplease note\b|^note (?:that|the)\b|\bnotiere?\b|\bhalte?\b.*\bfest\b|\bschreib\b.*\bauf\b/u;
/** Words that only tasks have, where nothing is named. */
const OF_TASKS =
  /\boverdue\b|\bdue (?:today|tomorrow|this week)\b|\bdue date\b|\b(?:uber)?fallig\w*\b|\bfalligkeit\w*\b|\bto do list\b|\bwas steht (?:heute|morgen) an\b/u;

interface Mention {
  readonly agent: AgentName;
  readonly index: number;
  /** Whether it is where something is, and not what is asked for. */
  readonly isPlace: boolean;
}

/**
 * The agents that a message names plainly, in their order; undefined where a model must say. What stands in quotation marks or after a
 * colon is what a record is to say, and names no agent.
 */
export function routeByRules(
  message: string,
  allowed: readonly AgentName[],
): { readonly agents: AgentName[] } | undefined {
  const agents = agentsIn(headOf(message));
  if (agents === undefined || agents.length === 0 || agents.length > LONGEST_PIPELINE) return undefined;
  return agents.every((name) => allowed.includes(name)) ? { agents } : undefined;
}

interface Head {
  readonly text: string;
  readonly tail: string;
}

/** What comes before the first colon or line break, without what is quoted. */
function headOf(message: string): Head {
  const plain = message.slice(0, READ).replaceAll(/"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«/g, ' ');
  const [head = '', ...tail] = plain.trim().split(/:\s|:$|\n/);
  return { text: foldText(head).replaceAll(/\bminutes of\b/g, 'minutes-of'), tail: foldText(tail.join(' ')) };
}

function agentsIn({ text, tail }: Head): AgentName[] | undefined {
  if (REMIND.test(text)) return ['task_agent'];
  const tokens = text.split(/[\s,.;!?()]+/).filter((token) => token !== '');
  const mentions = mentionsIn(tokens);
  if (WRITE_DOWN.test(text)) {
    const others = [...mentions, ...mentionsIn(tail.split(/[\s,.;!?()]+/))].filter(
      ({ agent }) => agent !== 'note_agent',
    );
    return others.length === 0 ? ['note_agent'] : undefined;
  }
  if (mentions.length === 0) return OF_TASKS.test(text) ? ['task_agent'] : undefined;
  const isLabel = tail !== '' && mentions.length === 1 && mentions[0]?.index === 0;
  if (isLabel && mentions[0]?.agent !== 'task_agent') return undefined;
  const things = mentions.filter((mention) => !mention.isPlace);
  if (things.length > 0) return pipelineOf(things, tokens);
  return placeOf(mentions, tokens);
}

function mentionsIn(tokens: readonly string[]): Mention[] {
  return tokens.flatMap((token, index) => {
    const agent = NAMES.find((name) => NOUNS[name].test(token));
    if (agent === undefined || (token === 'note' && index === 0)) return [];
    return [{ agent, index, isPlace: isPlace(tokens, index) }];
  });
}

function isPlace(tokens: readonly string[], index: number): boolean {
  const before = tokens.slice(Math.max(0, index - LOOK_BACK), index).toReversed();
  const stop = before.findIndex((token) => STOPS.has(token));
  return (stop === -1 ? before : before.slice(0, stop)).some((token) => PREPOSITIONS.has(token));
}

/** One agent, or several that a conjunction joins. */
function pipelineOf(things: readonly Mention[], tokens: readonly string[]): AgentName[] | undefined {
  const agents: AgentName[] = [];
  let former: Mention | undefined;
  for (const thing of things) {
    const between = former === undefined ? [] : tokens.slice(former.index + 1, thing.index);
    const isNew = !agents.includes(thing.agent);
    if (isNew && former !== undefined && !areJoined(former, between)) return undefined;
    if (isNew) agents.push(thing.agent);
    former = thing;
  }
  return agents;
}

const areJoined = (former: Mention, between: readonly string[]): boolean =>
  between.some((token) => CONJUNCTIONS.has(token) || (WITH.has(token) && former.agent === 'project_agent'));

/** Where nothing is named but places: 'set the priority of the tax task'. What a project is asked about is its own, or a task's. */
function placeOf(mentions: readonly Mention[], tokens: readonly string[]): AgentName[] | undefined {
  const agents = new Set(mentions.map(({ agent }) => agent));
  if (agents.size > 1) agents.delete('project_agent');
  const [only] = agents;
  if (agents.size !== 1 || only === undefined) return undefined;
  if (only !== 'project_agent') return [only];
  return tokens.some((token) => OF_PROJECTS.has(token)) ? [only] : undefined;
}

const OF_PROJECTS = words('details overview client status kunde kunden uberblick ubersicht');
