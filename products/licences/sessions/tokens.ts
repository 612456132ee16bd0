import { decodeJwt } from 'jose';
import { type AccountId, AppError, isUuid } from 'plinth/product';
import { z } from 'zod';
import type { TokenSigner } from '../signing/signing.ts';

/** A session as its token names it. */
export interface SessionName {
  readonly accountId: AccountId;
  readonly licenseId: string;
  readonly id: string;
  readonly machineId: string;
  readonly fence: number;
  /** Which of its session's tokens this is; undefined in those of an older version. */
  readonly token?: number | undefined;
  /** Seats of the licence, as of its last acquire: what its rates grow with. */
  readonly seats: number;
}

/** Until when the holder of a token may work, by the server's clock. */
export interface SessionTimes {
  readonly at: Date;
  readonly expiresAt: Date;
  /** Without the server. */
  readonly offlineUntil: Date | null;
}

const claimsSchema = z.object({
  sid: z.uuid(),
  lid: z.uuid(),
  mid: z.uuid(),
  aid: z.uuid(),
  fence: z.int().min(1),
  n: z.int().min(1).optional(),
  seats: z.int(),
});

const NO_SESSION = '00000000-0000-0000-0000-000000000000';

/** The session that a token names, unverified: `read` refuses a forged one. */
export function sessionIdIn(token: string): string {
  try {
    const { sid } = decodeJwt(token);
    return typeof sid === 'string' && isUuid(sid) ? sid : NO_SESSION;
  } catch {
    return NO_SESSION;
  }
}

export interface SessionTokens {
  /** `nonce`: ties the answer to its request, so that an older answer is not taken for it. */
  sign(session: SessionName, times: SessionTimes, nonce?: string): Promise<string>;
  /** Whether its time is over the database says. Throws `token_invalid`. */
  read(token: string): Promise<SessionName>;
}

/** Whole seconds on the safe side: what it allows ends no later than the seat, and it was signed no earlier than it was. */
const seconds = (instant: Date) => Math.floor(instant.getTime() / 1_000);
const secondsAfter = (instant: Date) => Math.ceil(instant.getTime() / 1_000);

export function createSessionTokens({ signing }: { readonly signing: TokenSigner }): SessionTokens {
  return {
    sign: (
      { accountId, licenseId, id, machineId, fence, token, seats },
      { at, expiresAt, offlineUntil },
      nonce,
    ) =>
      signing.sign({
        sid: id,
        lid: licenseId,
        mid: machineId,
        aid: accountId,
        fence,
        n: token,
        seats,
        status: 'active',
        iat: seconds(at),
        srv: secondsAfter(at),
        exp: seconds(expiresAt),
        ...(offlineUntil === null ? {} : { off: seconds(offlineUntil) }),
        ...(nonce === undefined ? {} : { nonce }),
      }),
    async read(token) {
      const { data } = claimsSchema.safeParse(await signing.verify(token));
      if (data === undefined) throw new AppError('token_invalid');
      const { sid, lid, mid, aid, fence, n, seats } = data;
      return { accountId: aid as AccountId, licenseId: lid, id: sid, machineId: mid, fence, token: n, seats };
    },
  };
}
