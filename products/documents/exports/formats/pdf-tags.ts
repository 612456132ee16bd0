import type { Node } from './pdf-blocks.ts';

/** An element of the structure that screen readers follow. Its struct is made when its first line is drawn. */
interface Element {
  readonly type: string;
  readonly parent: Element | null;
  readonly options: object;
  /** Made with it, in this order: an empty cell has no line. */
  readonly kids: Element[];
}

interface Struct {
  add(child: object): void;
  end(): void;
}

interface PdfDocument {
  struct(type: string, options: object): Struct;
  addStructure(struct: Struct): void;
  markContent(tag: string): void;
  markStructureContent(tag: string): object;
  endMarkedContent(): void;
}

interface Line {
  readonly inlines: object;
  /** Set in the contents: where a page's number stands for. */
  readonly _pageNodeRef?: unknown;
  /** Absent: the number of a list's item, which pdfmake makes itself. */
  tag?: Element | typeof CONTENTS | null;
}

export interface Renderer {
  readonly pdfDocument: PdfDocument;
  renderPages(pages: unknown): void;
  renderLine(line: Line, x: number, y: number): void;
  renderVector(vector: unknown): void;
  renderImage(image: { readonly tag?: Element }): void;
}

export interface LayoutBuilder {
  buildNextLine(node: { readonly tag?: Element | null }): Line | null;
}

/** Lines of the contents, which pdfmake makes. */
const CONTENTS = 'contents';
const HEADINGS: Readonly<Record<string, string>> = { first: 'H1', second: 'H2', third: 'H3' };

function element(type: string, parent: Element | null, options: object = {}): Element {
  return { type, parent, options, kids: [] };
}

function kid(type: string, parent: Element, options: object = {}): Element {
  const made = element(type, parent, options);
  parent.kids.push(made);
  return made;
}

/** The nodes of a document with the element of each: lines carry it to the page. What has none is of the contents. */
export function tagNodes(content: readonly Node[], logoAlt: string): Node[] {
  const document = element('Document', null);
  return content.map((node) => tagNode(node, document, logoAlt));
}

/** A node whose lines no screen reader reads: they stand on every page. */
export function furniture(node: Node | null): Node | null {
  return node === null ? null : tagNode(node, null, '');
}

function tagNode(node: Node, parent: Element | null, alt: string): Node {
  const each = (nodes: unknown, of: Element | null) =>
    (nodes as readonly Node[]).map((one) => tagNode(one, of, alt));
  if ('stack' in node) return { ...node, stack: each(node['stack'], parent) };
  if ('columns' in node) return { ...node, columns: each(node['columns'], parent) };
  if (parent === null) return { ...node, tag: null };
  if ('table' in node) return { ...node, table: tagTable(node['table'] as Node, parent, alt) };
  for (const key of ['ul', 'ol'])
    if (key in node)
      return {
        ...node,
        [key]: tagItems(node[key] as readonly Node[], element('L', parent), {
          alt,
          isNumbered: key === 'ol',
        }),
      };
  if ('image' in node) return { ...node, tag: element('Figure', parent, { alt }) };
  if ('text' in node) return { ...node, tag: element(HEADINGS[String(node['style'])] ?? 'P', parent) };
  return node;
}

function tagItems(
  items: readonly Node[],
  list: Element,
  { alt, isNumbered }: { readonly alt: string; readonly isNumbered: boolean },
): Node[] {
  return items.map((item) => {
    const whole = element('LI', list);
    if (isNumbered) kid('Lbl', whole);
    return tagNode(item, kid('LBody', whole), alt);
  });
}

/** Quotations and code are tables of one cell to pdfmake alone. */
function tagTable(table: Node, parent: Element, alt: string): Node {
  const body = table['body'] as readonly (readonly Node[])[];
  if (body[0]?.length === 1)
    return { ...table, body: [[tagNode(body[0][0] ?? {}, element('BlockQuote', parent), alt)]] };
  const whole = element('Table', parent);
  const hasHead = table['headerRows'] === 1;
  return {
    ...table,
    body: body.map((cells, row) => {
      const line = kid('TR', whole);
      return cells.map((cell, n) => {
        const scope = hasHead ? (row === 0 ? 'Column' : undefined) : n === 0 ? 'Row' : undefined;
        const of = kid(scope === undefined ? 'TD' : 'TH', line, scope === undefined ? {} : { scope });
        return { ...cell, tag: of };
      });
    }),
  };
}

