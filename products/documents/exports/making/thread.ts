import { parentPort, workerData } from 'node:worker_threads';
import { TooLarge } from '../document/limits.ts';
import type { MadeFile, MissingContent } from '../document/model.ts';
import type { ExportSource } from '../document/source.ts';
import { fileOf, type Format } from './file.ts';

/** Input of a thread: one file to make, and then it ends. */
export interface Order {
  readonly format: Format;
  readonly source: ExportSource;
}

export type Reply =
  | { readonly kind: 'made'; readonly file: MadeFile }
  | { readonly kind: 'too_large'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Ids that the packages draw by chance are the same in each file: this thread makes one and ends, so that its random numbers are those of a
 * seed (mulberry32).
 */
function seedRandom(): void {
  let state = 0x0b_17;
  Math.random = () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A logo that can't be read is left out, and the file says so: it is no reason to have none. */
async function makeFile({ format, source }: Order): Promise<MadeFile> {
  if (source.branding.logo === null) return fileOf(format, source);
  try {
    return await fileOf(format, source);
  } catch (error) {
    if (error instanceof TooLarge) throw error;
    const branding = { ...source.branding, logo: null };
    const file = await fileOf(format, { ...source, branding });
    const logo: MissingContent = { what: 'logo', name: 'unreadable', characters: 0 };
    return { ...file, missing: [...file.missing, logo] };
  }
}

async function answer(order: Order): Promise<Reply> {
  try {
    return { kind: 'made', file: await makeFile(order) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return error instanceof TooLarge ? { kind: 'too_large', reason } : { kind: 'failed', reason };
  }
}

seedRandom();
parentPort?.postMessage(await answer(workerData as Order));
