import { CompactSign, compactVerify, errors } from 'jose';
import { AppError, type SigningKeys } from 'plinth/product';

/** Tells a session's token from other tokens that our keys sign. */
const TYPE = 'coditect-session+jwt';

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenSigner {
  /** A compact JWS with EdDSA, its key id in the header. */
  sign(claims: Claims): Promise<string>;
  /** The claims of our token. The caller judges its times. Throws `token_invalid`. */
  verify(token: string): Promise<Claims>;
}

export function createSigning({ keys }: { readonly keys: SigningKeys }): TokenSigner {
  return {
    async sign(claims) {
      const key = await keys.current('ed25519');
      return new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: TYPE })
        .sign(key.privateKey());
    },
    async verify(token) {
      try {
        const { payload } = await compactVerify(
          token,
          async ({ kid, typ }) => {
            const key = typ === TYPE && kid !== undefined ? await keys.find(kid) : undefined;
            if (key?.kind !== 'ed25519') throw new errors.JWKSNoMatchingKey();
            return key.publicKey;
          },
          { algorithms: ['EdDSA'] },
        );
        return JSON.parse(Buffer.from(payload).toString('utf8')) as Claims;
      } catch (error) {
        // A wrong token is `token_invalid`; our own failures stay errors.
        if (error instanceof errors.JOSEError) throw new AppError('token_invalid', { cause: error });
        throw error;
      }
    },
  };
}
