import { createHash } from 'node:crypto';
import type { ReaderTools, ReaderWorker, Zip, ZipEntry } from 'plinth/product';
import type { Code } from '../checks.ts';
import type { PackageLine, PackageTask } from '../check-package.ts';
import { checkEntries, MOST_ENTRIES, PackageRefused } from './directory.ts';
import { findingsIn } from './static-findings.ts';

const MANIFEST = 'manifest.json';
const MOST_MANIFEST_BYTES = 65_536;
/** Findings of a code that are listed. */
const MOST_FINDINGS = 100;
/** Beginnings of files, in hexadecimal digits, where they say what a file is. */
const MAGIC: readonly (readonly [RegExp, Code, string])[] = [
  [/^7f454c46/, 'native_code', 'ELF'],
  [/^(?:feedfac[ef]|c[ef]faedfe|cafebabe|bebafeca)/, 'native_code', 'Mach-O, or a class of Java'],
  // These two letters alone may begin a text.
  [/^4d5a(?:..)*?00/, 'native_code', 'PE'],
  [/^0061736d/, 'webassembly', ''],
  [/^(?:504b0304|1f8b08|377abcaf271c|526172211a07|fd377a585a00)/, 'nested_archive', ''],
];
const REFUSALS = {
  damaged: 'archive_damaged',
  too_large: 'archive_bomb',
  too_many_entries: 'archive_too_many_entries',
} as const;
const HEAD = 64;
const NATIVE_NAME = /\.(?:node|exe|dll|com|scr|msi|so(?:\.[\d.]+)?|dylib|bundle|a|o|lib)$/i;

/** Reads a package: what its directory lists, and if nothing is wrong with that, what its files hold. */
export const worker: ReaderWorker<PackageTask, PackageLine> = {
  async read(file, { hosts }, { tell, zip: open }) {
    const find = limited(tell);
    const zip = await open((reason) => new PackageRefused(REFUSALS[reason]));
    const entries = zip.entriesIn(file, { entries: MOST_ENTRIES });
    const findings = checkEntries(entries);
    for (const finding of findings) find(finding);
    if (findings.length > 0) return tell({ kind: 'read', inflated: false });
    if (!entries.some(({ path }) => path === MANIFEST)) find({ code: 'manifest_missing' });
    for (const entry of entries) if (!entry.path.endsWith('/')) readEntry(entry, { hosts, find, tell, zip });
    return tell({ kind: 'read', inflated: true });
  },
  failed(error) {
    if (error instanceof PackageRefused) return { kind: 'finding', code: error.code };
    const code = error instanceof RangeError ? 'archive_took_too_much_memory' : 'archive_unreadable';
    return { kind: 'finding', code };
  },
};

interface Reading {
  readonly hosts: PackageTask['hosts'];
  readonly find: (found: Omit<Extract<PackageLine, { kind: 'finding' }>, 'kind'>) => void;
  readonly tell: ReaderTools<PackageLine>['tell'];
  readonly zip: Pick<Zip, 'contentOf'>;
}

/** So many findings of each code are told, and that there are more. */
function limited(tell: Reading['tell']): Reading['find'] {
  const told = new Map<Code, number>();
  return (found) => {
    const times = (told.get(found.code) ?? 0) + 1;
    told.set(found.code, times);
    if (times <= MOST_FINDINGS) tell({ kind: 'finding', ...found });
    else if (times === MOST_FINDINGS + 1)
      tell({ kind: 'finding', code: 'more_findings', detail: found.code });
  };
}

function readEntry(entry: ZipEntry, { hosts, find, tell, zip }: Reading): void {
  const { path: file, bytes } = entry;
  const content = zip.contentOf(entry);
  const sha256 = createHash('sha256').update(content).digest('hex');
  tell({ kind: 'file', path: file, bytes, sha256 });
  if (file === MANIFEST && bytes > MOST_MANIFEST_BYTES) find({ code: 'manifest_too_large', file });
  else if (file === MANIFEST) tell({ kind: 'manifest', text: content.toString('utf8') });
  const head = content.toString('hex', 0, HEAD);
  const magic = MAGIC.find(([pattern]) => pattern.test(head));
  if (magic !== undefined) find({ code: magic[1], file, ...(magic[2] === '' ? {} : { detail: magic[2] }) });
  else if (NATIVE_NAME.test(file)) find({ code: 'native_code', file });
  for (const found of findingsIn(file, content, hosts)) find({ ...found, file });
}
