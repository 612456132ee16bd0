import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#platform/config';
import { systemClock, systemRandom } from '#platform/kernel';
import { newSignInLink } from '#platform/owner';
import { shortest } from './banner.ts';
import { runningServer } from './server-file.ts';
import { refuseWords, type Verb } from './verb.ts';

/** `console`: a new link that signs the local owner in, at the server of this data folder. */
export const consoleLink: Verb = async ({ config, words }) => {
  const refused = refuseWords('console', words);
  if (refused !== undefined) return refused;
  const url = runningServer(config.dataDir);
  const why = whyNoLink(config, url);
  if (why !== undefined || url === undefined) {
    process.stderr.write(`${why}\n`);
    return 1;
  }
  process.stdout.write(`${signInLine(config, url)}\n`);
  return 0;
};

/** Why there is no link, and what to do; `url`: where the server of this data folder runs, if it does. */
export function whyNoLink(
  { environment, dataDir }: Pick<Config, 'environment' | 'dataDir'>,
  url: string | undefined,
): string | undefined {
  if (environment === 'production')
    return 'In production nobody is signed in by a link: "plinth admin invite you@example.com" makes a platform admin.';
  if (!existsSync(join(dataDir, 'owner.json')))
    return `There is no local owner in ${shortest(dataDir)}: "plinth start" makes one.`;
  return url === undefined ? `No server of ${shortest(dataDir)} runs: "plinth start" starts one.` : undefined;
}

/** A new link, with how long it is good. Its code is on the screen alone: behind `#`, and in no log. */
export function signInLine({ dataDir, publicUrl }: Config, url: string): string {
  // Names of this machine: passkeys are for names, and not for addresses.
  const address = publicUrl ?? url.replace(/^http:\/\/(?:127\.0\.0\.1|\[::1\]):/, 'http://localhost:');
  const link = newSignInLink({ clock: systemClock, random: systemRandom, dataDir }, address);
  return `This link signs you in, once, within ten minutes:\n  ${link}`;
}
