import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';

/** The instant that ZIP entries are said to be of; ZIP knows no earlier year. */
const ENTRY_TIME = '1980-01-02T00:00:00Z';

/** A DOCX whose bytes say nothing of when it was made: its properties have the document's instant, its entries all the same one. */
export function settled(file: Uint8Array, instant: string): Uint8Array {
  const entries = unzipSync(file);
  const zippable: Zippable = {};
  for (const name of Object.keys(entries)) {
    const bytes = entries[name] ?? new Uint8Array();
    zippable[name] = [
      name === 'docProps/core.xml' ? dated(bytes, instant) : bytes,
      { mtime: ENTRY_TIME, level: 6 },
    ];
  }
  return zipSync(zippable);
}

function dated(core: Uint8Array, instant: string): Uint8Array {
  const seconds = `${instant.slice(0, 19)}Z`;
  return strToU8(strFromU8(core).replaceAll(/(<dcterms:(?:created|modified)[^>]*>)[^<]*/g, `$1${seconds}`));
}