/** Drawn parts of one document, with its structure. */
class Drawing {
  readonly #document: PdfDocument;
  readonly #structs = new Map<Element, Struct>();
  /** A head that is repeated on the next page has the same words. */
  readonly #drawn = new WeakSet<object>();
  #last: Element | null = null;
  #contents: Element | undefined;
  #entry: Element | undefined;

  constructor(document: PdfDocument) {
    this.#document = document;
  }

  draw(tag: Element | null, draw: () => void): void {
    if (tag === null) {
      this.#document.markContent('Artifact');
      draw();
      this.#document.endMarkedContent();
      return;
    }
    const struct = this.#structOf(tag);
    const content = this.#document.markStructureContent(tag.type);
    draw();
    this.#document.endMarkedContent();
    struct.add(content);
  }

  tagOf(line: Line): Element | null {
    if (this.#drawn.has(line.inlines)) return null;
    this.#drawn.add(line.inlines);
    if (line.tag === undefined) return labelOf(this.#last);
    const tag = line.tag === CONTENTS ? this.#entryOf(line) : line.tag;
    if (tag !== null) this.#last = tag;
    return tag;
  }

  /** An entry of the contents ends with the number of its page. */
  #entryOf(line: Line): Element {
    const [root] = this.#structs.keys();
    this.#contents ??= element('TOC', root ?? null);
    const entry = this.#entry ?? element('TOCI', this.#contents);
    this.#entry = line['_pageNodeRef'] === undefined ? entry : undefined;
    return entry;
  }

  #structOf(tag: Element): Struct {
    const known = this.#structs.get(tag);
    if (known !== undefined) return known;
    const parent = tag.parent === null ? undefined : this.#structOf(tag.parent);
    return this.#structs.get(tag) ?? this.#make(tag, parent);
  }

  #make(tag: Element, parent: Struct | undefined): Struct {
    const struct = this.#document.struct(tag.type, tag.options);
    this.#structs.set(tag, struct);
    if (parent === undefined) this.#document.addStructure(struct);
    else parent.add(struct);
    for (const one of tag.kids) this.#make(one, struct);
    return struct;
  }

  end(): void {
    for (const struct of this.#structs.values()) struct.end();
  }
}

function labelOf(tag: Element | null): Element | null {
  for (let one = tag; one !== null; one = one.parent)
    if (one.type === 'LI') return one.kids.find(({ type }) => type === 'Lbl') ?? null;
  return null;
}

const drawings = new WeakMap<PdfDocument, Drawing>();

function drawingOf(document: PdfDocument): Drawing {
  const drawing = drawings.get(document) ?? new Drawing(document);
  drawings.set(document, drawing);
  return drawing;
}

/** Has pdfmake, which has no such hook, mark all that it draws. Once in a thread. */
export function markWhatIsDrawn(renderer: Renderer, builder: LayoutBuilder): void {
  const { renderPages, renderLine, renderVector, renderImage } = renderer;
  const { buildNextLine } = builder;
  builder.buildNextLine = function (node) {
    const line = buildNextLine.call(this, node);
    if (line !== null) line.tag = node.tag === undefined ? CONTENTS : node.tag;
    return line;
  };
  renderer.renderPages = function (pages) {
    renderPages.call(this, pages);
    drawingOf(this.pdfDocument).end();
  };
  renderer.renderLine = function (line, x, y) {
    const drawing = drawingOf(this.pdfDocument);
    drawing.draw(drawing.tagOf(line), () => renderLine.call(this, line, x, y));
  };
  renderer.renderVector = function (vector) {
    drawingOf(this.pdfDocument).draw(null, () => renderVector.call(this, vector));
  };
  renderer.renderImage = function (image) {
    drawingOf(this.pdfDocument).draw(image.tag ?? null, () => renderImage.call(this, image));
  };
}
