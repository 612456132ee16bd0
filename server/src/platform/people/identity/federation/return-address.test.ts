import { expect, test } from 'vitest';
import { returnUrl, returnsAllowed } from './return-address.ts';

test.each([
  ['https://app.example.com', 'https://app.example.com/', true],
  ['https://app.example.com', 'https://app.example.com/other', false],
  ['https://app.example.com/in', 'https://APP.example.com/in?next=1', true],
  ['https://app.example.com/in', 'https://app.example.com/in/', false],
  ['https://app.example.com/in', 'https://app.example.com:8443/in', false],
  ['https://app.example.com/app/*', 'https://app.example.com/app/deep/in', true],
  ['https://app.example.com/app/*', 'https://app.example.com/app/../other', false],
  ['https://app.example.com/app/*', 'https://app.example.com/app/%2e%2e/other', false],
  ['https://app.example.com/app/*', 'https://app.example.com/apple', false],
  ['http://localhost:*/in', 'http://localhost:5173/in', true],
  ['http://localhost:*/in', 'http://localhost/in', true],
  ['http://localhost:*/*', 'http://localhost.evil.example:80/in', false],
  ['http://localhost:*/*', 'https://localhost:5173/in', false],
  ['app://', 'app://anything/at?all', true],
  ['app://', 'application://in', false],
  ['com.example.app://', 'com.example.app:/in', true],
  ['javascript://', 'javascript:alert(1)', false],
  ['https://app.example.com/*', 'https://app.example.com@evil.example/', false],
  ['https://app.example.com/*', 'https://app.example.com\\@evil.example/', true],
  ['https://app.example.com/*', 'no address', false],
])('where %s is allowed, %s is: %s', (pattern, address, allowed) => {
  expect(returnsAllowed([pattern])(address)).toBe(allowed);
});

test('an answer is added to what the product said, and stands in for what looks like one', () => {
  expect(returnUrl('app://in', { code: 'c' })).toBe('app://in?code=c');
  expect(returnUrl('https://a.example/in?x=1&code=old&error=old', { code: 'c' })).toBe(
    'https://a.example/in?x=1&code=c',
  );
});
