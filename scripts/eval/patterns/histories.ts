import { readFileSync } from 'node:fs';
import { chanceOf } from '../../../bench/library/texts.ts';
import { PATTERN_KINDS } from '../../../products/memory/patterns/kinds.ts';
import type { ReadMessage } from '../../../products/memory/patterns/finding/pattern.ts';

export const HALVES = ['dev', 'test'] as const;
export type Half = (typeof HALVES)[number];

const ROLES = ['user', 'assistant', 'tool'] as const;
/** Sessions of a half. Each variant of a pattern stands in one of its own. */
const SESSIONS = 36;
const TALK_OF_SESSION = 2;

/** Sessions of one team, and which of their messages are of a pattern: `practice secrets`, by the message. */
export interface History {
  readonly sessions: readonly (readonly ReadMessage[])[];
  readonly labels: ReadonlyMap<string, string>;
  /** All true patterns, as `kind name`. */
  readonly patterns: readonly string[];
}

interface Line {
  readonly role: ReadMessage['role'];
  readonly text: string;
}

interface Block {
  /** `workflow release`, `decoy asks`, `talk`. */
  readonly heading: string;
  readonly variants: readonly (readonly Line[])[];
}

/** The history of a half, composed the same in every run. */
export function readHistory(half: Half): History {
  const file = readFileSync(new URL(`histories/${half}.txt`, import.meta.url), 'utf8');
  const [written = '', ...lists] = file.split(/^words /mu);
  const words = new Map(
    lists.map((list) => {
      const [name = '', all = ''] = list.trim().split(': ');
      return [name, all.split('|')] as const;
    }),
  );
  const blocks = written.split(/^## /mu).slice(1).map(readBlock);
  return compose(half, { blocks, words });
}

function readBlock(written: string): Block {
  const [heading = '', ...rest] = written.split('\n');
  const variants = rest.join('\n').split(/^--$/mu).map(readLines);
  return { heading: heading.trim(), variants };
}

function readLines(written: string): Line[] {
  const lines: { role: ReadMessage['role']; text: string }[] = [];
  for (const line of written.split('\n').filter((one) => one.trim() !== '')) {
    const role = ROLES.find((one) => line.startsWith(`${one}: `));
    const last = lines.at(-1);
    if (role !== undefined) lines.push({ role, text: line.slice(role.length + 2) });
    else if (last !== undefined && line.startsWith('  ')) last.text += `\n${line.slice(2)}`;
    else throw new Error(`no role: ${line}`);
  }
  return lines;
}

function compose(
  half: Half,
  {
    blocks,
    words,
  }: { readonly blocks: readonly Block[]; readonly words: ReadonlyMap<string, readonly string[]> },
): History {
  const chance = chanceOf(HALVES.indexOf(half) + 1);
  const draw = <One>(all: readonly One[]): One | undefined => all[Math.floor(chance() * all.length)];
  const scenes: { readonly heading: string; readonly lines: readonly Line[] }[][] = Array.from(
    { length: SESSIONS },
    () => [],
  );
  for (const { heading, variants } of blocks.filter((block) => block.heading !== 'talk')) {
    const free = Array.from({ length: SESSIONS }, (_, place) => place);
    for (const lines of variants) {
      const [place = 0] = free.splice(Math.floor(chance() * free.length), 1);
      scenes[place]?.push({ heading, lines });
    }
  }
  const talk = blocks.find(({ heading }) => heading === 'talk')?.variants ?? [];
  const labels = new Map<string, string>();
  const sessions = scenes.map((own, index) => {
    for (let count = 0; count < TALK_OF_SESSION; count += 1) {
      const lines = (draw(talk) ?? []).map((line) => ({ ...line, text: fill(line.text, words, draw) }));
      own.splice(Math.floor(chance() * (own.length + 1)), 0, { heading: 'talk', lines });
    }
    const messages = own.flatMap(({ heading, lines }) => lines.map((line) => ({ heading, line })));
    return messages.map(({ heading, line }, place): ReadMessage => {
      const id = `${half} ${index} ${place}`;
      if (isPattern(heading)) labels.set(id, heading);
      return { sessionId: `${half} ${index}`, id, ...line };
    });
  });
  return { sessions, labels, patterns: blocks.map(({ heading }) => heading).filter(isPattern) };
}

const isPattern = (heading: string): boolean => PATTERN_KINDS.some((kind) => heading.startsWith(`${kind} `));

function fill(
  text: string,
  words: ReadonlyMap<string, readonly string[]>,
  draw: (all: readonly string[]) => string | undefined,
): string {
  return text.replaceAll(/\{(\w+)\}/gu, (_, name: string) => draw(words.get(name) ?? []) ?? name);
}
