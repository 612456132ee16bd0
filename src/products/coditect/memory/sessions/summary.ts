import { nextTurn } from '#platform/kernel';
import type { AccountId } from '#platform/kernel';
import type { DataKey } from '#platform/secrets';
import { z } from 'zod';
import { copyOf } from '../lines.ts';
import { termsOf } from '../retrieval/index.ts';
import { placeOf } from './places.ts';
import type { OpenMessage } from './open-message.ts';

const summarySentence = z.object({
  text: z.string(),
  message_id: z.string(),
  /** From and until which of the text's UTF-16 units. */
  span: z.tuple([z.int(), z.int()]),
});

const sessionSummary = z.object({
  sentences: z.array(summarySentence),
  /** How many messages are whose. */
  roles: z.record(z.string(), z.int()),
  firstSaidAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .nullable(),
});

/** A sentence of a session, and where it stands. */
export type SummarySentence = z.output<typeof summarySentence>;

/** With who said it. */
export type SaidSentence = SummarySentence & Pick<OpenMessage, 'role'>;

/** What messages come to. */
export type SessionSummary = z.output<typeof sessionSummary>;

const refinedSummary = z.array(
  z.object({
    text: z.string(),
    /** Those that say so. */
    message_ids: z.array(z.string()),
  }),
);

/** Sentences that a model has made of a session. */
export type RefinedSummary = z.output<typeof refinedSummary>;

/** A session, as its summary is bound to it. */
interface SummaryPlace {
  readonly accountId: AccountId;
  readonly id: string;
}

export const sealSummary = (key: DataKey, { accountId, id }: SummaryPlace, drawn: SessionSummary) =>
  key.seal(JSON.stringify(drawn), placeOf.drawn(accountId, id));

export const openSummary = (key: DataKey, { accountId, id }: SummaryPlace, drawn: Uint8Array) =>
  sessionSummary.parse(JSON.parse(key.open(drawn, placeOf.drawn(accountId, id))));

export const sealRefined = (key: DataKey, { accountId, id }: SummaryPlace, sentences: RefinedSummary) =>
  key.seal(JSON.stringify(sentences), placeOf.refined(accountId, id));

export const openRefined = (key: DataKey, { accountId, id }: SummaryPlace, sealed: Uint8Array) =>
  refinedSummary.parse(JSON.parse(key.open(sealed, placeOf.refined(accountId, id))));

const SENTENCES = 5;
/** Longer sessions are summed up by so many of their sentences at most, evenly drawn. */
const MOST_SENTENCES = 2_000;
/** Others are let go on after so many. */
const SENTENCES_AT_ONCE = 100;
const LENGTHS = { least: 25, most: 400 } as const;

/** Sums messages up. They are added in their order, and few of their sentences are kept meanwhile. */
export function gatherMessages() {
  const roles: Record<string, number> = {};
  const sentences = drawEvenly<SaidSentence>(MOST_SENTENCES);
  let firstSaidAt: Date | null = null;
  return {
    add(message: OpenMessage): void {
      firstSaidAt ??= message.said_at;
      roles[message.role] = (roles[message.role] ?? 0) + 1;
      if (message.repeated || message.recalled) return;
      for (const sentence of sentencesOf(message))
        sentences.add(() => ({ ...sentence, text: copyOf(sentence.text) }));
    },
    /** Those that a summary is drawn from. */
    sentences: () => sentences.drawn(),
    gathered: async (): Promise<SessionSummary> => ({
      roles,
      firstSaidAt,
      sentences: await bestOf(sentences.drawn()),
    }),
  };
}

/** Of things that come one by one, nobody knows how many: at most so many of them, as far apart as they can be. */
export function drawEvenly<Thing>(most: number) {
  let drawn: Thing[] = [];
  let step = 1;
  let seen = 0;
  return {
    add(make: () => Thing): void {
      if (seen % step === 0) drawn.push(make());
      seen += 1;
      if (drawn.length <= most) return;
      drawn = drawn.filter((_, place) => place % 2 === 0);
      step *= 2;
    },
    drawn: (): readonly Thing[] => drawn,
  };
}

/** The sentences whose words most of the others share, in the order in which they were said. */
async function bestOf(sentences: readonly SaidSentence[]): Promise<SummarySentence[]> {
  const known: { readonly sentence: SaidSentence; readonly place: number; readonly terms: string[] }[] = [];
  for (const [place, sentence] of sentences.entries()) {
    known.push({ sentence, place, terms: [...termsOf(sentence.text).keys()] });
    if (place % SENTENCES_AT_ONCE === 0) await nextTurn();
  }
  const counts = new Map<string, number>();
  for (const { terms } of known) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const scored = known.map((one) => {
    const shared = one.terms.reduce((sum, term) => sum + Math.log(counts.get(term) ?? 1), 0);
    return { ...one, score: shared / Math.sqrt(one.terms.length + 4) };
  });
  const best = scored.toSorted((a, b) => b.score - a.score || a.place - b.place).slice(0, SENTENCES);
  return best
    .toSorted((a, b) => a.place - b.place)
    .map(({ sentence: { text, message_id, span } }) => ({ text, message_id, span }));
}

function* sentencesOf({ id, role, text }: OpenMessage): Generator<SaidSentence> {
  if (text === null || role === 'system' || role === 'tool') return;
  for (const { 0: found, index } of text.matchAll(/[^\s.!?][^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?/g)) {
    const sentence = found.trimEnd();
    if (sentence.length < LENGTHS.least || sentence.length > LENGTHS.most) continue;
    yield { text: sentence, role, message_id: id, span: [index, index + sentence.length] };
  }
}
