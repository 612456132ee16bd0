import { expect, test } from 'vitest';
import { addressBlock, type Route } from '#platform/http';
import { pathRewriter } from './paths.ts';

const routes = ['/v1/auth/register', '/v1/me', '/v1/organizations', '/v1/organizations/:id'].map(
  (path) => ({ path }) as unknown as Route,
);

test.each([
  ['/v1/me', '/v1/me'],
  ['/v1/me/', '/v1/me'],
  ['/api/v1/me?a=1/', '/v1/me?a=1/'],
  ['/api/me', '/v1/me'],
  ['/api/auth/signup/', '/v1/auth/signup'],
  ['/v1/workspaces', '/v1/organizations'],
  ['/v1/workspaces/7/members?x=1', '/v1/organizations/7/members?x=1'],
  ['/v1/workspacesx', '/v1/workspacesx'],
  ['/', '/'],
])('%s is %s', (asked, path) => {
  expect(pathRewriter(routes, undefined)(asked)).toBe(path);
});

test('a path that a call has itself is no other name of another', () => {
  const own = [
    ...routes,
    ...['/v1/workspaces', '/v1/workspaces/:id'].map((path) => ({ path }) as unknown as Route),
  ];
  const rewritten = pathRewriter(own, undefined);
  expect(['/api/workspaces?a=1', '/v1/workspaces/7/', '/v1/workspaces/7/members'].map(rewritten)).toEqual([
    '/v1/workspaces?a=1',
    '/v1/workspaces/7',
    '/v1/organizations/7/members',
  ]);
});

test.each([
  ['/', '/me', '/v1/me'],
  ['/', '/auth/signup', '/v1/auth/signup'],
  ['/', '/healthz', '/healthz'],
  ['/', '/app/sign-in', '/app/sign-in'],
  ['/', '/docs/static/index.css', '/docs/static/index.css'],
  ['/', '/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/plinth/', '/plinth/me', '/v1/me'],
  ['/plinth', '/plinth/v1/me', '/v1/me'],
  ['/plinth', '/plinthx/me', '/plinthx/me'],
])('below the base path %s, %s is %s', (base, asked, path) => {
  expect(pathRewriter(routes, base)(asked)).toBe(path);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the address %s counts as %s', (ip, block) => {
  expect(addressBlock(ip)).toBe(block);
});
