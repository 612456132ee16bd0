import type { Patch } from './patch.ts';

const MAKING = 'src/products/orbit/exports/making/making.test.ts ::';
const EXPORTS = 'test/orbit/exports.test.ts ::';
const BRANDING = 'test/orbit/branding.test.ts ::';
const HOSTILE = 'test/orbit/hostile-exports.test.ts ::';
const FACTS = 'src/products/orbit/exports/document/facts.test.ts ::';
const SCRIPTS = 'src/products/orbit/exports/formats/scripts.test.ts ::';
const FONTS = 'src/products/orbit/exports/formats/fonts.test.ts ::';
const COVER = 'src/products/orbit/exports/formats/docx-cover.test.ts ::';

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
    find: 'if (font === undefined) this.#miss(script);',
    replace: '',
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
    expects: `${BRANDING} a workspace’s logo and colours are in its files as long as its plan has them: all of them in team, the logo in pro, none in free`,
  },
  {
    name: 'export-with-a-logo-of-no-plan',
    file: 'src/products/orbit/exports/source.ts',
    find: "grants['own_logo'] === true ? (setting?.logo_blob_id ?? null) : null",
    replace: 'setting?.logo_blob_id ?? null',
    expects: `${BRANDING} a workspace’s logo and colours are in its files as long as its plan has them: all of them in team, the logo in pro, none in free`,
  },
  {
    name: 'export-of-less-than-was-agreed',
    file: 'src/products/orbit/exports/document/facts.ts',
    find: '(word) => !LEFT_BEHIND.has(word.toLowerCase()),',
    replace: '(word) => word.length > 8,',
    expects: `${FACTS} in a table of budget, “Travel: up to €5,000” keeps each word that changes what is agreed`,
  },
  {
    name: 'export-with-ligatures-missing',
    file: 'src/products/orbit/exports/formats/scripts.ts',
    find: "const plain = character.normalize('NFKC');",
    replace: 'const plain = character;',
    expects: `${SCRIPTS} a character that no font has > is the plain ones that say the same: a ligature, copied out of a PDF`,
  },
  {
    name: 'export-kerned-twice',
    file: 'src/products/orbit/exports/formats/fonts.ts',
    find: 'if (isRepeated) view.setUint16(feature + 2, distinct);',
    replace: 'if (isRepeated) view.setUint16(feature + 2, count);',
    expects: `${FONTS} Inter in normal kerns each pair of letters once`,
  },
  {
    name: 'export-contents-without-numbers',
    file: 'src/products/orbit/exports/formats/docx.ts',
    find: 'estimatePageNumbersWith({ guess: true })',
    replace: 'estimatePageNumbersWith({ guess: false })',
    expects: `${COVER} contents have a number in each line, whatever characters stand above`,
  },
  {
    name: 'export-cover-of-two-pages',
    file: 'src/products/orbit/exports/formats/docx-cover.ts',
    find: 'Math.min(GAP + 320 - top, factsAt - top - titled - 300)',
    replace: 'GAP',
    expects: `${COVER} a cover with a tall logo and long names is one page`,
  },
  {
    name: 'export-without-what-is-to-be-agreed',
    file: 'src/products/orbit/exports/document/text.ts',
    find: 'ELEMENTS})(?=[\\\\s/>])',
    replace: "'[a-z]+'})",
    expects: `${MAKING} what somebody hostile writes > in angle brackets is kept where it is no HTML, and the tags of HTML are not`,
  },
  {
    name: 'export-with-pictures-of-elsewhere',
    file: 'src/products/orbit/exports/formats/markdown.ts',
    find: '.replaceAll(/[\\\\`*_[\\]<>|~&]/g',
    replace: '.replaceAll(/[\\\\`*_<>|~&]/g',
    expects: `${HOSTILE} what somebody hostile writes is text in each format that another program opens: none of it is run, fetched, or lost without a word`,
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
