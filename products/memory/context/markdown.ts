import { asLine } from '../one-line.ts';
import { asQuote, QUOTED, writeWithin } from '../prompt.ts';
import type { Layout, Turn } from '../retrieval/index.ts';
import type { ContextTurn } from './service.ts';

/** Turns as text for a prompt: sessions have short names, which its end explains. */
export const MARKDOWN: Layout = {
  // Another number has as many tokens.
  write: (turn, isFirst) => quoteOf(turn, 's1') + (isFirst ? `, s1 = ${turn.session}` : ''),
  around: `${QUOTED}Sessions: \n`,
};

/** Turns that were chosen in that layout, within a budget that counts all of the text. */
export async function contextAsMarkdown(turns: readonly ContextTurn[], budget: number) {
  const { markdown, tokens } = await writeWithin(turns, budget, (kept) =>
    written(kept.map(({ turn }) => turn)),
  );
  return { markdown, tokens };
}

function written(turns: readonly Turn[]): string {
  const labels = new Map<string, string>();
  const quotes = turns.map((turn) => {
    const label = labels.get(turn.session) ?? `s${labels.size + 1}`;
    labels.set(turn.session, label);
    return quoteOf(turn, label);
  });
  const sessions = Array.from(labels, ([session, label]) => `${label} = ${session}`);
  return `${QUOTED}${quotes.join('')}Sessions: ${sessions.join(', ')}\n`;
}

const quoteOf = ({ saidAt, speaker, text }: Turn, label: string): string =>
  `${label} ${saidAt.toISOString().slice(0, 10)} ${asLine(speaker)}:\n${asQuote(text.trimEnd())}\n\n`;

/** The turns of such a text, with the ids of their sessions. */
export function turnsIn(markdown: string): { readonly session_id: string; readonly text: string }[] {
  const [, sessions = ''] = /^Sessions: (.*)$/m.exec(markdown) ?? [];
  const ids = new Map(sessions.split(', ').map((one) => one.split(' = ') as [string, string]));
  return Array.from(markdown.matchAll(/^(s\d+) .*\n((?:>.*\n)+)/gm), ([, label = '', quote = '']) => ({
    session_id: ids.get(label) ?? '',
    text: quote.replaceAll(/^> ?/gm, '').trimEnd(),
  }));
}
