import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { InnerAnswer } from '#platform/http';
import { Recalls } from './recalls.ts';
import { memoryServer } from './server.ts';

/** A tool's result when the API answers that. */
async function resultFor(answer: InnerAnswer) {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const call = () => Promise.resolve(answer);
  await memoryServer({ call, ownSession: undefined, recalls: new Recalls() }).connect(theirs);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(ours);
  const { isError, content, structuredContent } = await client.callTool({ name: 'list_decisions' });
  await client.close();
  expect(structuredContent).toBeUndefined();
  const [said = '', more = ''] = content.flatMap((one) => (one.type === 'text' ? one.text.split('\n') : []));
  return { isError, said, more: JSON.parse(more) as unknown };
}

const envelope = (code: string, message: string, more: object = {}) =>
  JSON.stringify({ error: { code, message, request_id: 'r-1', ...more } });

test.each([
  { status: 402, code: 'plan_required', headers: {}, wait: {} },
  { status: 403, code: 'insufficient_scope', headers: {}, wait: {} },
  { status: 429, code: 'rate_limited', headers: { 'retry-after': '7' }, wait: { retry_after: 7 } },
])(
  'a refusal of $status $code is a result with the code, and with when to come back',
  async ({ status, code, headers, wait }) => {
    const details = { plan: 'free' };
    const answered = await resultFor({ status, headers, body: envelope(code, 'No.', { details }) });
    expect(answered).toEqual({
      isError: true,
      said: `${code}: No.`,
      more: { status, details, request_id: 'r-1', ...wait },
    });
  },
);

test.each([
  [301, ''],
  [200, '<p>a proxy’s page</p>'],
  [502, '<p>a proxy’s page</p>'],
])('an answer that is none of the API’s is said to be that: %s', async (status, body) => {
  const { isError, said, more } = await resultFor({ status, headers: {}, body });
  expect([isError, said.split(':', 1), more]).toEqual([true, ['unreadable_answer'], { status }]);
});
