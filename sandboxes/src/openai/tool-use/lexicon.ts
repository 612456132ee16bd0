import { nameWords } from '../content/words.ts';

/** The act that a sentence wants, and that a tool does by its name. */
export type Act = 'create' | 'update' | 'delete' | 'read';

/** Languages in which sentences are understood and results are told. */
export type SpokenLanguage = 'en' | 'de';

const VERBS: Readonly<Record<Act, Readonly<Record<SpokenLanguage, string>>>> = {
  create: {
    en: 'create add new schedule book write remind jot insert post send comment',
    de: 'erstelle erstellen anlegen lege leg hinzufuegen fuege trage eintragen notiere notier notieren schreibe schreib erinnere erinner kommentiere neue neuer neues neuen',
  },
  update: {
    en: 'update change set mark rename move archive complete finish approve assign reopen close edit postpone',
    de: 'aendere aendern setze setz markiere benenne umbenennen verschiebe verschieben archiviere archivieren schliesse erledige erledigen hake beende genehmige aktualisiere',
  },
  delete: {
    en: 'delete remove erase drop cancel',
    de: 'loesche loesch loeschen entferne entfernen streiche storniere',
  },
  read: {
    en: 'show list which what how find get look tell see read give search when where who is are do does have plan',
    de: 'zeige zeig welche welcher welches was liste wie wieviele finde gib such suche nenne wann wo wer habe hab gibt plane',
  },
};

const ACTS = new Map<string, { readonly act: Act; readonly language: SpokenLanguage }>(
  (['create', 'update', 'delete', 'read'] as const).flatMap((act) =>
    (['en', 'de'] as const).flatMap((language) =>
      VERBS[act][language].split(' ').map((verb) => [verb, { act, language }] as const),
    ),
  ),
);

export const verbOf = (word: string) => ACTS.get(word);

/** Words of sentences by the word that tools name the same thing with. */
const ALIASES: Readonly<Record<string, string>> = {
  task: 'todo to-do reminder aufgabe aufgaben erinnerung',
  project: 'projekt projekte projekts',
  note: 'notiz notizen protokoll',
  checkpoint: 'milestone milestones meilenstein meilensteine meilensteinen',
  comment: 'kommentar kommentare kommentiere',
  event: 'termin termine appointment',
  message: 'nachricht nachrichten',
  weather: 'wetter',
  file: 'datei dateien',
  client: 'kunde kunden',
  due: 'faellig faellige faelligen',
  today: 'heute',
  week: 'woche',
  day: 'tag',
  report: 'bericht',
  plan: 'plane',
  all: 'alle allen every',
  archived: 'archivierte archivierten',
  approve: 'genehmige genehmigen',
};
const CANONICAL = wordsByAlias(ALIASES);

function wordsByAlias(aliases: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(aliases).flatMap(([word, others]) => others.split(' ').map((other) => [other, word])),
  );
}

/** One form of a word in the singular, in the words of tools: `Aufgaben`, `todos` and `tasks` are `task`. */
export function canonicalWord(folded: string): string {
  const known = CANONICAL.get(folded);
  if (known !== undefined) return known;
  const single = folded.length > 3 ? folded.replace(/(?<=ss|sh|ch|x)es$|(?<!s)s$/u, '') : folded;
  return CANONICAL.get(single) ?? single;
}

/** Values of enumerations by other words for them. */
const CHOICES = new Map(
  Object.entries({
    done: 'finished finish complete completed erledigt erledige erledigen fertig abgeschlossen hake',
    'in progress': 'started begun begonnen angefangen',
    todo: 'open reopen offen offene offenen',
    archived: 'archive archiviere archivieren archiviert',
    active: 'reactivate aktiv reaktiviere',
    high: 'urgent hoch hohe hoher hohen dringend',
    medium: 'mittel mittlere mittlerer normal',
    low: 'niedrig niedrige niedriger',
  }).map(([choice, words]) => [choice, words.split(' ')] as const),
);

const CHOICE_WORDS = new Set([...CHOICES.values()].flat());

/** Whether words name a value of an enumeration. */
export function namesChoice(choice: string, said: ReadonlySet<string>): boolean {
  const words = nameWords(choice);
  if (words.length > 0 && words.every((word) => said.has(word))) return true;
  return CHOICES.get(words.join(' '))?.some((other) => said.has(other)) === true;
}

/** Words that say nothing of which record is meant. */
const EMPTY = new Set(
  'the my a an of to in on at for from with as by please can could you me i it this that and all and status priority title name date der die das den dem des ein eine einen einem mein meine meinen meiner bitte mir mich auf zu im in um fuer von mit als an alle und titel name prioritaet ab'.split(
    ' ',
  ),
);

export function tellsNothing(folded: string): boolean {
  return EMPTY.has(folded) || ACTS.has(folded) || CHOICE_WORDS.has(folded);
}

interface GermanNoun {
  readonly one: string;
  readonly many: string;
  readonly article: 'die' | 'das' | 'den';
}

/** Nouns that are spoken of in German, with their article in the accusative. */
const GERMAN_NOUNS: ReadonlyMap<string, GermanNoun> = new Map(
  Object.entries({
    task: { one: 'Aufgabe', many: 'Aufgaben', article: 'die' },
    project: { one: 'Projekt', many: 'Projekte', article: 'das' },
    note: { one: 'Notiz', many: 'Notizen', article: 'die' },
    checkpoint: { one: 'Meilenstein', many: 'Meilensteine', article: 'den' },
    comment: { one: 'Kommentar', many: 'Kommentare', article: 'den' },
  } as const),
);

export const germanNoun = (kind: string): GermanNoun | undefined => GERMAN_NOUNS.get(kind);
