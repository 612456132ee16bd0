import { expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { sandboxesApart } from './banner.ts';

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
