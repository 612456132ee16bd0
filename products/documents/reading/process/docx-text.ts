import { Parser } from 'htmlparser2';
import { Unreadable } from '../failures.ts';
import type { Gap } from '../gaps.ts';
import { ELEMENTS, escapeXml, runOf } from './docx-elements.ts';
import { markOf, withoutMarks } from './gap-marks.ts';

/** Vocabularies of a DOCX, in their transitional and their strict form, by the prefix that they have here. */
const NAMESPACES: readonly (readonly [RegExp, string])[] = [
  [/\/wordprocessingml\/(?:2006\/)?main$/, 'w'],
  [/\/drawingml\/(?:2006\/)?main$/, 'a'],
  [/\/drawingml\/(?:2006\/)?wordprocessingDrawing$/, 'wp'],
  [/\/drawingml\/(?:2006\/)?chart$|\/drawing\/2014\/chartex$/, 'c'],
  [/\/drawingml\/(?:2006\/)?diagram$/, 'dgm'],
  [/\/officeDocument\/(?:2006\/)?math$/, 'm'],
  [/\/word\/2010\/wordml$/, 'w14'],
  [/\/markup-compatibility\/2006$/, 'mc'],
  [/^urn:schemas-microsoft-com:vml$/, 'v'],
];
/** Elements that mammoth knows. All others are left out around their content, so that no wrapper hides its text. */
const KNOWN: ReadonlySet<string> = new Set(
  'p pPr pStyle numPr ilvl numId r rPr rStyle strike t tab br noBreakHyphen sym tbl tr trPr tblHeader tc tcPr gridSpan vMerge footnote endnote footnoteReference endnoteReference'
    .split(' ')
    .map((name) => `w:${name}`),
);
/** Elements of KNOWN that show something by themselves. */
const SHOWN = /^w:(?:noBreakHyphen|sym|footnoteReference|endnoteReference)$/;
const SAME: Readonly<Record<string, string>> = {
  'w:dstrike': 'w:strike',
  'w:cr': 'w:br',
  'w:ptab': 'w:tab',
  'm:r': 'w:r',
  'm:t': 'w:t',
  'a:r': 'w:r',
  'a:fld': 'w:r',
  'a:t': 'w:t',
};
const KEPT_ATTRIBUTES = ['val', 'id', 'type', 'font', 'char'];
/** Their content is not seen: text that was taken out, earlier formats, stops of tabs, the small reading aid of ruby, the preview of an object. */
const DROPPED = /^w:(?:del|moveFrom|rt|tabs|object|\w+Change)$/;
const DEEPEST = 20_000;
/** Letters of symbol fonts, whose sign only the font tells. */
const SYMBOLS = /[\uF020-\uF0FF]/g;
const SYMBOL_FONT = /dings|symbol/i;

export type Attributes = Readonly<Record<string, string>>;

export interface Frame {
  readonly name: string;
  /** Where its output begins, and how much was told before it. */
  readonly start: number;
  readonly told: number;
  readonly closing: string;
  readonly isFlow: boolean;
  /** For alternatives: whether one of them was read. */
  isRead?: boolean;
  /** For a content control: the sign of its check box. */
  box?: string;
}

/** Text that stands for itself, such as a text box: it follows the paragraph that it is anchored in. */
interface Flow {
  readonly out: string[];
  after: string[];
  paragraphs: number;
}

export interface DocxText {
  /** Its body in elements that mammoth knows. */
  readonly xml: string;
  readonly isDocument: boolean;
}

