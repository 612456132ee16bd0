/** Things that people see on a page and that are not read: the page’s text is there without them. */
export const GAPS = {
  picture: 'a picture on the page is not read',
  pictures_unknown: 'whether the page has pictures is not known: the document has too much to unpack',
  chart: 'a chart on the page is not read',
  embedded_object: 'an embedded file or a control on the page is not read',
  comment: 'a comment on the page is not read',
  annotation: 'a mark, stamp or field on the page has no text that can be read',
  text_order: 'text on the page runs from right to left, and its order is not certain',
} as const;

export type Gap = keyof typeof GAPS;
export const GAP_KINDS = Object.keys(GAPS) as [Gap, ...Gap[]];
