import { createHmac } from 'node:crypto';
import { type Clock, equalInConstantTime } from '#platform/kernel';
import type { Secrets } from './secrets.ts';

/** Values in a token that its holder can read, and that only a master key can sign. The server stores nothing of it. */
export interface SignedTokens {
  /** Writes JSON values, good for so many milliseconds, as base64url and a signature. */
  write(values: readonly unknown[], lasts: number): string;
  /** Reads what `write` has written, by any of the master keys, and until when it is good; undefined: this server did not write it. */
  read(token: string): { readonly values: readonly unknown[]; readonly until: number } | undefined;
}

/** `purpose` separates the tokens of one use from those of all others. */
export function createSignedTokens(
  { secrets, clock }: { readonly secrets: Pick<Secrets, 'derived'>; readonly clock: Clock },
  purpose: string,
): SignedTokens {
  const keys = secrets.derived('', purpose);
  const [current = ''] = keys;
  return {
    write(values, lasts) {
      const text = Buffer.from(JSON.stringify([...values, clock.now() + lasts])).toString('base64url');
      return `${text}.${sign(current, text)}`;
    },
    read(token) {
      const [text = '', signature = ''] = token.split('.', 2);
      if (!keys.some((key) => equalInConstantTime(sign(key, text), signature))) return undefined;
      const values = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
      return { until: Number(values.pop()), values };
    },
  };
}

const sign = (key: string, text: string) => createHmac('sha256', key).update(text).digest('base64url');
