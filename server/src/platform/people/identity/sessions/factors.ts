import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Factor } from './sign-in-replies.ts';

export interface FactorsRow {
  totp: boolean;
  passkeys: number;
  recovery_codes: number;
}

/** Factors of a user; readable in their own scope too. */
export const factorsOf = (userId: UserId) =>
  statement<FactorsRow>(
    `select exists (select from identity.totp where user_id = $1 and confirmed_at is not null) as totp,
       (select count(*)::int from identity.passkeys where user_id = $1) as passkeys,
       (select count(*)::int from identity.recovery_codes where user_id = $1) as recovery_codes`,
    [userId],
  );

/** Whether a user is asked for a second factor. Recovery codes stand in for one, and are none. */
export function isOn(factors: FactorsRow | undefined): boolean {
  return factors !== undefined && (factors.totp || factors.passkeys > 0);
}

/** By what a user can answer; nothing where there is no second factor. */
export function methodsOf(factors: FactorsRow | undefined): Factor[] {
  if (factors === undefined || !isOn(factors)) return [];
  const has = {
    totp: factors.totp,
    passkey: factors.passkeys > 0,
    recovery_code: factors.recovery_codes > 0,
  };
  return (['totp', 'passkey', 'recovery_code'] as const).filter((factor) => has[factor]);
}
