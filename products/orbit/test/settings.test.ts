import '../index.ts';
import { readConfig } from '#platform/config';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';
import { expect, test } from 'vitest';

test('the address of a comment has the comment in it, and no other place than it knows', () => {
  const known = 'https://orbit.example.com/{workspace_id}/{scope_id}#{comment_id}';
  expect(readConfig({ ORBIT_COMMENT_URL: known }).values).toMatchObject({ ORBIT_COMMENT_URL: known });
  const wrong = [
    'https://orbit.example.com/scopes/{scope_id}',
    'https://orbit.example.com/{scope}/{comment_id}',
    'https://{comment_id}.example.com/',
    'app://orbit/{comment_id}',
  ];
  for (const address of wrong)
    expect(problemsOf({ ORBIT_COMMENT_URL: address }), address).toEqual([
      'ORBIT_COMMENT_URL must be an http:// or https:// URL with {comment_id} in its path, its query or behind #; {workspace_id} and {scope_id} may stand there too.',
    ]);
});
