import { createPublicKey, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

interface Key {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  readonly jwk: JWK;
}

/** The keys that ID tokens are signed with; the first is made when it is needed, or by `rotate`, as is what forges. */
export class KeyRing {
  #keys: Promise<readonly [Key, ...Key[]]> | undefined;
  #stranger: Promise<Key> | undefined;

  /** All that are served. */
  async jwks(): Promise<{ keys: JWK[] }> {
    return { keys: (await this.#all()).map(({ jwk }) => jwk) };
  }

  /** Signs with the newest. */
  async sign(payload: JWTPayload): Promise<string> {
    const [key] = await this.#all();
    return signJwt(key, payload);
  }

  /** Signs with a key that no server publishes; by the name of the one that is, when not said. */
  async forge(payload: JWTPayload, named?: string): Promise<string> {
    const [{ kid }] = await this.#all();
    this.#stranger ??= newKey();
    return signJwt({ ...(await this.#stranger), kid: named ?? kid }, payload);
  }

  /** Signs by HS256 with the public key as the secret, which a server that believes the header takes for good (RFC 8725, section 2.1). */
  async confuse(payload: JWTPayload): Promise<string> {
    const [{ kid, jwk }] = await this.#all();
    const secret = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'HS256', kid, typ: 'JWT' })
      .sign(Buffer.from(secret));
  }

  /** Makes another key; the old ones are served no more. */
  async rotate(): Promise<void> {
    this.#keys = newKey().then((key) => [key]);
    this.#stranger ??= newKey();
    await Promise.all([this.#keys, this.#stranger]);
  }

  #all(): Promise<readonly [Key, ...Key[]]> {
    this.#keys ??= newKey().then((key) => [key]);
    return this.#keys;
  }
}

async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

function signJwt({ kid, privateKey }: Pick<Key, 'kid' | 'privateKey'>, payload: JWTPayload): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey);
}
