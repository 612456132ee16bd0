import type { AccountId, DataKey } from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import { termsOfLong, type Turn } from '../retrieval/index.ts';
import type { Level } from '../sessions/store.ts';
import type { FoundTurnRow, TurnRow } from './store.ts';

/** So many of the first ones are read with their neighbours, and no more text of what was found than that. */
const WITH_NEIGHBOURS = 20;
const MOST_BYTES = 1_000_000;
/** The place of turns in a session is counted where they stand together; elsewhere they are so far apart. */
const APART = 10;

/** Which turns are opened: those found, and what stands around the first ones. */
export function idsToRead(found: readonly FoundTurnRow[]): string[] {
  const ids = new Set<string>();
  let bytes = 0;
  for (const { id, size } of found) {
    bytes += size;
    if (bytes > MOST_BYTES && ids.size > 0) break;
    ids.add(id);
  }
  for (const { before, after } of found.slice(0, WITH_NEIGHBOURS))
    for (const id of [...before, ...after]) ids.add(id);
  return [...ids];
}

/** Where a turn is from. */
export interface TurnSource {
  readonly sessionId: string;
  readonly sessionTitle: string | null;
  readonly level: Level;
  readonly authorId: string;
  readonly role: string;
  readonly clientId: string;
}

export interface OpenTurn extends Turn {
  readonly terms: ReadonlyMap<string, number>;
}

/** Turns as they are ranked, opened while others go on: numbered so that those beside each other in a session are one apart. */
export async function openTurns(
  opening: { readonly key: DataKey; readonly accountId: AccountId },
  rows: readonly TurnRow[],
  found: readonly FoundTurnRow[],
): Promise<OpenTurn[]> {
  const pairs = new Set(
    found.flatMap(({ id, before, after }) => {
      const run = [...before.toReversed(), id, ...after];
      return run.slice(1).map((next, place) => `${run[place]} ${next}`);
    }),
  );
  const turns: OpenTurn[] = [];
  let seq = 0;
  for (const [place, row] of rows.entries()) {
    seq += pairs.has(`${rows[place - 1]?.id} ${row.id}`) ? 1 : APART;
    turns.push(await openTurn(opening, row, seq));
  }
  return turns;
}

async function openTurn(
  { key, accountId }: { readonly key: DataKey; readonly accountId: AccountId },
  { id, session_id: session, said_at: saidAt, role, ...row }: TurnRow,
  seq: number,
): Promise<OpenTurn> {
  const text = sealedText.messageText.open(key, { accountId, id }, row.text);
  const speaker = sealedText.messageSpeaker.open(key, { accountId, id }, row.speaker) ?? role;
  return { id, session, seq, speaker, text, saidAt, terms: await termsOfLong(text) };
}

export function sourceOf(
  { key, accountId }: { readonly key: DataKey; readonly accountId: AccountId },
  row: TurnRow,
): TurnSource {
  const { session_id: sessionId, title } = row;
  return {
    sessionId,
    sessionTitle: sealedText.sessionTitle.open(key, { accountId, id: sessionId }, title),
    level: row.level,
    authorId: row.author_id,
    role: row.role,
    clientId: row.client_id,
  };
}

export function averageLengthOf(turns: readonly OpenTurn[]): number {
  let length = 0;
  for (const { terms } of turns) for (const count of terms.values()) length += count;
  return length / Math.max(1, turns.length);
}

/** Without those that say what a better one says. */
export function distinct<Ranked extends { readonly turn: Turn }>(ranked: readonly Ranked[]): Ranked[] {
  const said = new Set<string>();
  return ranked.filter(({ turn: { speaker, text } }) => {
    const what = JSON.stringify([speaker, text]);
    const isNew = !said.has(what);
    said.add(what);
    return isNew;
  });
}

export const neighboursOf = (turn: Turn, turns: readonly Turn[]): Turn[] =>
  turns.filter(({ session, seq }) => session === turn.session && Math.abs(seq - turn.seq) === 1);
