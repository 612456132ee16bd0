import { type Random, seal, sha256, unseal } from '#platform/kernel';

/**
 * An answer as it is kept: its body as it is, or sealed for routes whose answers hold user text or secrets.
 * Headers are kept as they are: they name things by id and hold no text.
 */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly answer: unknown;
  readonly sealed: Uint8Array | null;
}

/** An answer as the handler gave it. */
export interface GivenAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only form in which a key is kept. */
export function keyHash(key: string): string {
  return sha256(key);
}

/**
 * The columns that keep an answer. `sealWith` is the Idempotency-Key itself, for private routes: only who has the
 * key can read the answer again, and we don't keep it.
 */
export function keep(
  given: GivenAnswer,
  how: { readonly sealWith: string | undefined; readonly random: Random },
): KeptAnswer {
  const kept = { status: given.status, headers: given.headers ?? null };
  const body = given.body ?? null;
  if (how.sealWith === undefined) return { ...kept, answer: body, sealed: null };
  const sealed = seal(how.sealWith, Buffer.from(JSON.stringify(body)), how.random);
  return { ...kept, answer: null, sealed };
}

/** The answer that was kept, opened with the Idempotency-Key where it is sealed. */
export function opened(kept: KeptAnswer, key: string): GivenAnswer {
  const body: unknown =
    kept.sealed === null ? kept.answer : JSON.parse(Buffer.from(unseal(key, kept.sealed)).toString('utf8'));
  const given = { status: kept.status, body: body ?? undefined };
  return kept.headers === null ? given : { ...given, headers: kept.headers };
}
