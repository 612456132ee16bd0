import { unzipSync, zipSync } from 'fflate';

/** The files of a ZIP that are asked for, by their names. */
export type Entries = Readonly<Record<string, Uint8Array>>;

/** Entries of a ZIP, the bytes of one when inflated, and of all that are wanted. */
export interface ZipCaps {
  readonly entries: number;
  readonly entryBytes: number;
  readonly inflatedBytes: number;
}

export type ZipRefusal = 'damaged' | 'too_large';

/** Reads archives within caps. */
export interface Zip {
  /** The names of all entries, without inflating any. */
  namesIn(bytes: Uint8Array, caps: Pick<ZipCaps, 'entries'>): string[];
  /**
   * Inflates the entries that are wanted. What they declare is summed before anything is inflated, and fflate gives each no more
   * room than it declared: an entry that holds more is found by its length.
   */
  inflate(
    bytes: Uint8Array,
    wanted: (name: string) => boolean,
    caps: Pick<ZipCaps, 'entryBytes' | 'inflatedBytes'>,
  ): Entries;
  /** The entries as an archive of their own, which says of itself what is true: for a library that opens it once more. */
  repack(entries: Entries): Uint8Array;
}

export function zipOf(refuse: (reason: ZipRefusal, detail: string) => Error): Zip {
  return {
    namesIn(bytes, caps) {
      const names: string[] = [];
      unzip(bytes, refuse, ({ name }) => {
        names.push(name);
        if (names.length > caps.entries)
          throw new Refused('damaged', `It is an archive of more than ${caps.entries} entries.`);
        return false;
      });
      return names;
    },
    inflate(bytes, wanted, caps) {
      let total = 0;
      return unzip(bytes, refuse, ({ name, originalSize }) => {
        if (!wanted(name)) return false;
        total += originalSize;
        if (originalSize > caps.entryBytes || total > caps.inflatedBytes)
          throw new Refused('too_large', 'Its unpacked content is too large to read.');
        return true;
      });
    },
    repack: (entries) => zipSync({ ...entries }, { level: 0 }),
  };
}

class Refused extends Error {
  readonly reason: ZipRefusal;

  constructor(reason: ZipRefusal, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

type Filter = NonNullable<NonNullable<Parameters<typeof unzipSync>[1]>['filter']>;

function unzip(bytes: Uint8Array, refuse: Parameters<typeof zipOf>[0], filter: Filter): Entries {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    throw error instanceof Refused
      ? refuse(error.reason, error.message)
      : refuse('damaged', 'The archive that it is can’t be opened.');
  }
}
