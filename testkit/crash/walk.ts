import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Database } from '#platform/db';
import type { CrashPoint, Part } from '#platform/product';
import type { Secrets } from '#platform/secrets';
import type { CrashTests, CrashWalk, WalkClient } from '../../server/src/main/doors/testing/crashes.ts';

/** A system beside the server that outlives its processes: what delivers jobs, or a payment provider. */
export interface Vendor {
  /** The settings by which the server knows it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Prepares it for the walk, before the first process. */
  begin?(db: Database): Promise<void>;
  /** A process listens there from now on. */
  listen?(url: string): void;
  /** Sends all that it has to tell, and answers what the customer then sees. */
  tell?(client: WalkClient): Promise<string>;
  close(): Promise<void>;
}

/** Calls of a customer, and of a vendor where the walk goes through one; answers how it ended. */
type Act = (client: WalkClient, key: string, vendor: Vendor | undefined) => Promise<string>;

/** The work during which a process is killed, and its expected outcome once another process took over. */
export interface Walk extends Omit<CrashWalk, 'customer' | 'earlier' | 'found'> {
  /** The installation before the process that is to be killed; one with an owner and their key when not said. */
  readonly on?: 'empty' | 'owned';
  readonly through?: () => Promise<Vendor>;
  readonly customer?: Act;
  readonly earlier?: { readonly customer: Act; readonly crashAt?: string };
  readonly found?: (db: Database, secrets: () => Promise<Secrets>) => Promise<void>;
}

/** The `testing/crashes.ts` of each part that has one, beside the file that defines the part. */
export async function crashTestsOf(parts: readonly Part[]): Promise<CrashTests[]> {
  const found: CrashTests[] = [];
  for (const { folder } of parts) {
    if (folder?.startsWith('file:') !== true) continue;
    const file = join(dirname(fileURLToPath(folder)), 'testing/crashes.ts');
    if (!existsSync(file)) continue;
    const { crashes } = (await import(pathToFileURL(file).href)) as { readonly crashes: CrashTests };
    found.push(crashes);
  }
  return found;
}

/** Walks of several declarations by their names, of which each is had once. */
export function walksOf(
  declared: readonly { readonly walks: Readonly<Record<string, Walk>> }[],
): Map<string, Walk> {
  const walks = new Map<string, Walk>();
  for (const [name, walk] of declared.flatMap((one) => Object.entries(one.walks))) {
    if (walks.has(name)) throw new Error(`two walks have the name "${name}"`);
    walks.set(name, walk);
  }
  return walks;
}

/** A crash point with its side, and the walk in which a process is killed at it. */
export interface Kill {
  readonly at: string;
  readonly walk: string;
}

/** Where a process is killed: in each walk of each point, before it and after it. */
export function killsOf(places: Readonly<Record<string, CrashPoint>>): Kill[] {
  return Object.entries(places).flatMap(([point, place]) =>
    'walks' in place
      ? place.walks.flatMap((walk) => [
          ...(place.afterAlone === true ? [] : [{ at: `${point}:before`, walk }]),
          { at: `${point}:after`, walk },
        ])
      : [],
  );
}
