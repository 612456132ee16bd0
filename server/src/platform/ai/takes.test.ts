import { expect, test } from 'vitest';
import { protocolsOf } from './takes.ts';
import { translationOf } from './providers/translations.ts';

test.each<[string, string, boolean]>([
  ['gemini', 'https://generativelanguage.googleapis.com/v1beta', true],
  ['anything', 'https://generativelanguage.googleapis.com/v1beta', true],
  ['gemini', 'https://generativelanguage.googleapis.com/v1beta/openai', false],
  [
    'vertex',
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google',
    true,
  ],
  ['vertex', 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google', true],
  ['vertex', 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi', false],
  ['gemini', 'http://127.0.0.1:4000/v1', false],
  ['sandbox', 'http://127.0.0.1:4000/v1', false],
])('%s at %s is asked in Google’s own protocol: %s', (name, url, isOwn) => {
  const spoken = protocolsOf(name, new URL(url));
  expect(spoken.includes('chat')).toBe(!isOwn);
  expect(translationOf(spoken) !== undefined).toBe(isOwn);
});
