import type { Gap } from '../gaps.ts';
import type { Attributes, DocxPass, Frame } from './docx-text.ts';

/** An element's act where it begins, with the element around it, and where it ends. */
interface ElementRule {
  readonly open?: (pass: DocxPass, attributes: Attributes, parent: Frame | undefined) => void;
  readonly close?: (pass: DocxPass, frame: Frame) => void;
}

const PAGE = '<w:br w:type="page"/>';
const BOX = { on: '☒', off: '☐' } as const;

// oxlint-disable-next-line no-control-regex -- XML has none of them
const NO_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

export function escapeXml(text: string): string {
  const fit = text.replace(NO_XML, '').toWellFormed();
  return fit
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export const runOf = (text: string): string => `<w:r><w:t>${escapeXml(text)}</w:t></w:r>`;

const isOn = (value: string | undefined) => value === undefined || /^(?:1|true|on)$/.test(value);
const boxOf = (value: string | undefined) => (isOn(value) ? BOX.on : BOX.off);
const gap = (of: Gap): ElementRule => ({ open: (pass) => pass.mark(of) });

/** The area in EMU (12,700 a point) below which a drawing is a logo or a sign: that of `SMALL` of A4 in a PDF. */
const SMALL = 0.03 * 595 * 842 * 12_700 ** 2;

/** Gaps, by the element that shows what is not read. */
const GAP_ELEMENTS: Readonly<Record<string, ElementRule>> = {
  'w:drawing': { close: (pass) => void (pass.area = Number.NaN) },
  'wp:extent': { open: (pass, { cx, cy }) => void (pass.area = Number(cx) * Number(cy)) },
  'a:blip': {
    open(pass) {
      if (!(pass.area < SMALL)) pass.mark('picture');
    },
  },
  'v:imagedata': gap('picture'),
  'w:contentPart': gap('picture'),
  'c:chart': gap('chart'),
  'w:control': gap('embedded_object'),
  'w:altChunk': gap('embedded_object'),
  'w:subDoc': gap('embedded_object'),
  'w:commentReference': gap('comment'),
};

/** Properties of runs and paragraphs that decide what is seen. */
const PROPERTIES: Readonly<Record<string, ElementRule>> = {
  'w:r': {
    open: (pass) => void pass.runs.push({ isHidden: pass.runs.at(-1)?.isHidden === true, font: '' }),
    close: (pass) => void pass.runs.pop(),
  },
  'w:vanish': {
    open(pass, { val }) {
      const run = pass.frames.at(-3)?.name === 'w:r' ? pass.runs.at(-1) : undefined;
      if (run !== undefined && isOn(val)) run.isHidden = true;
    },
  },
  'w:rFonts': {
    open(pass, { ascii, hAnsi }) {
      const run = pass.runs.at(-1);
      if (run !== undefined) run.font = ascii ?? hAnsi ?? '';
    },
  },
  'a:rPr': {
    open(pass, { strike = 'noStrike' }) {
      if (strike !== 'noStrike') pass.put('<w:rPr><w:strike/></w:rPr>');
    },
  },
  'w:pageBreakBefore': {
    open(pass, { val }, parent) {
      pass.breaksBefore = parent?.name === 'w:pPr' && isOn(val);
    },
  },
  'w:pPr': {
    close(pass) {
      if (pass.breaksBefore) pass.put(`<w:r>${PAGE}</w:r>`);
      pass.breaksBefore = false;
    },
  },
  'w:del': { open: (pass) => pass.put('<w:del/>') },
  'w:lastRenderedPageBreak': { open: (pass) => pass.put(PAGE) },
  'a:br': { open: (pass) => pass.put('<w:r><w:br/></w:r>') },
};

/** Content controls, fields, and forms as Word had them before content controls. */
const FORMS: Readonly<Record<string, ElementRule>> = {
  'w14:checkbox': { open: (pass) => setBox(pass, '0') },
  'w14:checked': { open: (pass, { val }) => setBox(pass, val) },
  'w:sdtContent': {
    open(pass, _, control) {
      if (control?.box !== undefined) pass.boxes.push({ sign: control.box, isTold: false });
    },
    close(pass) {
      const box = pass.frames.at(-1)?.box === undefined ? undefined : pass.boxes.pop();
      if (box?.isTold === false) pass.tell(box.sign);
    },
  },
  'w:fldChar': {
    open(pass, { fldCharType }) {
      if (fldCharType === 'begin') pass.fields.push('code');
      else if (pass.fields.pop() !== undefined && fldCharType === 'separate') pass.fields.push('result');
    },
  },
  'w:ffData': {
    open(pass) {
      pass.form = undefined;
    },
    close(pass) {
      if (pass.form === undefined) return;
      const { isBox, entries, chosen, usual } = pass.form;
      const value = chosen ?? usual ?? '0';
      // Its field has no result; the sign stands where the code begins.
      const field = pass.fields.pop();
      pass.tell(isBox ? boxOf(value) : (entries[Number(value)] ?? ''));
      if (field !== undefined) pass.fields.push(field);
    },
  },
  'w:checkBox': { open: (pass) => void (pass.form = { isBox: true, entries: [] }) },
  'w:ddList': { open: (pass) => void (pass.form = { isBox: false, entries: [] }) },
  'w:listEntry': { open: (pass, { val = '' }) => void pass.form?.entries.push(val) },
  'w:checked': { open: (pass, { val = '1' }) => setForm(pass, 'chosen', val) },
  'w:result': { open: (pass, { val = '0' }) => setForm(pass, 'chosen', val) },
  'w:default': { open: (pass, { val = '1' }) => setForm(pass, 'usual', val) },
};

function setBox(pass: DocxPass, value: string | undefined): void {
  const control = pass.nearest('w:sdt');
  if (control !== undefined) control.box = boxOf(value);
}

function setForm(pass: DocxPass, key: 'chosen' | 'usual', value: string): void {
  if (pass.form !== undefined) pass.form[key] = value;
}

/** Text that lies beside the body: diagrams, word art. */
const ELSEWHERE: Readonly<Record<string, ElementRule>> = {
  'dgm:relIds': {
    open(pass, { dm = '' }) {
      const text = pass.diagram(dm);
      if (text === '') pass.mark('chart');
      else pass.flow.after.push(text);
    },
  },
  'v:textpath': {
    open(pass, { string = '' }) {
      if (pass.isSeen && string !== '') pass.flow.after.push(`<w:p>${runOf(string)}</w:p>`);
    },
  },
};

const around = (before: string, after: string): ElementRule => ({
  open: (pass) => pass.put(runOf(before)),
  close: (pass) => pass.put(runOf(after)),
});

/** A formula in one line: `(a+b)/(c)`. */
const FORMULAS: Readonly<Record<string, ElementRule>> = {
  'm:num': around('(', ')'),
  'm:den': around('/(', ')'),
  'm:sup': around('^(', ')'),
  'm:sub': around('_(', ')'),
  'm:rad': around('√(', ')'),
  'm:d': around('(', ')'),
  'm:mr': around('', '; '),
  'm:chr': {
    open(pass, { val = '' }, parent) {
      if (parent?.name === 'm:naryPr') pass.tell(val);
    },
  },
};

export const ELEMENTS: Readonly<Record<string, ElementRule>> = {
  ...GAP_ELEMENTS,
  ...PROPERTIES,
  ...FORMS,
  ...ELSEWHERE,
  ...FORMULAS,
};
