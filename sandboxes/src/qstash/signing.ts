import { createHash, createHmac, randomBytes } from 'node:crypto';

/** What a signature says; the sandbox fills in what is not given. */
export interface SignatureInput {
  /** The URL that the message was published to. */
  readonly url: string;
  readonly body: string | Uint8Array;
  /** The current key when not said. */
  readonly key?: string;
  /** Milliseconds since 1970 when it is made; five minutes later it has expired. */
  readonly at?: number;
  /** Claims in place of the true ones, for receivers that must not believe them. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const LIFETIME = 300;

/** The two keys of an account: `next` signs after the keys were rolled. */
export class SigningKeys {
  current: string;
  next: string;

  constructor({ current, next } = { current: newKey(), next: newKey() }) {
    this.current = current;
    this.next = next;
  }

  /** As "Roll keys" does: the next key becomes the current one, and there is a new next. */
  roll(): void {
    this.current = this.next;
    this.next = newKey();
  }

  /** The value of an Upstash-Signature header: a JWT (HS256) as https://upstash.com/docs/qstash/features/security has it. */
  sign({ url, body, key = this.current, at = Date.now(), claims }: SignatureInput): string {
    const iat = Math.floor(at / 1_000);
    const payload = {
      iss: 'Upstash',
      sub: url,
      exp: iat + LIFETIME,
      nbf: iat,
      iat,
      jti: `jwt_${randomBytes(14).toString('base64url')}`,
      body: padBase64(createHash('sha256').update(body).digest('base64url')),
      ...claims,
    };
    const text = `${encodePart({ alg: 'HS256', typ: 'JWT' })}.${encodePart(payload)}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  }
}

function newKey(): string {
  return `sig_${randomBytes(21).toString('base64url')}`;
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The vendor pads this claim, and none of the others. */
function padBase64(base64: string): string {
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
}
