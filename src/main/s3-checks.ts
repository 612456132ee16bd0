import { checkS3Cors, createS3Home } from '#platform/blobs';
import type { Config } from '#platform/config';
import { systemClock } from '#platform/kernel';

interface Check {
  readonly name: string;
  readonly look: () => Promise<string>;
}

/** Whether the bucket of files takes what it must, from this server and from pages; none where files lie in a folder. */
export function s3Checks(config: Config): Check[] {
  const { s3: settings } = config;
  if (settings === undefined) return [];
  const checked = { settings, clock: systemClock };
  return [
    { name: 'files', look: () => createS3Home(checked).check() },
    { name: 'files: CORS', look: () => checkS3Cors(checked, originsOf(config)) },
  ];
}

/** Those of pages; where settings name but patterns, that of this server's own. */
function originsOf({ corsOrigins, baseUrl }: Config): string[] {
  const named = corsOrigins.filter((origin) => /^https?:\/\/[^*]+$/.test(origin));
  return named.length > 0 ? named : [new URL(baseUrl).origin];
}
