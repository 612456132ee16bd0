import type { CrashTests, WalkClient } from 'plinth/testing';

const PERSON = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };

/**
 * A person opens a session in Prism, says something, and closes it. Answers how both ended. Done again with the
 * next process it is the same session and the same message.
 */
async function reflect({ call }: WalkClient, key: string): Promise<string> {
  await call('POST /v1/auth/register', { body: PERSON });
  const { body } = await call('POST /v1/auth/login', { body: PERSON });
  const authorization = `Bearer ${String(body['access_token'])}`;
  const post = (path: string, named: string | undefined, sent?: object) =>
    call(`POST ${path}`, {
      headers: { authorization, ...(named === undefined ? {} : { 'idempotency-key': named }) },
      ...(sent === undefined ? {} : { body: sent }),
    });
  const session = await post('/v1/mirror/sessions', `${key}-session`, {});
  const id = String(session.body['id']);
  const said = await post('/v1/mirror/messages', `${key}-message`, {
    session_id: id,
    content: 'I am torn about the move.',
  });
  const closed = await post(`/v1/mirror/sessions/${id}/close`, undefined);
  const { code } = (said.body['error'] ?? {}) as { code?: string };
  return `${code ?? 'answered'}, ${String(closed.body['status'])}`;
}

/** How Prism is tried by killing the server at its crash points. */
export const crashes: CrashTests = {
  walks: {
    'a conversation': {
      customer: reflect,
      // A message whose process died while its reply was written may have been billed, and lapses.
      ends: ['answered, closed', 'outcome_unknown, closed'],
      later: '121 seconds',
      // The session may be closed, which writes its summary, while the job is at the message's fragments: two calls under way.
      hides: 1,
    },
  },
  next: { customer: reflect, ends: ['answered, closed'] },
};
