import type { Patch } from './patch.ts';

const READER = 'src/products/orbit/reading/reader.test.ts ::';
const SCANNER = 'src/products/orbit/documents/scanner.test.ts ::';
const DOCUMENTS = 'test/orbit/documents.test.ts ::';
const HOSTILE = 'test/orbit/hostile-files.test.ts ::';
const TIME = 'src/products/orbit/reading/reader-time.test.ts :: a document whose time is over';
const CLAMD = 'test/orbit/clamd.test.ts ::';
const FAILS = 'a hostile file fails alone, and says why >';

/** Orbit's documents: what a file may do, and what it is charged. */
export const ORBIT_READING: readonly Patch[] = [
  {
    name: 'reader-memory-unwatched',
    file: 'src/products/orbit/reading/reader-process.ts',
    find: 'if (megabytes > most.memoryMegabytes) kill(tooMuch);',
    replace: 'if (megabytes < 0) kill(tooMuch);',
    expects: `${READER} ${FAILS} with a font that never ends`,
  },
  {
    name: 'loading-blamed-on-the-document',
    file: 'src/products/orbit/reading/process/read-document.ts',
    find: 'if (isOfLoading(error)) process.exit(NOT_LOADED);',
    replace: '',
    expects: `${READER} a reader > that can not load its packages says nothing of the document`,
  },
  {
    name: 'reader-unlimited-time',
    file: 'src/products/orbit/reading/reader-process.ts',
    find: 'most.after(milliseconds, () => kill(late))',
    replace: 'most.after(2 ** 31 - 1, () => kill(late))',
    expects: `${READER} ${FAILS} that takes too long`,
  },
  {
    name: 'inflated-unasked',
    file: 'src/products/orbit/reading/process/zip.ts',
    find: 'if (originalSize > caps.entryBytes || total > caps.inflatedBytes)',
    replace: 'if (total < 0)',
    expects: `${READER} ${FAILS} that is a bomb: an entry of an archive that says so, one that lies, and a stream of a PDF`,
  },
  {
    name: 'entities-unrefused',
    file: 'src/products/orbit/reading/process/docx.ts',
    find: "if (ENTITIES.test(text)) throw new Unreadable('document_unsafe', 'It declares entities.');",
    replace: '',
    expects: `${READER} ${FAILS} that declares entities of elsewhere, holds macros, or names them in its type`,
  },
  {
    name: 'type-as-declared',
    file: 'src/products/orbit/reading/process/recognize.ts',
    find: 'if (found !== declared)',
    replace: 'if (found === undefined)',
    expects: `${READER} ${FAILS} that is another type than it says, two at once, or none that is read`,
  },
  {
    name: 'broken-off-file-read',
    file: 'src/products/orbit/reading/reader.ts',
    find: 'if (failed !== undefined) throw failed;',
    replace: '',
    expects: `${READER} a reader > is ended by whoever calls it off, and by a file that breaks off`,
  },
  {
    name: 'unscanned-as-clean',
    file: 'src/products/orbit/documents/scanner.ts',
    find: 'if (/^stream: OK$/.test(said))',
    replace: 'if (/^stream: OK/.test(said))',
    expects: `${SCANNER} a scanner > that answers "stream: OK and more" is away`,
  },
  {
    name: 'scanner-that-resets-is-asked-once',
    file: 'src/products/orbit/documents/scanner.ts',
    find: 'if (isReset && tries < TRIES) continue;',
    replace: '',
    expects: `${SCANNER} a scanner > that resets the connection may have answered, and is given the file anew`,
  },
  {
    name: 'scanner-that-resets-takes-no-such-file',
    file: 'src/products/orbit/documents/scanner.ts',
    find: "return said === 'PONG';",
    replace: "return said !== '';",
    expects: `${SCANNER} a scanner > that resets it each time takes no such file where it is there, and is away where it is not`,
  },
  {
    name: 'infected-file-kept',
    file: 'src/products/orbit/documents/reading-work.ts',
    find: "const isKept = code !== 'document_infected';",
    replace: "const isKept = code.startsWith('document_');",
    expects: `${HOSTILE} the virus scanner > has an infected file deleted, and its storage given back`,
  },
  {
    name: 'ocr-uncharged',
    file: 'src/products/orbit/documents/ocr-work.ts',
    find: ': completing(job);',
    replace: ": failing(job, { code: 'free' });",
    expects: `${DOCUMENTS} OCR > is charged once, whoever dies while it reads`,
  },
  {
    name: 'ocr-past-the-month',
    file: 'src/products/orbit/documents/ocr-permit.ts',
    find: 'const units = Math.min(pages, await leftOf(limits, wish.accountId));',
    replace: 'const units = Math.max(pages, await leftOf(limits, wish.accountId));',
    expects:
      'test/orbit/plan-limits.test.ts :: of pages of OCR as many are read as the month has left, each of the others is named, and no more are charged',
  },
  {
    name: 'reader-said-to-be-over-and-left-running',
    file: 'src/products/orbit/reading/reader-process.ts',
    find: "child.kill('SIGKILL');",
    replace: 'input.destroy();\n    answers.destroy();',
    expects: `${TIME} > is killed at that moment with a reason, and others are read meanwhile`,
  },
  {
    name: 'reader-that-outlives-who-started-it',
    file: 'src/products/orbit/reading/process/entry.ts',
    find: 'endAfter(order.milliseconds);',
    replace: 'endAfter(2 ** 31 - 1);',
    expects: `${TIME} > ends itself, should nobody be left to end it`,
  },
  {
    name: 'reader-kept-from-linked-packages',
    file: 'src/products/orbit/reading/reader-process.ts',
    find: 'return linked === undefined ? [real] : [real, linked];',
    replace: "return linked === '' ? [] : [real];",
    expects:
      'test/orbit/linked-packages.test.ts :: a PDF and a DOCX are read where the folder of packages is a link, as some package managers make it',
  },
  {
    name: 'scanner-misspoken',
    file: 'src/products/orbit/documents/scanner.ts',
    find: "Buffer.from('zINSTREAM\\0')",
    replace: "Buffer.from('zINSTREAN\\0')",
    expects: `${CLAMD} clamd itself says what is read: a clean file is, EICAR is deleted, a file it takes no more of and one it is away for are not read`,
  },
];
