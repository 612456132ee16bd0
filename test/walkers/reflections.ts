import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';
import type { Person } from '@plinth/testkit/walkers/people';

/** One of everything that Prism keeps of a person, past what its calls allow. */
export async function makeReflections(
  { app, db }: TestApp,
  { userId }: Pick<Person, 'userId'>,
  accountId: AccountId,
): Promise<void> {
  const [turn, session, message, fragment, goal, action] = Array.from({ length: 6 }, () =>
    app.modules.ids.next(),
  );
  const insert = `with profile as (
      insert into prism.profiles (account_id, user_id) values ($1, $2) on conflict do nothing),
    turn as (insert into prism.turns (account_id, id, user_id, thought, style, turn, question, safety, safety_kinds)
      values ($1, $3, $2, 'a thought', 'gentle', 'a turn', 'a question', 'ok', '{}')),
    session as (insert into prism.mirror_sessions (account_id, id, user_id, positions) values ($1, $4, $2, 2)),
    message as (insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day)
      values ($1, $5, $4, 1, 'user', 'words', 'answered', 'ok', '{}', current_date)),
    fragment as (insert into prism.mirror_fragments (account_id, id, session_id, message_id, kind, text, intensity, day)
      values ($1, $6, $4, $5, 'theme', 'the move', 0.5, current_date)),
    goal as (insert into prism.lens_goals (account_id, id, user_id, title) values ($1, $7, $2, 'a goal'))
    insert into prism.lens_actions (account_id, id, goal_id, title, source) values ($1, $8, $7, 'an action', 'own')`;
  await db.asMigrator(statement(insert, [accountId, userId, turn, session, message, fragment, goal, action]));
}
