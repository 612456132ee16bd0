import { type Act, germanNoun, type SpokenLanguage } from './lexicon.ts';

type Change = Readonly<Record<Exclude<Act, 'read'>, (what: string) => string>>;
type Count = (count: number, noun: string) => string;

/** Sentences that tell what tools have answered. */
interface ReportPhrases {
  readonly the: (kind: string, noun: string) => string;
  readonly quote: (title: string) => string;
  /** A change that a program makes later, and one that a tool has made. */
  readonly will: Change;
  readonly has: Change;
  readonly found: Count;
  readonly due: Count;
  readonly answer: (text: string) => string;
  readonly unsent: (nouns: string) => string;
  readonly failed: (why: string) => string;
  readonly unsaid: (name: string) => string;
  readonly unclear: (noun: string, titles: string) => string;
  readonly unknown: (noun: string, titles: string) => string;
}

export const PHRASES: Readonly<Record<SpokenLanguage, ReportPhrases>> = {
  en: {
    the: (_kind, noun) => `the ${noun}`,
    quote: (title) => `“${title}”`,
    will: {
      create: (what) => `I will create ${what}.`,
      update: (what) => `I will change ${what}.`,
      delete: (what) => `I will delete ${what}.`,
    },
    has: {
      create: (what) => `I have created ${what}.`,
      update: (what) => `I have changed ${what}.`,
      delete: (what) => `I have deleted ${what}.`,
    },
    found: (count, noun) => `You have ${count === 0 ? 'no' : count} ${noun}`,
    due: (count, noun) => {
      const amount = count === 0 ? 'None of your' : count === 1 ? 'One' : count;
      return `${amount} ${noun} ${count > 1 ? 'are' : 'is'} due today`;
    },
    answer: (text) => `Here is what I found: ${text}`,
    unsent: (nouns) => `I can’t see your ${nouns} here: they did not come with this question.`,
    failed: (why) => `That could not be done: ${why}`,
    unsaid: (name) => (name === 'change' ? 'What should be changed?' : `What is the ${name} to be?`),
    unclear: (noun, titles) => `Which ${noun} do you mean: ${titles}?`,
    unknown: (noun, titles) => `I found no such ${noun}.${titles === '' ? '' : ` There is: ${titles}.`}`,
  },
  de: {
    the: (kind, noun) => `${germanNoun(kind)?.article ?? 'die'} ${noun}`,
    quote: (title) => `„${title}“`,
    will: {
      create: (what) => `Ich lege ${what} an.`,
      update: (what) => `Ich ändere ${what}.`,
      delete: (what) => `Ich lösche ${what}.`,
    },
    has: {
      create: (what) => `Ich habe ${what} angelegt.`,
      update: (what) => `Ich habe ${what} geändert.`,
      delete: (what) => `Ich habe ${what} gelöscht.`,
    },
    found: (count, noun) => `Du hast ${count} ${noun}`,
    due: (count, noun) => `${count} ${noun} ${count === 1 ? 'ist' : 'sind'} heute fällig`,
    answer: (text) => `Das habe ich gefunden: ${text}`,
    unsent: (nouns) => `Deine ${nouns} sehe ich hier nicht: Sie kamen nicht mit der Frage.`,
    failed: (why) => `Das ging nicht: ${why}`,
    unsaid: (name) =>
      name === 'change' ? 'Was soll geändert werden?' : `Mir fehlt noch: ${GERMAN_FIELDS.get(name) ?? name}.`,
    unclear: (_noun, titles) => `Was ist gemeint: ${titles}?`,
    unknown: (_noun, titles) => `Dazu finde ich nichts.${titles === '' ? '' : ` Vorhanden: ${titles}.`}`,
  },
};

const GERMAN_FIELDS: ReadonlyMap<string, string> = new Map([
  ['title', 'der Titel'],
  ['name', 'der Name'],
  ['date', 'das Datum'],
]);
