import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { expect, test } from 'vitest';
import { documentOf } from '../document/document.ts';
import { section, source } from '@plinth/testkit/fixtures/documents/export-source';
import { pdfOf } from './pdf.ts';

interface Tree {
  readonly role?: string;
  readonly type?: string;
  readonly id?: string;
  readonly children?: readonly Tree[];
}

const TEXT = `First words.

## Part one

1. One
2. Two

- Three

| Item | Price |
|---|---|
| Shop | $9 |
| Care | |

> Quoted.

### Deeper

Last words.
`;

/** The structure as lines: the roles on the way to a text, and the text. */
async function readPdf(bytes: Uint8Array) {
  const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
  const read: string[] = [];
  const artifacts: string[] = [];
  for (let n = 1; n <= pdf.numPages; n += 1) {
    const page = await pdf.getPage(n);
    const { items } = await page.getTextContent({ includeMarkedContent: true });
    const texts = new Map<string, string>();
    const open: string[] = [];
    for (const item of items)
      if ('str' in item) {
        const id = open.findLast((one) => one !== '') ?? '';
        texts.set(id, `${texts.get(id) ?? ''}${item.str}`);
      } else if (item.type === 'endMarkedContent') open.pop();
      else
        open.push(
          'id' in item && item.id !== undefined
            ? item.id
            : 'tag' in item && item.tag === 'Artifact'
              ? 'Artifact'
              : '',
        );
    const walk = (tree: Tree, path: readonly string[]): void => {
      if (tree.type === 'content')
        read.push(`${path.join(' ')}: ${(texts.get(tree.id ?? '') ?? '').replace(/\s+/g, ' ').trim()}`);
      for (const one of tree.children ?? []) walk(one, tree.role === undefined ? path : [...path, tree.role]);
    };
    const tree: Tree | null = await page.getStructTree();
    if (tree !== null) walk(tree, []);
    artifacts.push(texts.get('Artifact') ?? '');
    expect(texts.get(''), `words outside of the structure on page ${n}`).toBe(undefined);
  }
  return { read, artifacts };
}

test('a screen reader finds headings, lists, tables and quotations in their order, and no line of each page', async () => {
  const { bytes } = await pdfOf(documentOf(source([section(TEXT)])));
  expect(Buffer.from(bytes).toString('latin1')).toContain('/Marked true');
  const { read, artifacts } = await readPdf(bytes);
  expect(
    read.slice(read.indexOf('Root Document H1: Contents')).map((one) => one.replace('Root Document ', '')),
  ).toEqual([
    'H1: Contents',
    'TOC TOCI: 1 A section',
    'TOC TOCI: 3',
    'TOC TOCI: 1.1 Part one',
    'TOC TOCI: 3',
    'H1: 1 A section',
    'P: First words.',
    'H2: 1.1 Part one',
    'L LI Lbl: 1.',
    'L LI LBody P: One',
    'L LI Lbl: 2.',
    'L LI LBody P: Two',
    'L LI LBody P: Three',
    'Table TR TH: Item',
    'Table TR TH: Price',
    'Table TR TD: Shop',
    'Table TR TD: $9',
    'Table TR TD: Care',
    'BlockQuote P: Quoted.',
    'H3: 1.1.1 Deeper',
    'P: Last words.',
  ]);
  for (const words of artifacts.slice(1)) expect(words).toMatch(/A new shop.*Version.*Page/s);
});