/** Rewrites a part of a DOCX, so that all text that is seen in it stands in elements that mammoth knows. */
export function plainDocx(xml: string, diagram: (id: string) => string): DocxText {
  const pass = new DocxPass(diagram);
  const parser = new Parser(
    {
      onopentag: (name, attributes) => pass.open(name, attributes),
      ontext: (text) => pass.text(text),
      onclosetag: () => pass.close(),
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.write(xml);
  if (pass.frames.length > 0) throw new Unreadable('document_damaged', 'A part of it breaks off.');
  parser.end();
  return pass.end();
}

/** One pass over a part. `docx-elements.ts` says what elements do beyond being kept, left out or dropped. */
export class DocxPass {
  /** The text of a diagram, by the id of its relationship. */
  readonly diagram: (id: string) => string;
  readonly frames: Frame[] = [];
  readonly runs: { isHidden: boolean; font: string }[] = [];
  /** Complex fields under way: the code of a field is not seen, its result is. */
  fields: ('code' | 'result')[] = [];
  /** Check boxes of content controls under way: a sign stands in place of their text, once. */
  readonly boxes: { readonly sign: string; isTold: boolean }[] = [];
  form: { entries: string[]; isBox: boolean; chosen?: string; usual?: string } | undefined;
  breaksBefore = false;
  /** The area of the drawing under way, in square EMU; NaN where it is unknown. */
  area = Number.NaN;
  readonly #prefixes = new Map<string, string>();
  readonly #flows: [Flow, ...Flow[]] = [{ out: [], after: [], paragraphs: 0 }];
  #dropping = 0;
  #told = 0;
  #isDocument = false;

  constructor(diagram: DocxPass['diagram']) {
    this.diagram = diagram;
  }

  get flow(): Flow {
    return this.#flows.at(-1) ?? this.#flows[0];
  }

  get isSeen(): boolean {
    return this.runs.at(-1)?.isHidden !== true && !this.fields.includes('code');
  }

  put(...pieces: readonly string[]): void {
    this.flow.out.push(...pieces);
  }

  /** Writes text wherever it stands, if people see it there. */
  tell(text: string): void {
    if (text === '' || !this.isSeen) return;
    this.#told += 1;
    this.put(runOf(text));
  }

  mark(gap: Gap): void {
    this.tell(markOf(gap));
  }

  nearest(name: string): Frame | undefined {
    return this.frames.findLast((frame) => frame.name === name);
  }

  open(tag: string, given: Attributes): void {
    if (this.frames.length > DEEPEST) throw new Unreadable('document_damaged', 'It is nested too deeply.');
    const attributes: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      if (/^xmlns(?::|$)/.test(name)) this.#declare(name.slice('xmlns:'.length), value);
      else attributes[name.slice(name.indexOf(':') + 1)] = value;
    }
    const own = this.#nameOf(tag);
    const name = SAME[own] ?? own;
    const parent = this.frames.at(-1);
    if (parent === undefined) this.#isDocument = name === 'w:document';
    const isDropped = this.#dropping > 0 || isUnseen(name, parent);
    const frame = { name, start: this.flow.out.length, told: this.#told, closing: '', isFlow: false };
    if (isDropped) {
      if (name === 'w:object') this.mark('embedded_object');
      this.#dropping += 1;
      this.frames.push(frame);
      return;
    }
    const isParagraph = name === 'w:p' || name === 'a:p';
    const isFlow = name === 'w:txbxContent' || (isParagraph && this.flow.paragraphs > 0);
    if (isFlow) this.#flows.push({ out: [], after: [], paragraphs: 0 });
    if (isParagraph) this.flow.paragraphs += 1;
    const element = isParagraph ? 'w:p' : name;
    const isKept = KNOWN.has(element) && (!SHOWN.test(name) || this.#shows());
    if (isKept) this.put(`<${element}${keptOf(attributes)}>`);
    this.frames.push({ ...frame, isFlow, closing: isKept ? `</${element}>` : '' });
    ELEMENTS[name]?.open?.(this, attributes, parent);
  }

  text(text: string): void {
    if (this.#dropping > 0 || this.frames.at(-1)?.name !== 'w:t' || !this.isSeen) return;
    const box = this.#signOfBox();
    const told = box ?? withoutMarks(text);
    if (told.trim() !== '') this.#told += 1;
    const plain = escapeXml(told);
    const font = this.runs.at(-1)?.font ?? '';
    const sign = (letter: string) =>
      `</w:t><w:sym w:font="${escapeXml(font)}" w:char="${letter.charCodeAt(0).toString(16).toUpperCase()}"/><w:t>`;
    this.put(SYMBOL_FONT.test(font) ? plain.replace(SYMBOLS, sign) : plain);
  }

  close(): void {
    const frame = this.frames.pop();
    if (frame === undefined) return;
    if (this.#dropping > 0) {
      this.#dropping -= 1;
      return;
    }
    this.put(frame.closing);
    ELEMENTS[frame.name]?.close?.(this, frame);
    const parent = this.frames.at(-1);
    if (frame.name === 'mc:Choice' && parent !== undefined && this.#told > frame.told) parent.isRead = true;
    if (frame.closing === '</w:p>') this.#closeParagraph();
    if (frame.isFlow) this.#closeFlow();
  }

  end(): DocxText {
    const [{ out, after }] = this.#flows;
    return { xml: [...out, ...after].join(''), isDocument: this.#isDocument };
  }

  /** Whether an element that shows something does so here: in a check box the sign stands for it. */
  #shows(): boolean {
    if (!this.isSeen) return false;
    const box = this.#signOfBox();
    if (box !== undefined) this.tell(box);
    else this.#told += 1;
    return box === undefined;
  }

  /** The sign in place of what is shown in a check box: the first time only. Undefined outside of one. */
  #signOfBox(): string | undefined {
    const box = this.boxes.at(-1);
    if (box === undefined) return undefined;
    const sign = box.isTold ? '' : box.sign;
    box.isTold = true;
    return sign;
  }

  #declare(prefix: string, uri: string): void {
    this.#prefixes.set(prefix, NAMESPACES.find(([form]) => form.test(uri))?.[1] ?? '');
  }

  #nameOf(tag: string): string {
    const at = tag.indexOf(':');
    return `${this.#prefixes.get(tag.slice(0, Math.max(0, at))) ?? ''}:${tag.slice(at + 1)}`;
  }

  #closeParagraph(): void {
    // The code of a field ends with its paragraph at the latest, so that one without an end hides no more.
    this.fields = this.fields.map(() => 'result');
    const { flow } = this;
    flow.paragraphs -= 1;
    if (flow.paragraphs > 0) return;
    this.put(flow.after.join(''));
    flow.after = [];
  }

  #closeFlow(): void {
    const { out, after } = this.#flows.pop() ?? { out: [], after: [] };
    const text = [...out, ...after].join('');
    if (this.flow.paragraphs > 0) this.flow.after.push(text);
    else this.put(text);
  }
}

function isUnseen(name: string, parent: Frame | undefined): boolean {
  if (name === 'mc:Choice' || name === 'mc:Fallback') return parent?.isRead === true;
  // As a property of a row it says that the row was taken out; of a paragraph, that its mark was.
  return DROPPED.test(name) && !(name === 'w:del' && parent?.name === 'w:trPr');
}

function keptOf(attributes: Attributes): string {
  return KEPT_ATTRIBUTES.map((key) => {
    const value = attributes[key];
    return value === undefined ? '' : ` w:${key}="${escapeXml(value)}"`;
  }).join('');
}
