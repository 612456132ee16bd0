import type { ChatContext } from '../request.ts';

/** Characters of each part of a context that go into a prompt; the lists of records stay outside of it, for the tools to read. */
const MOST = { user_profile: 8_000, relevant_documents: 48_000, conversation_history: 24_000 } as const;

/** Words for a list that the client did not send: never 'there is none'. */
const NOT_SENT = 'not in this request';

/** The lists that reading tools answer from. */
const LISTS = ['recent_tasks', 'projects', 'notes', 'checkpoints', 'comments'] as const;

/** What a prompt says of a request’s context, as JSON: some of it in full, and of its lists how long they are. */
export function describeContext(context: ChatContext): string {
  const profile = JSON.stringify(context.user_profile);
  return JSON.stringify({
    user_profile:
      profile.length <= MOST.user_profile ? context.user_profile : profile.slice(0, MOST.user_profile),
    relevant_documents: firstThatFit(context.relevant_documents, MOST.relevant_documents),
    conversation_history: firstThatFit(
      context.conversation_history.toReversed(),
      MOST.conversation_history,
    ).toReversed(),
    ...Object.fromEntries(
      LISTS.map((name) => [name, context[name] === undefined ? NOT_SENT : `${context[name].length} sent`]),
    ),
  });
}

/** The first items of a list that fit, and part of the first one if it alone is too long. */
function firstThatFit(items: readonly unknown[], most: number): unknown[] {
  let room = most;
  const fitting: unknown[] = [];
  for (const item of items) {
    const text = JSON.stringify(item);
    room -= text.length;
    if (room < 0) return fitting.length > 0 ? fitting : [text.slice(0, most)];
    fitting.push(item);
  }
  return fitting;
}
