import { readdirSync, readFileSync } from 'node:fs';
import { chanceOf } from '../../../bench/library/texts.ts';
import type { Turn } from '../../../products/memory/retrieval/index.ts';

export const HALVES = ['dev', 'test'] as const;
export type Half = (typeof HALVES)[number];

export const KINDS = ['plain', 'paraphrase', 'time', 'date', 'negation', 'update', 'hops', 'absent'] as const;

/** A question with the turns that answer it: none, where nothing in the history does. */
export interface LabelledQuestion {
  readonly kind: (typeof KINDS)[number];
  readonly asked: string;
  /** Ids of turns. */
  readonly evidence: readonly string[];
}

/** Sessions of the same people over months, and questions about them. */
export interface History {
  readonly name: string;
  readonly speakers: readonly string[];
  readonly turns: readonly Turn[];
  readonly questions: readonly LabelledQuestion[];
  /** When the questions are asked. */
  readonly now: Date;
}

interface Line {
  readonly speaker: string;
  readonly text: string;
  readonly label?: string;
}

interface Scene {
  readonly day: string;
  readonly lines: readonly Line[];
}

interface Filler {
  readonly words: ReadonlyMap<string, readonly string[]>;
  /** Lines with words in braces that are taken from the lists. */
  readonly blocks: readonly (readonly Line[])[];
}

const FOLDER = new URL('./histories/', import.meta.url);
const LINE = /^(?<speaker>[^:[\]]+?)(?: \[(?<label>\w+)\])?: (?<text>.+)$/u;
const QUESTION = /^\? (?<kind>\w+)(?<labels>(?: \w+)*) \| (?<asked>.+)$/u;
/** Turns of a session, about: scenes are surrounded by talk that answers nothing. */
const SESSION_TURNS = 26;

/** The histories of a half, composed the same in every run. */
export function readHistories(half: Half): History[] {
  const folder = new URL(`${half}/`, FOLDER);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt') && !file.endsWith('.filler.txt'))
    .toSorted()
    .map((file) => {
      const name = `${half}/${file.replace('.txt', '')}`;
      const filler = readFiller(readFileSync(new URL(file.replace('.txt', '.filler.txt'), folder), 'utf8'));
      return compose(name, readFileSync(new URL(file, folder), 'utf8'), filler);
    });
}

function compose(name: string, text: string, filler: Filler): History {
  const scenes = scenesIn(text);
  const speakers = [...new Set(scenes.flatMap(({ lines }) => lines.map(({ speaker }) => speaker)))];
  const days = [...new Set(scenes.map(({ day }) => day))].toSorted();
  const random = chanceOf(name.length + text.length);
  const labels = new Map<string, string>();
  const turns = days.flatMap((day) => {
    const blocks = scenes.filter((scene) => scene.day === day).map(({ lines }) => lines);
    let length = blocks.reduce((sum, lines) => sum + lines.length, 0);
    while (length < SESSION_TURNS) {
      const block = fill(filler, speakers, random);
      blocks.splice(Math.floor(random() * (blocks.length + 1)), 0, block);
      length += block.length;
    }
    return blocks.flat().map(({ speaker, text: said, label }, seq): Turn => {
      const id = `${name}/${day}/${seq}`;
      if (label !== undefined) labels.set(label, id);
      return {
        id,
        session: `${name}/${day}`,
        seq,
        speaker,
        text: said,
        saidAt: new Date(`${day}T10:00:00Z`),
      };
    });
  });
  const last = turns.at(-1)?.saidAt.getTime() ?? 0;
  return { name, speakers, turns, questions: questionsIn(text, labels), now: new Date(last + 86_400_000) };
}

function scenesIn(text: string): Scene[] {
  return text
    .split(/^== /mu)
    .slice(1)
    .map((scene) => {
      const [day = '', ...lines] = scene.split('\n');
      return { day, lines: lines.flatMap(lineOf) };
    });
}

function lineOf(line: string): Line[] {
  const groups = line.startsWith('?') ? undefined : LINE.exec(line)?.groups;
  const { speaker = '', text = '', label } = groups ?? {};
  if (groups === undefined) return [];
  return [label === undefined ? { speaker, text } : { speaker, text, label }];
}

function questionsIn(text: string, ids: ReadonlyMap<string, string>): LabelledQuestion[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('?'))
    .map((line) => {
      const { kind: word, labels = '', asked = '' } = QUESTION.exec(line)?.groups ?? {};
      const kind = KINDS.find((known) => known === word);
      const evidence = labels
        .split(' ')
        .filter((label) => label !== '')
        .map((label) => ids.get(label));
      const known = evidence.filter((id) => id !== undefined);
      if (kind === undefined || known.length < evidence.length) throw new Error(`cannot read: ${line}`);
      return { kind, asked, evidence: known };
    });
}

function readFiller(text: string): Filler {
  const [lists = '', ...blocks] = text.split('\n\n');
  const words = lists
    .split('\n')
    .filter((line) => line.startsWith('= '))
    .map((line): [string, string[]] => {
      const [name = '', entries = ''] = line.slice(2).split(': ');
      return [name, entries.split(' | ')];
    });
  return { words: new Map(words), blocks: blocks.map((block) => block.split('\n').flatMap(lineOf)) };
}

/** A block of a filler with its speakers and words chosen; the same word in braces is chosen once. */
function fill({ words, blocks }: Filler, speakers: readonly string[], random: () => number): Line[] {
  const shuffled = speakers.toSorted(() => random() - 0.5);
  const chosen = new Map(
    ['A', 'B', 'C'].map((name, index) => [name, shuffled[index % shuffled.length] ?? '']),
  );
  const wordFor = (_: string, name: string): string => {
    const list = words.get(name) ?? [name];
    const word = chosen.get(name) ?? list[Math.floor(random() * list.length)] ?? name;
    chosen.set(name, word);
    return word;
  };
  return (blocks[Math.floor(random() * blocks.length)] ?? []).map(({ speaker, text }) => {
    const said = text.replaceAll(/\{(\w+)\}/gu, wordFor);
    return {
      speaker: speaker.replaceAll(/\{(\w+)\}/gu, wordFor),
      text: `${said.charAt(0).toUpperCase()}${said.slice(1)}`,
    };
  });
}
