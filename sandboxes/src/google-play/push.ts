import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { isOnce } from './objects.ts';
import { type Notice, TOLD } from './world.ts';

/** A notification as Pub/Sub pushes it: a request to the endpoint. */
export interface Push {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A notification that was told. */
export interface SentNotification {
  readonly messageId: string;
  /** For a subscription: its number; 0: a voided purchase. */
  readonly type: number;
  readonly token: string;
  readonly at: Date;
  readonly packageName: string;
  readonly notice: Notice;
}

/** Whom a push is for, and who sends it. */
export interface PushIdentity {
  readonly audience: string;
  readonly email: string;
}

/** What a token says otherwise than it would: what a forger, or a mistake in the set-up, sends. */
export interface TokenOverrides {
  readonly audience?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly issuer?: string;
  /** Signed by a key that no server publishes. */
  readonly isForged?: boolean;
  /** Seconds that it is valid from now on; below 0: it has expired. */
  readonly expiresIn?: number;
  readonly packageName?: string;
}

const ISSUER = 'https://accounts.google.com';

const keys = new Map<string, KeyObject>();

/** A private key of this process for a purpose, which all its sandboxes share: one takes a tenth of a second to make. */
export function ownKey(purpose: 'account' | 'pushes' | 'stranger'): KeyObject {
  const key = keys.get(purpose) ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  keys.set(purpose, key);
  return key;
}

/** Signs pushes as Google does, with keys of its own. */
export class Pusher {
  readonly #kid = randomUUID();
  readonly #key = ownKey('pushes');

  /** Its keys as `www.googleapis.com/oauth2/v1/certs` serves them. */
  certificates(): Readonly<Record<string, string>> {
    const pem = createPublicKey(this.#key).export({ type: 'spki', format: 'pem' });
    return { [this.#kid]: String(pem) };
  }

  async push(told: SentNotification, to: PushIdentity, forging: TokenOverrides = {}): Promise<Push> {
    const { expiresIn = 3_600, isForged = false } = forging;
    const now = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT({
      email: forging.email ?? to.email,
      email_verified: forging.emailVerified ?? true,
      azp: '113774264463038321964',
    })
      .setProtectedHeader({ alg: 'RS256', kid: this.#kid, typ: 'JWT' })
      .setSubject('113774264463038321964')
      .setIssuer(forging.issuer ?? ISSUER)
      .setAudience(forging.audience ?? to.audience)
      .setIssuedAt(Math.min(now, now + expiresIn))
      .setExpirationTime(now + expiresIn)
      .sign(isForged ? ownKey('stranger') : this.#key);
    return {
      body: JSON.stringify(envelope({ ...told, packageName: forging.packageName ?? told.packageName })),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    };
  }
}

function envelope({ messageId, at, packageName, notice }: SentNotification): object {
  const data = {
    version: '1.0',
    packageName,
    eventTimeMillis: String(at.getTime()),
    ...('voided' in notice
      ? {
          voidedPurchaseNotification: {
            purchaseToken: notice.token,
            orderId: notice.voided.orderId,
            productType: isOnce(notice.voided.purchase) ? 2 : 1,
            refundType: 1,
          },
        }
      : notice.once !== undefined
        ? {
            oneTimeProductNotification: {
              version: '1.0',
              notificationType: notice.type === TOLD.purchased ? 1 : 2,
              purchaseToken: notice.token,
              sku: notice.once,
            },
          }
        : {
            subscriptionNotification: {
              version: '1.0',
              notificationType: notice.type,
              purchaseToken: notice.token,
            },
          }),
  };
  const publishTime = at.toISOString();
  return {
    message: {
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription: 'projects/sandbox/subscriptions/play',
  };
}
