import { zipSync } from 'fflate';
import { inflateEntry, readZipEntries, type ZipEntry, ZipRefused } from './zip-entries.ts';

/** The files of a ZIP that are asked for, by their names. */
export type Entries = Readonly<Record<string, Uint8Array>>;

/** Entries of a ZIP, the bytes of one when inflated, and of all that are wanted. */
export interface ZipCaps {
  readonly entries: number;
  readonly entryBytes: number;
  readonly inflatedBytes: number;
}

export type ZipRefusal = ZipRefused['reason'] | 'too_large';

/** Reads archives within caps. Refuses those that two programs could read differently. */
export interface Zip {
  /** All entries, without inflating any. */
  entriesIn(bytes: Uint8Array, caps: Pick<ZipCaps, 'entries'>): readonly ZipEntry[];
  /** The names of all entries, without inflating any. */
  namesIn(bytes: Uint8Array, caps: Pick<ZipCaps, 'entries'>): string[];
  /** Inflates one. */
  contentOf(entry: ZipEntry): Buffer;
  /** Inflates the entries that are wanted. Their declared sizes are summed before any is inflated, and none gets more room than it declared. */
  inflate(bytes: Uint8Array, wanted: (name: string) => boolean, caps: ZipCaps): Entries;
  /** The entries as an archive of their own: for a library that opens it once more. */
  repack(entries: Entries): Uint8Array;
}

const DAMAGED = 'The archive that it is can’t be opened.';

export function zipOf(refuse: (reason: ZipRefusal, detail: string) => Error): Zip {
  const entriesIn: Zip['entriesIn'] = ({ buffer, byteOffset, byteLength }, { entries }) => {
    try {
      return readZipEntries(Buffer.from(buffer, byteOffset, byteLength), entries);
    } catch (error) {
      if (!(error instanceof ZipRefused)) throw error;
      const isMany = error.reason === 'too_many_entries';
      throw refuse(error.reason, isMany ? `It is an archive of more than ${entries} entries.` : DAMAGED);
    }
  };
  const contentOf: Zip['contentOf'] = (entry) => {
    const content = inflateEntry(entry);
    if (content === undefined) throw refuse('damaged', DAMAGED);
    return content;
  };
  return {
    entriesIn,
    namesIn: (bytes, caps) => entriesIn(bytes, caps).map(({ path }) => path),
    contentOf,
    inflate(bytes, wanted, caps) {
      const found = entriesIn(bytes, caps).filter(({ path }) => wanted(path));
      if (new Set(found.map(({ path }) => path)).size < found.length) throw refuse('damaged', DAMAGED);
      const total = found.reduce((sum, entry) => sum + entry.bytes, 0);
      if (total > caps.inflatedBytes || found.some((entry) => entry.bytes > caps.entryBytes))
        throw refuse('too_large', 'Its unpacked content is too large to read.');
      return Object.fromEntries(found.map((entry) => [entry.path, contentOf(entry)]));
    },
    repack: (entries) => zipSync({ ...entries }, { level: 0 }),
  };
}
