import { Resolver } from 'node:dns/promises';
import { assertOutsideTransaction } from '#platform/db';
import { AppError } from '#platform/kernel';

/** The TXT records of a name, each as one text; none where DNS says that there are none. Throws `dns_unavailable`. */
export type TxtRecords = (name: string) => Promise<readonly string[]>;

/** Milliseconds of one try, which c-ares doubles for the second. */
const PATIENCE = 2_000;
const TRIES = 2;
/** Codes of DNS for a name that has no such record (RFC 1035, RFC 2308): an answer, other than silence or a failure. */
const NONE = new Set(['ENOTFOUND', 'ENODATA']);

/** Asks these servers (`127.0.0.1:5353`), or those of the machine where none are named. */
export function txtRecordsFrom(servers: readonly string[]): TxtRecords {
  return async (name) => {
    assertOutsideTransaction('DNS was asked');
    const resolver = new Resolver({ timeout: PATIENCE, tries: TRIES });
    if (servers.length > 0) resolver.setServers(servers);
    try {
      // A record longer than 255 bytes comes in pieces (RFC 1035, 3.3.14).
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && NONE.has(String(cause.code))) return [];
      throw new AppError('dns_unavailable', { cause, retryAfter: 60 });
    }
  };
}
