import type { Clock, Random } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { BlobHome } from './home.ts';
import { createSigner, type SignedFacts } from './signer.ts';

export interface OwnRequestParts {
  /** Where this server is reached, without a slash at its end: the signed requests lead here. */
  readonly baseUrl: () => string;
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Signed requests that this server answers itself (transfers.ts), for homes that can't check what was declared. */
export function signOwnRequests({
  baseUrl,
  secrets,
  clock,
}: OwnRequestParts): Pick<BlobHome, 'presignPut' | 'presignGet' | 'presignPart'> {
  const signer = createSigner(secrets);
  const expiry = (seconds: number) => Math.floor(clock.now() / 1_000) + seconds;
  const urlOf = (path: string, facts: SignedFacts) => {
    const said = Object.entries({ ...facts, signature: signer.sign(facts) });
    // These stand in the path.
    const query = said.filter(([name]) => !['does', 'id', 'part'].includes(name));
    const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, String(value)]));
    return `${baseUrl()}/v1/blobs/${facts.id}/${path}?${search.toString()}`;
  };
  return {
    async presignPut({ key, bytes, type, sha256, expiresIn }) {
      const facts = { does: 'put', id: idOf(key), expires: expiry(expiresIn), bytes, type, sha256 } as const;
      return { method: 'PUT', url: urlOf('content', facts), headers: { 'content-type': type } };
    },
    async presignGet({ key, filename, type, expiresIn }) {
      const facts = { does: 'get', id: idOf(key), expires: expiry(expiresIn), filename, type } as const;
      return { method: 'GET', url: urlOf('content', facts), headers: {} };
    },
    async presignPart({ key, part, bytes, expiresIn }) {
      const facts = { does: 'part', id: idOf(key), expires: expiry(expiresIn), part, bytes } as const;
      const headers = { 'content-type': 'application/octet-stream' };
      return { method: 'PUT', url: urlOf(`parts/${part}`, facts), headers };
    },
  };
}

/** The id that a key was made of. */
function idOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** A name for an upload under way, which says when it began. */
export function nameOfUpload({ clock, random }: Pick<OwnRequestParts, 'clock' | 'random'>): string {
  return `${clock.now()}-${Buffer.from(random.bytes(8)).toString('hex')}`;
}
