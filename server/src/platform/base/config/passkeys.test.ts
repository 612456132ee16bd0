import { expect, test } from 'vitest';
import { readConfig } from './index.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
};
const passkeys = (settings: Record<string, string>) => readConfig({ ...PRODUCTION, ...settings }).passkeys;

test('passkeys are bound to the host of the public address, and on a machine of one’s own to localhost', () => {
  expect(passkeys({ PUBLIC_URL: 'https://api.example.com' })).toEqual({
    rpId: 'api.example.com',
    origins: ['https://api.example.com'],
  });
  expect(passkeys({})).toEqual({ rpId: 'localhost', origins: ['http://localhost:*'] });
  expect(passkeys({ PUBLIC_URL: 'http://127.0.0.1:6174' }).rpId).toBe('localhost');
});

test('a web app beside the server shares the domain above both', () => {
  const settings = {
    PUBLIC_URL: 'https://api.example.com',
    PASSKEY_DOMAIN: 'example.com',
    PASSKEY_ORIGINS: 'https://app.example.com, android:apk-key-hash:abc',
  };
  expect(passkeys(settings)).toEqual({
    rpId: 'example.com',
    origins: ['https://app.example.com', 'android:apk-key-hash:abc'],
  });
});

test.each([
  ['https://example.com.evil.test'],
  ['https://badexample.com'],
  ['http://app.example.com'],
  ['https://app.example.com:*'],
  ['https://app.example.com/path'],
  ['*'],
])('an origin that no browser would let use these passkeys stops the start: %s', (origin) => {
  const settings = { PASSKEY_DOMAIN: 'example.com', PASSKEY_ORIGINS: origin };
  expect(() => passkeys(settings)).toThrow(
    'PASSKEY_ORIGINS must be https:// origins at or below example.com',
  );
});

test('a domain that the server is not part of needs its origins said', () => {
  expect(() => passkeys({ PUBLIC_URL: 'https://api.example.com', PASSKEY_DOMAIN: 'other.test' })).toThrow(
    'set PASSKEY_ORIGINS too',
  );
});
