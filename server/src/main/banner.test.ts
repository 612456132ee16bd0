import { expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { doubtfulKey, sandboxesApart } from './banner.ts';

test('a process that serves without working, or works without serving, says that its sandboxes are its alone', () => {
  const config = readConfig({});
  const [apart, together] = [
    { serve: true, work: false },
    { serve: true, work: true },
  ];
  expect(sandboxesApart(config, apart)).toContain('STRIPE_API_URL, APP_STORE_API_URL, GOOGLE_PLAY_API_URL');
  expect(sandboxesApart(config, { serve: false, work: true })).toBe(sandboxesApart(config, apart));
  expect(sandboxesApart(config, together)).toBeUndefined();
  const none = { stripe: undefined, appStore: undefined, googlePlay: undefined };
  expect(sandboxesApart(none, apart)).toBeUndefined();
});

const doubt = (settings: Record<string, string>) => doubtfulKey(readConfig(settings));

test('a key of OpenAI that is none is noticed at the start, and one for another address is not', () => {
  expect(doubt({ OPENAI_API_KEY: 'hello' })).toContain('OPENAI_API_KEY does not look like a key of OpenAI');
  expect(doubt({ OPENAI_API_KEY: 'sk-proj-1' })).toBeUndefined();
  expect(doubt({ OPENAI_API_KEY: 'hello', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })).toBeUndefined();
});
