import {
  type AccountId,
  AppError,
  commitPoint,
  type Permit,
  permitError,
  type ProductContext,
  type SafetySupport,
} from 'plinth/product';
import { z } from 'zod';
import type { Profile } from '../profile/service.ts';
import { careOf, isSayable } from '../safety.ts';
import { usableOr } from '../unavailable.ts';
import { aboutPerson, cleanText } from '../words.ts';
import { MOST_ACTIONS_READ, missingGoal, textOf } from './service.ts';
import { shownSuggested } from './replies.ts';
import { readActions, readGoal } from './store.ts';

const SUGGESTED = commitPoint(
  'prism.suggest',
  'the settlement of suggestions, and the answer under the request’s key',
);

/** How many are asked for. */
const SUGGESTIONS = 3;
/** Bytes that admission plans for goal and actions; should they be more, the budget is asked for the rest before the call. */
export const GOAL_BYTES = 4_000;

export interface Suggestion {
  readonly title: string;
  readonly why: string;
}

const suggested = z.object({
  suggestions: z
    .array(z.object({ title: z.string().refine((text) => text.trim() !== ''), why: z.string() }))
    .min(1),
});

/** Suggestions; none for a goal that speaks of a crisis. */
export interface SuggestionsResult {
  readonly suggestions: readonly Suggestion[];
  readonly support: SafetySupport;
}

export interface SuggestionsRequest {
  readonly accountId: AccountId;
  readonly permit: Permit;
  readonly profile: Profile;
  readonly signal: AbortSignal;
  /** Findings in the goal and its actions. */
  readonly support: SafetySupport;
}

/** Three next actions for a goal. They are not stored: the user adds one as an action. */
export function createSuggestions({ ai, db }: ProductContext) {
  return async function suggest(
    { accountId, permit, profile, signal, support }: SuggestionsRequest,
    goalId: string,
  ): Promise<SuggestionsResult> {
    const [[goal], actions] = await db.tenant(accountId, [
      readGoal({ accountId, id: goalId }),
      readActions(accountId, goalId, MOST_ACTIONS_READ),
    ]);
    if (goal === undefined) throw missingGoal();
    // It may have been changed since it was looked at.
    if (!isSayable(textOf(goal, actions))) throw new AppError('conflict');
    const lines = actions.map(({ title, done_on }) => `${done_on === null ? 'open' : 'done'}: ${title}`);
    const { object } = await usableOr(
      permit,
      ai.generate(permit, {
        feature: 'suggestion',
        prompt: {
          id: 'suggest',
          variables: {
            title: goal.title,
            why: goal.why ?? 'not said',
            target_date: goal.target_date ?? 'none',
            actions: lines.join('\n') || 'none yet',
            care: careOf(support.safety),
            ...aboutPerson(profile),
          },
        },
        schema: suggested,
        signal,
      }),
    );
    const suggestions = object.suggestions.slice(0, SUGGESTIONS).map(({ title, why }) => ({
      title: cleanText(title).slice(0, 300).toWellFormed(),
      why: cleanText(why),
    }));
    const made = { suggestions, support };
    try {
      const answer = { status: 200, body: shownSuggested(made) };
      await db.tenant(accountId, SUGGESTED, permit.settlementWith(answer));
    } catch (error) {
      throw permitError(error);
    }
    return made;
  };
}
