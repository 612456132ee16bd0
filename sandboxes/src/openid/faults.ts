/** Where a fault is met. */
export type Place = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'firebase';

/** How an answer goes wrong on the wire. */
export type WireFault = { readonly status: number } | 'hang' | 'reset' | 'endless' | 'redirect' | 'html';

/** What is wrong with the ID token of a successful answer. */
export type TokenFault =
  | 'wrong nonce'
  | 'no nonce'
  | 'wrong audience'
  | 'wrong issuer'
  | 'expired'
  | 'issued later'
  | 'not signed by us'
  | 'by an unknown key'
  /** HS256, with the published key as the secret. */
  | 'signed by the public key'
  | 'unsigned';

/** What is to go wrong; each entry meets one answer, in order. */
export class Faults {
  readonly #wire = new Map<Place, WireFault[]>();
  readonly #tokens: TokenFault[] = [];

  /** The next answers of a place. */
  at(place: Place, ...faults: readonly WireFault[]): void {
    this.#wire.set(place, [...(this.#wire.get(place) ?? []), ...faults]);
  }

  /** The next ID tokens. */
  tokens(...faults: readonly TokenFault[]): void {
    this.#tokens.push(...faults);
  }

  /** What was not met is met no more. */
  clear(): void {
    this.#wire.clear();
    this.#tokens.length = 0;
  }

  nextAt(place: Place): WireFault | undefined {
    return this.#wire.get(place)?.shift();
  }

  nextToken(): TokenFault | undefined {
    return this.#tokens.shift();
  }
}
