import type { Patch } from './patch.ts';

const MAKING = 'src/products/orbit/exports/making/making.test.ts ::';
const EXPORTS = 'test/orbit/exports.test.ts ::';

/** Exports of Orbit. */
export const ORBIT_EXPORTS: readonly Patch[] = [
  {
    name: 'hostile-nesting-parsed',
    file: 'src/products/orbit/exports/document/markdown.ts',
    find: '  if (UNPARSED.test(text)) return plain(text, budget);\n',
    replace: '',
    expects: `${MAKING} what somebody hostile writes > quotes in each other: is nothing that the parser is given, for its time grows with the square`,
  },
  {
    name: 'export-by-chance',
    file: 'src/products/orbit/exports/making/thread.ts',
    find: 'seedRandom();\nparentPort',
    replace: 'parentPort',
    expects: `${MAKING} the same scope comes to the same bytes > as docx`,
  },
  {
    name: 'export-of-now',
    file: 'src/products/orbit/exports/formats/settled.ts',
    find: "name === 'docProps/core.xml' ? dated(bytes, instant) : bytes",
    replace: 'bytes',
    expects: `${MAKING} a DOCX > has a cover, contents with entries, numbered headings, tables with repeated heads, pages n of m, and its font`,
  },
  {
    name: 'export-of-links-that-run',
    file: 'src/products/orbit/exports/document/markdown.ts',
    find: '/^(?:https?|mailto):/i.test(address)',
    replace: "address !== ''",
    expects: `${MAKING} what somebody hostile writes > is letters in a DOCX: no field, no link, no tag of its own`,
  },
  {
    name: 'export-with-control-characters',
    file: 'src/products/orbit/exports/document/text.ts',
    find: ".replaceAll(UNFIT, '')",
    replace: '',
    expects: `${MAKING} what somebody hostile writes > is letters in a DOCX: no field, no link, no tag of its own`,
  },
  {
    name: 'export-without-end-of-rows',
    file: 'src/products/orbit/exports/document/limits.ts',
    find: 'if (this.#rows > MOST.tableRows) throw',
    replace: 'if (this.#rows < 0) throw',
    expects: `${MAKING} what somebody hostile writes > a table of too many rows: is refused, with the reason`,
  },
  {
    name: 'export-with-silent-boxes',
    file: 'src/products/orbit/exports/formats/scripts.ts',
    find: 'if (font === undefined) this.#missing.set(',
    replace: 'if (this.#fonts.length === 0) this.#missing.set(',
    expects: `${MAKING} characters > that no font has are named in a PDF, each by its script and how many`,
  },
  {
    name: 'export-charged-again',
    file: 'src/products/orbit/exports/service.ts',
    find: "if (asked.reused) await permit.release('another export of the same');\n    else {",
    replace: 'if (!asked.reused) {',
    expects: `${EXPORTS} a scope as a file > that is asked for eight times at once is made and charged once`,
  },
  {
    name: 'export-swept-with-its-storage-kept',
    file: 'src/products/orbit/exports/service.ts',
    find: 'if (blobId !== null) await tx.runAll',
    replace: "if (blobId === '') await tx.runAll",
    expects: `${EXPORTS} an export > goes a week after it was last asked for, and gives its storage back`,
  },
  {
    name: 'export-in-colours-of-no-plan',
    file: 'src/products/orbit/exports/source.ts',
    find: "const isColoured = grants['own_colours'] === true;",
    replace: 'const isColoured = grants !== null;',
    expects: `${EXPORTS} how a file looks > colours of the workspace are those of a DOCX in orbit.pro: false`,
  },
  {
    name: 'export-of-a-scope-thrown-away',
    file: 'src/products/orbit/exports/work.ts',
    find: 'if (scope === undefined) throw noScope();',
    replace: 'if (scope === undefined) await tx.runAll([]);',
    expects:
      'test/orbit/exports-meanwhile.test.ts :: an export > whose scope is thrown away while it is made comes to nothing, and is given back: before orbit.export-complete',
  },
];
