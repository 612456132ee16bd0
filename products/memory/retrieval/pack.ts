import { countLongText, countTokens } from 'plinth/product';
import type { RankedTurn, Reason, Turn } from './rank.ts';

/** A turn that fits: found itself, or beside one that was. */
export interface PackedTurn {
  readonly turn: Turn;
  /** Its tokens as the layout writes it. */
  readonly tokens: number;
  /** Zero and empty, of a neighbour. */
  readonly score: number;
  readonly why: readonly Reason[];
  /** The id of the turn that it stands beside. */
  readonly beside?: string;
}

/** Turns that get their neighbours. With three, neighbours take places of found turns: 0.4 points of recall in ten turns of the dev half, 2.5 of the test half. */
const WITH_NEIGHBOURS = 1;
/** A text with more characters a token is white space: it is not counted when it can't fit. */
const CHARACTERS_A_TOKEN = 16;

/** As what turns are handed out and counted. */
export interface Layout {
  /** `isFirst`: no other of its session is there. */
  readonly write: (turn: Turn, isFirst: boolean) => string;
  /** Around all of them. */
  readonly around: string;
}

const LINES: Layout = { write: lineOf, around: '' };

/** Day, speaker and text. */
export function lineOf({ saidAt, speaker, text }: Turn): string {
  return `[${saidAt.toISOString().slice(0, 10)}] ${speaker}: ${text}\n`;
}

/**
 * Fills a budget of tokens by rank without cutting a turn: one that does not fit is passed over, and what still fits comes after it.
 * Neighbours come with the first one alone. Others are let go on meanwhile. Answers turns in the order of `ranked`, each followed by
 * the neighbours that were not found themselves.
 */
export async function packTurns(
  ranked: readonly RankedTurn[],
  {
    budget,
    layout: { write, around } = LINES,
  }: { readonly budget: number; readonly layout?: Layout | undefined },
  neighbours: (turn: Turn) => readonly Turn[],
): Promise<PackedTurn[]> {
  const packed = new Map<string, PackedTurn>();
  const sessions = new Set<string>();
  let left = budget - countTokens(around);
  const put = async (one: Omit<PackedTurn, 'tokens'>): Promise<void> => {
    const before = packed.get(one.turn.id);
    // A turn that stood beside a better one was found itself.
    if (before !== undefined && one.beside === undefined)
      packed.set(one.turn.id, { ...one, tokens: before.tokens });
    if (before !== undefined || left < LEAST) return;
    const line = write(one.turn, !sessions.has(one.turn.session));
    if (line.length > left * CHARACTERS_A_TOKEN) return;
    const tokens = await countLongText(line, left);
    if (tokens > left) return;
    left -= tokens;
    sessions.add(one.turn.session);
    packed.set(one.turn.id, { ...one, tokens });
  };
  for (const [index, { turn, score, why }] of ranked.entries()) {
    if (left < LEAST) break;
    await put({ turn, score, why });
    if (index >= WITH_NEIGHBOURS || !packed.has(turn.id)) continue;
    for (const near of neighbours(turn)) await put({ turn: near, score: 0, why: [], beside: turn.id });
  }
  return ranked.flatMap(({ turn: { id } }) => {
    const found = packed.get(id);
    if (found === undefined || found.beside !== undefined) return [];
    return [found, ...[...packed.values()].filter(({ beside }) => beside === id)];
  });
}

/** No line is shorter: its day alone takes as many. */
const LEAST = 7;
