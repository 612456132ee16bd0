import { type Client, retryUntilDone, type Reply } from '../process/client.ts';

const PERSON = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };

/**
 * What a person does in Prism: opens a session, says something, and closes it. Answers how both ended. Done again with the
 * next process it is the same session and the same message.
 */
export async function reflect({ call }: Client): Promise<string> {
  await call('POST /v1/auth/register', { body: PERSON });
  const { body } = await call('POST /v1/auth/login', { body: PERSON });
  const authorization = `Bearer ${String(body['access_token'])}`;
  const post = (path: string, key: string | undefined, sent?: object): Promise<Reply> =>
    retryUntilDone(() =>
      call(`POST ${path}`, {
        headers: { authorization, ...(key === undefined ? {} : { 'idempotency-key': key }) },
        ...(sent === undefined ? {} : { body: sent }),
      }),
    );
  const session = await post('/v1/mirror/sessions', 'session', {});
  const id = String(session.body['id']);
  const said = await post('/v1/mirror/messages', 'message', {
    session_id: id,
    content: 'I am torn about the move.',
  });
  const closed = await post(`/v1/mirror/sessions/${id}/close`, undefined);
  const { code } = (said.body['error'] ?? {}) as { code?: string };
  return `${code ?? 'answered'}, ${String(closed.body['status'])}`;
}
