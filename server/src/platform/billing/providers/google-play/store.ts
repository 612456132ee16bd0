import type { ProviderSettings } from '../../inbox/inbox.ts';
import { createGooglePlayEnder } from './changes.ts';
import { createGooglePlayProvider, type GooglePlayProviderParts } from './provider.ts';

export interface GooglePlayStoreParts extends GooglePlayProviderParts {
  readonly readsPerSecond: number;
}

/** Google Play, for a server that takes its purchases. */
export function openGooglePlayStore(parts: GooglePlayStoreParts): ProviderSettings {
  const { client, mode, readsPerSecond } = parts;
  return {
    provider: createGooglePlayProvider(parts),
    readsPerSecond,
    ender: createGooglePlayEnder(client, mode),
  };
}
