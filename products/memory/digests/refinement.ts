import { AppError, commitPoint, type Permit, permitError, type ProductContext } from 'plinth/product';
import { z } from 'zod';
import { scopeOf } from '../levels.ts';
import { oneLine } from '../one-line.ts';
import type { OpenMessage } from '../sessions/open-message.ts';
import type { SessionKey } from '../sessions/store.ts';
import { keepSummary } from '../sessions/summary-store.ts';
import {
  drawWithEnd,
  gatherMessages,
  type RefinedSummary,
  type SaidSentence,
  sealRefined,
  sealSummary,
} from '../sessions/summary.ts';

const REFINED = commitPoint(
  'coditect.summary-refined',
  'the summary of a session by a model, its settlement, and the answer under the request’s key',
);

/** A model reads so many sentences at most, the last ones among them; admission plans for their bytes. */
const MOST_READ = 100;
export const SENTENCE_BYTES = 40_000;
/** So many parts of its answer are kept. */
const MOST_KEPT = 8;
const LONGEST = 500;

const answered = z.object({
  sentences: z.array(z.object({ text: z.string(), sources: z.array(z.int()) })),
});

interface RefinementRequest {
  readonly session: SessionKey;
  readonly permit: Permit;
  readonly signal: AbortSignal;
}

interface Context extends Pick<ProductContext, 'ai' | 'db' | 'dataKeys'> {
  readonly everyMessage: (session: SessionKey, signal: AbortSignal) => AsyncIterable<OpenMessage>;
}

/** The answer kept under the key of a request: a repeat is answered if who asked may still read the session. */
export const keptRefinement = z.object({
  user_id: z.string(),
  sentences: z.array(z.object({ text: z.string(), message_ids: z.array(z.string()) })),
  messages: z.int(),
});
type Refinement = Omit<z.output<typeof keptRefinement>, 'user_id'>;

/**
 * Has a model sum a session up, for who may read it. Each sentence cites messages that the model was given, or is left out. What the
 * session says reaches nothing but this text. Without an answer that can be used the call is given back.
 */
export function createRefinement({ ai, db, dataKeys, everyMessage }: Context) {
  return async function refine({ session, permit, signal }: RefinementRequest): Promise<Refinement> {
    const said = gatherMessages();
    let messages = 0;
    for await (const message of everyMessage(session, signal)) {
      said.add(message);
      messages += 1;
    }
    const sentences = await refineSentences(said.sentences()).catch(async (error: unknown) => {
      await permit.release('no summary');
      throw error;
    });
    const key = await dataKeys.of(session.accountId);
    const drawn = sealSummary(key, session, await said.gathered());
    const refined = sealRefined(key, session, sentences);
    const body = { user_id: session.userId, sentences, messages };
    try {
      await db.member(scopeOf(session), REFINED, [
        keepSummary(session.id, { drawn, refined, messages }),
        ...permit.settlementWith({ status: 200, body }),
      ]);
    } catch (error) {
      throw permitError(error);
    }
    return { sentences, messages };

    async function refineSentences(all: readonly SaidSentence[]): Promise<RefinedSummary> {
      const read = drawWithEnd<SaidSentence>(MOST_READ);
      for (const one of all) read.add(one);
      const material = read.drawn();
      if (material.length === 0) throw new AppError('nothing_to_sum_up');
      const lines = material.map(({ role, text }, place) => `${place + 1} ${role}: ${oneLine(text)}`);
      const { object } = await ai.generate(permit, {
        feature: 'summary',
        prompt: { id: 'summary', variables: { sentences: lines.join('\n') } },
        schema: answered,
        signal,
      });
      const made = citedSentences(object, material);
      if (made.length === 0) throw new AppError('answer_unusable');
      return made;
    }
  };
}

/** A number that the model was not given is no source, and a sentence without one is none. */
function citedSentences(
  { sentences }: z.output<typeof answered>,
  material: readonly SaidSentence[],
): RefinedSummary {
  return sentences
    .map(({ text, sources }) => ({
      text: oneLine(text).slice(0, LONGEST).toWellFormed(),
      message_ids: [...new Set(sources.flatMap((place) => material[place - 1]?.message_id ?? []))],
    }))
    .filter(({ text, message_ids }) => text !== '' && message_ids.length > 0)
    .slice(0, MOST_KEPT);
}
