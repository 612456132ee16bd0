import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const PLAY = {
  GOOGLE_PLAY_PACKAGE: 'com.example.app',
  GOOGLE_PLAY_SERVICE_ACCOUNT: '{"client_email":"a@b.iam.gserviceaccount.com","private_key":"PRIVATE KEY"}',
  GOOGLE_PLAY_PUSH_ACCOUNT: 'push@b.iam.gserviceaccount.com',
};
const storesOf = (environment: Readonly<Record<string, string>>) => {
  const { appStore, googlePlay } = readConfig(environment);
  return [appStore?.app, googlePlay?.account].map((account, index) =>
    [appStore, googlePlay][index] === undefined ? 'nowhere' : account === undefined ? 'sandbox' : 'sold',
  );
};

describe('apps are sold', () => {
  test('at sandboxes in development and nowhere in tests, both alike, unless it is said', () => {
    expect(storesOf({})).toEqual(['sandbox', 'sandbox']);
    expect(storesOf({ SANDBOX_APP_STORE: 'false', SANDBOX_GOOGLE_PLAY: 'false' })).toEqual([
      'nowhere',
      'nowhere',
    ]);
    expect(storesOf({ NODE_ENV: 'test' })).toEqual(['nowhere', 'nowhere']);
    const asked = { NODE_ENV: 'test', SANDBOX_APP_STORE: 'true', SANDBOX_GOOGLE_PLAY: 'true' };
    expect(storesOf(asked)).toEqual(['sandbox', 'sandbox']);
  });

  test('in the app that is named, and no sandbox beside it', () => {
    expect(storesOf(PLAY)).toEqual(['sandbox', 'sold']);
    expect(() => readConfig({ ...PLAY, SANDBOX_GOOGLE_PLAY: 'true' })).toThrow(
      'SANDBOX_GOOGLE_PLAY=true contradicts GOOGLE_PLAY_PACKAGE',
    );
  });
});
