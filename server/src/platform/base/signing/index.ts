export { keySetExample, keySetReply, readKeySet } from './key-set.ts';
export {
  ALGORITHMS,
  canonicalBytes,
  type DetachedSignature,
  publicJwk,
  type PublicKey,
  signBytes,
} from './signature.ts';
export {
  createSigningKeys,
  type KeyKind,
  keysIn,
  type NewSigningKey,
  sealedKey,
  type SigningKey,
  type SigningKeyRow,
  type SigningKeys,
  type SigningKeyStore,
} from './signing-keys.ts';
