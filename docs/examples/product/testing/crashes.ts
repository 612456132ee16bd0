import type { CrashTests, WalkClient } from 'plinth/testing';

/** Asks a question and waits for the end of its answer; answers how that ended. */
async function ask({ call }: WalkClient, key: string): Promise<string> {
  const { status, body } = await call('POST /v1/sample/answers', {
    headers: { 'idempotency-key': key },
    body: { question: 'Why do small teams ship faster?' },
  });
  if (status !== 202) throw new Error(`a question was refused: ${JSON.stringify(body)}`);
  const read = () => call(`GET /v1/sample/answers/${String(body['id'])}?wait=20`);
  let answer = await read();
  while (['queued', 'running'].includes(String(answer.body['status']))) answer = await read();
  return String(answer.body['status']);
}

/** How Sample is tried by killing the server at its crash points. */
export const crashes: CrashTests = {
  walks: { 'an answer': { customer: ask, ends: ['completed'] } },
  unfinished: { 'sample.answers': `status in ('queued', 'running')` },
  next: { customer: ask, ends: ['completed'] },
};
