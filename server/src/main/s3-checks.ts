import { checkS3Cors } from '#platform/blobs';
import type { Config } from '#platform/config';
import { systemClock } from '#platform/kernel';
import type { Check } from '#platform/diagnosis';

/** Whether pages may send files to the bucket; nothing where files lie in a folder. */
export function s3Checks({ s3: settings, corsOrigins, baseUrl }: Config): Check[] {
  if (settings === undefined) return [];
  const named = corsOrigins.filter((origin) => /^https?:\/\/[^*]+$/.test(origin));
  // Where settings name but patterns, a page of this server's own is asked for.
  const origins = named.length > 0 ? named : [new URL(baseUrl).origin];
  return [{ name: 'files: CORS', look: () => checkS3Cors({ settings, clock: systemClock }, origins) }];
}
