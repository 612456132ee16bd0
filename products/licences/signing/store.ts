import { commitPoint, keysIn } from 'plinth/product';

/** The keys that sign licence files and session tokens. */
export const LICENSE_KEYS = keysIn('coditect.signing_keys', {
  use: 'coditect.signing',
  kept: commitPoint('coditect.signing-key', 'a key that signs licence files and sessions'),
  rotated: commitPoint(
    'coditect.signing-key-rotated',
    'a key that signs in place of another, and the answer to a repeat',
  ),
});
