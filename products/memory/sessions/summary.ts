import { type AccountId, type DataKey, nextTurn } from 'plinth/product';
import { z } from 'zod';
import { sealedText } from '../items/sealed-text.ts';
import { copyOf } from '../lines.ts';
import { termsOf } from '../retrieval/index.ts';
import { outcomeIn } from './outcome.ts';
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

/** Summary of messages. */
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

export const sealSummary = (key: DataKey, session: SummaryPlace, drawn: SessionSummary) =>
  sealedText.drawnSummary.seal(key, session, JSON.stringify(drawn));

export const openSummary = (key: DataKey, session: SummaryPlace, drawn: Uint8Array) =>
  sessionSummary.parse(JSON.parse(sealedText.drawnSummary.open(key, session, drawn)));

export const sealRefined = (key: DataKey, session: SummaryPlace, sentences: RefinedSummary) =>
  sealedText.refinedSummary.seal(key, session, JSON.stringify(sentences));

export const openRefined = (key: DataKey, session: SummaryPlace, sealed: Uint8Array) =>
  refinedSummary.parse(JSON.parse(sealedText.refinedSummary.open(key, session, sealed)));

const SENTENCES = 5;
/** The share of a session that says what it is about. */
const BEGINNING = 0.2;
/** Two sentences that have more of their words in common say the same. */
const SAME = 0.7;
/** Longer sessions are summed up by so many of their sentences at most. */
const MOST_SENTENCES = 2_000;
/** Others are let go on after so many. */
const SENTENCES_AT_ONCE = 100;
const LENGTHS = { least: 25, most: 400 } as const;

/** Sums messages up. They are added in their order, and few of their sentences are kept meanwhile. */
export function gatherMessages() {
  const roles: Record<string, number> = {};
  const sentences = drawWithEnd<SaidSentence>(MOST_SENTENCES);
  let firstSaidAt: Date | null = null;
  return {
    add(message: OpenMessage): void {
      firstSaidAt ??= message.said_at;
      roles[message.role] = (roles[message.role] ?? 0) + 1;
      if (message.repeated || message.recalled) return;
      for (const sentence of sentencesOf(message))
        sentences.add({ ...sentence, text: copyOf(sentence.text) });
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

/** Draws at most so many of things that come one by one, their number unknown: the last quarter as they came, the others as far apart as they can be. */
export function drawWithEnd<Thing>(most: number) {
  const ending = Math.ceil(most / 4);
  const end: Thing[] = [];
  let drawn: Thing[] = [];
  let step = 1;
  let seen = 0;
  return {
    add(thing: Thing): void {
      end.push(thing);
      const before = end.length > ending ? end.shift() : undefined;
      if (before === undefined) return;
      if (seen % step === 0) drawn.push(before);
      seen += 1;
      if (drawn.length <= most - ending) return;
      drawn = drawn.filter((_, place) => place % 2 === 0);
      step *= 2;
    },
    drawn: (): readonly Thing[] => [...drawn, ...end],
  };
}

interface KnownSentence {
  readonly sentence: SaidSentence;
  /** From 0, the first, to 1, the last. */
  readonly place: number;
  readonly terms: ReadonlySet<string>;
}

/** Sums up subject and outcome: one sentence of the beginning, and those that say what was done, the later the better. In their order. */
async function bestOf(sentences: readonly SaidSentence[]): Promise<SummarySentence[]> {
  const known: KnownSentence[] = [];
  for (const [at, sentence] of sentences.entries()) {
    const place = at / Math.max(1, sentences.length - 1);
    known.push({ sentence, place, terms: new Set(termsOf(sentence.text).keys()) });
    if (at % SENTENCES_AT_ONCE === 0) await nextTurn();
  }
  const sharedBy = sharesOf(known);
  const beginning = known.filter(({ place }) => place <= BEGINNING);
  const asked = beginning.filter(({ sentence }) => sentence.role === 'user');
  const [subject] = (asked.length === 0 ? beginning : asked).toSorted((a, b) => sharedBy(b) - sharedBy(a));
  const worth = (one: KnownSentence) =>
    sharedBy(one) / 2 + one.place + outcomeIn(one.sentence.text) * (0.5 + one.place);
  const best: KnownSentence[] = subject === undefined ? [] : [subject];
  for (const one of known.toSorted((a, b) => worth(b) - worth(a))) {
    if (best.length >= SENTENCES) break;
    if (!best.some((other) => other === one || saysTheSame(one, other))) best.push(one);
  }
  return best
    .toSorted((a, b) => a.place - b.place)
    .map(({ sentence: { text, message_id, span } }) => ({ text, message_id, span }));
}

/** How much of its words the other sentences share: 1 for the one that most do. */
function sharesOf(known: readonly KnownSentence[]): (one: KnownSentence) => number {
  const counts = new Map<string, number>();
  for (const { terms } of known) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const shared = new Map(
    known.map((one) => {
      const sum = [...one.terms].reduce((all, term) => all + Math.log(counts.get(term) ?? 1), 0);
      return [one, sum / Math.sqrt(one.terms.size + 4)];
    }),
  );
  const most = [...shared.values()].reduce((one, other) => Math.max(one, other), 0);
  return (one) => (shared.get(one) ?? 0) / (most === 0 ? 1 : most);
}

function saysTheSame({ terms }: KnownSentence, other: KnownSentence): boolean {
  const shared = [...terms].filter((term) => other.terms.has(term)).length;
  return shared / Math.min(terms.size, other.terms.size) > SAME;
}

function* sentencesOf({ id, role, text }: OpenMessage): Generator<SaidSentence> {
  if (text === null || role === 'system' || role === 'tool') return;
  for (const { 0: found, index } of text.matchAll(/[^\s.!?][^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?/g)) {
    const sentence = found.trimEnd();
    if (sentence.length < LENGTHS.least || sentence.length > LENGTHS.most) continue;
    yield { text: sentence, role, message_id: id, span: [index, index + sentence.length] };
  }
}
