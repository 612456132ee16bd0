import { namedObject } from '#platform/http';
import { z } from 'zod';

const url = z.string();
const expires_at = z.iso.datetime();
const request = {
  method: z.enum(['PUT', 'GET']),
  url,
  headers: z.record(z.string(), z.string()).describe('Send them as they are: they are signed.'),
};

/** A request that sends a file, to be made as it is. */
export const signedUpload = namedObject('SignedUpload', { ...request, expires_at });

/** The requests that send a file in parts. */
export const signedParts = namedObject('SignedParts', {
  parts: z.array(namedObject('SignedPart', { ...request, part: z.int(), bytes: z.int() })),
  expires_at,
});

/** A link by which a file is downloaded. */
export const signedLink = namedObject('SignedLink', { url, expires_at });
