import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Safety,
  type SafetyKind,
  type SafetyStatus,
  type Statement,
  statement,
  type TimePosition,
  trashOf,
  type UserId,
  valuesOf,
  type WorkKey,
} from 'plinth/product';

/** How a thought may be turned. */
export const STYLES = ['gentle', 'direct', 'playful'] as const;
export type Style = (typeof STYLES)[number];

/** Habits of thought that distort, by the names that cognitive therapy gives them. */
export const DISTORTIONS = [
  'all_or_nothing',
  'overgeneralization',
  'mental_filter',
  'discounting_the_positive',
  'mind_reading',
  'fortune_telling',
  'catastrophizing',
  'emotional_reasoning',
  'should_statements',
  'labeling',
  'personalization',
] as const;
export type Distortion = (typeof DISTORTIONS)[number];

/** Turns that were deleted. */
export const trash = trashOf('prism.turns');

export interface TurnRow {
  readonly id: string;
  readonly thought: string;
  readonly style: Style;
  readonly distortion: Distortion | null;
  readonly turn: string;
  readonly question: string;
  readonly safety: SafetyStatus;
  readonly safety_kinds: readonly SafetyKind[];
  readonly helpful: boolean | null;
  readonly feedback: string | null;
  readonly created_at: Date;
}

const SHOWN = `id, thought, style, distortion, turn, question, safety, to_jsonb(safety_kinds) as safety_kinds, helpful, feedback, created_at`;

export interface NewTurn {
  readonly accountId: AccountId;
  readonly id: string;
  readonly userId: UserId;
  readonly thought: string;
  readonly style: Style;
  readonly distortion: Distortion | null;
  readonly turn: string;
  readonly question: string;
  readonly safety: Safety;
}

export function insertTurn(made: NewTurn): Statement<TurnRow> {
  const { safety } = made;
  return statement<TurnRow>(
    `insert into prism.turns (account_id, id, user_id, thought, style, distortion, turn, question, safety, safety_kinds)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${SHOWN}`,
    [
      made.accountId,
      made.id,
      made.userId,
      made.thought,
      made.style,
      made.distortion,
      made.turn,
      made.question,
      safety.status,
      [...safety.kinds],
    ],
  );
}

/** A turn that is in use. */
export function readTurn({ accountId, id }: WorkKey): Statement<TurnRow> {
  return statement<TurnRow>(
    `select ${SHOWN} from prism.turns where account_id = $1 and id = $2 and not trashed`,
    [accountId, id],
  );
}

/** Newest first, from a place in that order on. */
export function listTurns(
  accountId: AccountId,
  query: { readonly after: TimePosition | undefined; readonly limit: number },
): Statement<TurnRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const conditions = ['account_id = $1', 'not trashed', ...olderThan(query.after, put)];
  return statement<TurnRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from prism.turns where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

/** Says whether a turn helped; what was said before is replaced. No row: there is no such turn. */
export function rateTurn(
  { accountId, id }: WorkKey,
  said: { readonly helpful: boolean; readonly note: string | null },
): Statement<TurnRow> {
  return statement<TurnRow>(
    `update prism.turns set helpful = $3, feedback = $4, version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2 and not trashed returning ${SHOWN}`,
    [accountId, id, said.helpful, said.note],
  );
}
