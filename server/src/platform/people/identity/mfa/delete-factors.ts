import type { Statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import { endChallenges } from '../sessions/challenges.ts';
import { forgetMisses } from './code-misses.ts';
import { deletePasskeys } from './passkey-store.ts';
import { deleteRecoveryCodes } from './recovery-codes.ts';
import { deleteTotp } from './totp-store.ts';

/** Deletes all second factors of a user, and the sign-ins that wait for one. */
export const deleteFactors = (userId: UserId): Statement[] => [
  deleteTotp(userId),
  forgetMisses(userId),
  deletePasskeys(userId),
  deleteRecoveryCodes(userId),
  endChallenges(userId),
];
