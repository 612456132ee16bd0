import { createHmac } from 'node:crypto';
import type { DataKey, Ids, Transaction } from 'plinth/product';
import { insertLink } from '../decisions/link-store.ts';
import { insertDecision, insertDecisionVersion } from '../decisions/store.ts';
import { sealTexts } from '../decisions/texts.ts';
import type { OpenMessage } from '../sessions/open-message.ts';
import type { SessionKey } from '../sessions/store.ts';
import { type DecidedSentence, decidedIn } from './decided.ts';
import { type DigestedSession, insertDrawn } from './store.ts';

/** The first so many different decisions of a session are looked at. */
const MOST = 1_000;
const HASH_BYTES = 16;

/** A sentence that is or becomes a decision, and when it was said. */
interface Candidate extends DecidedSentence {
  readonly saidAt: Date;
}

/** Which sentences of messages say that something was decided: each once, where it was said first. */
export function gatherDecided() {
  const found = new Map<string, Candidate>();
  return {
    found: found as ReadonlyMap<string, Candidate>,
    add(message: OpenMessage): void {
      if (message.repeated || message.recalled || found.size >= MOST) return;
      for (const sentence of decidedIn(message)) {
        const words =
          sentence.text
            .toLowerCase()
            .match(/[\p{L}\p{N}]+/gu)
            ?.join(' ') ?? '';
        if (!found.has(words)) found.set(words, { ...sentence, saidAt: message.said_at });
      }
    },
  };
}

interface DrawRequest {
  readonly key: DataKey;
  readonly session: SessionKey;
  readonly own: DigestedSession;
  readonly found: ReadonlyMap<string, Candidate>;
}

/**
 * Stores decisions that were never drawn from the session before, for its author and those who may read it, in the transaction that has
 * locked it. They are the author's from then on: drawn again, what is there or was deleted stays as it is. They take nothing of a plan.
 */
export async function drawIn(
  tx: Transaction,
  ids: Ids,
  { key, session, own, found }: DrawRequest,
): Promise<void> {
  const secret = key.derive('memory decisions');
  const candidates = new Map(
    Array.from(found, ([words, candidate]) => {
      const hash = createHmac('sha256', secret).update(words).digest().subarray(0, HASH_BYTES);
      return [ids.next(), { ...candidate, key: hash.toString('hex') }] as const;
    }),
  );
  if (candidates.size === 0) return;
  const drawn = await tx.run(
    insertDrawn(
      session,
      Array.from(candidates, ([id, one]) => ({ id, key: one.key })),
    ),
  );
  for (const { id } of drawn) {
    const one = candidates.get(id);
    if (one === undefined) continue;
    const { messageId, span, text, passage, saidAt } = one;
    const decision = { ...session, id };
    const [made] = await tx.run(
      insertDecision(decision, {
        clientId: `drawn:${messageId}:${span[0]}-${span[1]}`,
        level: own.level,
        teamId: own.team_id,
        status: 'proposed',
        decidedAt: saidAt,
        bytes: 0,
      }),
    );
    if (made === undefined) continue;
    const texts = { title: text, context: passage, rationale: text, consequences: null };
    const target = { sessionId: null, messageId, decisionId: null, path: null };
    await tx.runAll([
      insertDecisionVersion(decision, 1, sealTexts(key, { ...session, id: ids.next() }, texts)),
      insertLink(decision, { id: ids.next(), type: 'drawn_from', target, path: null, pathHash: null, span }),
    ]);
  }
}
