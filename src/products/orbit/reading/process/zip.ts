import { unzipSync, zipSync } from 'fflate';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';

/** The files of a ZIP that are asked for, by their names. */
export type Entries = Readonly<Record<string, Uint8Array>>;

type ZipCaps = Pick<ReadingCaps, 'entries' | 'entryBytes' | 'inflatedBytes'>;

/** The names of all entries of a ZIP, without inflating any. */
export function namesIn(bytes: Uint8Array, caps: ZipCaps): string[] {
  const names: string[] = [];
  unzip(bytes, ({ name }) => {
    names.push(name);
    if (names.length > caps.entries)
      throw new Unreadable('document_damaged', `It is an archive of more than ${caps.entries} entries.`);
    return false;
  });
  return names;
}

/**
 * Inflates the entries that are wanted. What they declare is summed before anything is inflated, and fflate gives each no more
 * room than it declared: an entry that holds more is found by its length.
 */
export function inflate(bytes: Uint8Array, wanted: (name: string) => boolean, caps: ZipCaps): Entries {
  let total = 0;
  return unzip(bytes, ({ name, originalSize }) => {
    if (!wanted(name)) return false;
    total += originalSize;
    if (originalSize > caps.entryBytes || total > caps.inflatedBytes)
      throw new Unreadable('document_too_large', 'Its unpacked content is too large to read.');
    return true;
  });
}

function unzip(bytes: Uint8Array, filter: NonNullable<Parameters<typeof unzipSync>[1]>['filter']): Entries {
  try {
    return unzipSync(bytes, filter === undefined ? {} : { filter });
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable('document_damaged', 'The archive that it is can’t be opened.');
  }
}

/** The entries as an archive of their own, which says of itself what is true: for a library that opens it once more. */
export function repack(entries: Entries): Uint8Array {
  return zipSync({ ...entries }, { level: 0 });
}
