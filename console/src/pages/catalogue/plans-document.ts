import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';

export type Path = readonly string[];

/** A table of one part of a product: a column for each plan, a row for each of their values. */
export interface Matrix {
  readonly part: string;
  readonly columns: readonly { readonly name: string; readonly path: Path }[];
  /** `grants.calls` */
  readonly rows: readonly string[];
}

/** Values that a plan may have, though none has them yet. */
const OFFERED: Readonly<Record<string, readonly string[]>> = {
  plans: ['name', 'price.monthly', 'price.yearly', 'trial_days', 'trial_needs_card', 'per_seat', 'hidden'],
  add_ons: ['name', 'price.once'],
};
/** Values that are lists, also where there is one name alone. */
const LISTS = new Set(['per_seat', 'consumes', 'requires']);

/** A plans file whose comments stay when its values change; undefined: it is not YAML. */
export function readDocument(text: string): Document | undefined {
  try {
    const document = parseDocument(text);
    // An alias that leads nowhere is found when it is written.
    return document.errors.length === 0 && document.toString() !== '' ? document : undefined;
  } catch {
    return undefined;
  }
}

const keysOf = (node: unknown): string[] => (isMap(node) ? node.items.map(({ key }) => String(key)) : []);

/** The products of a file, each with the tables that its values fit into. */
export function matricesOf(document: Document): { readonly product: string; readonly parts: Matrix[] }[] {
  return keysOf(document.get('products')).map((product) => {
    const base = ['products', product];
    const of = (part: string): Matrix[] => {
      const columns = keysOf(document.getIn([...base, part])).map((name) => ({
        name,
        path: [...base, part, name],
      }));
      const found = columns.flatMap(({ path }) => leavesOf(document.getIn(path, true)));
      const shown = found.map((row) =>
        row === 'price' ? `price.${part === 'plans' ? 'monthly' : 'once'}` : row,
      );
      return columns.length === 0
        ? []
        : [{ part, columns, rows: [...new Set([...(OFFERED[part] ?? []), ...shown])] }];
    };
    const single = (part: string): Matrix[] => {
      const path = [...base, part];
      const rows = leavesOf(document.getIn(path, true));
      return rows.length === 0 ? [] : [{ part, columns: [{ name: part, path }], rows }];
    };
    return { product, parts: [...of('plans'), ...of('add_ons'), ...single('limits'), ...single('features')] };
  });
}

/** Values at any depth, by their keys: `price.eur.monthly`. */
function leavesOf(node: unknown, before: Path = []): string[] {
  if (isMap(node)) return node.items.flatMap(({ key, value }) => leavesOf(value, [...before, String(key)]));
  const isLeaf = isScalar(node) || (isSeq(node) && node.items.every(isScalar));
  return isLeaf && before.length > 0 ? [before.join('.')] : [];
}

/** The place of a cell: `price: 4.99` is the price a month. */
export function pathOf(document: Document, column: Path, row: string): Path {
  const [first = '', ...rest] = row.split('.');
  const isShort = first === 'price' && /^(?:monthly|once)$/.test(rest.join('.'));
  const price = [...column, 'price'];
  return isShort && isScalar(document.getIn(price, true)) ? price : [...column, first, ...rest];
}

/** A value as the file writes it; a list by commas; empty: it is left out. */
export function valueAt(document: Document, path: Path): string {
  const node = document.getIn(path, true);
  if (isSeq(node)) return node.items.map(textOf).join(', ');
  return isScalar(node) ? textOf(node) : '';
}

const textOf = (node: unknown): string => (isScalar(node) ? (node.source ?? String(node.value)) : '');

/** Whether a value is written elsewhere in the file (`*base`): it is changed in the text alone. */
export const isShared = (document: Document, path: Path): boolean =>
  path.some((_key, index) => isAlias(document.getIn(path.slice(0, index + 1), true)));

/** The file with another value in one place; an empty one is taken out. */
export function withValue(text: string, path: Path, typed: string): string {
  const document = parseDocument(text);
  const value = typed.trim();
  if (value === '') document.deleteIn(path);
  else {
    for (let depth = 1; depth < path.length; depth += 1) {
      const above = document.getIn(path.slice(0, depth), true);
      if (isCollection(above)) continue;
      // `free` can not be the price of a month.
      const short = textOf(above).replace(/^free$/, '0');
      const first = path.includes('add_ons') ? 'once' : 'monthly';
      const isPrice = path[depth - 1] === 'price' && short !== '';
      document.setIn(path.slice(0, depth), document.createNode(isPrice ? { [first]: short } : {}));
      if (isPrice) document.setIn([...path.slice(0, depth), first], nodeOf(short, false));
    }
    const node = nodeOf(value, LISTS.has(path.at(-1) ?? ''));
    const former = document.getIn(path, true);
    if (isScalar(former)) {
      if (former.comment != null) node.comment = former.comment;
      if (former.anchor !== undefined) node.anchor = former.anchor;
    }
    document.setIn(path, node);
  }
  return document.toString({ lineWidth: 0 });
}

/** A value as it was typed: `12.50` stays so, and what is no YAML is a text. */
function nodeOf(typed: string, isList: boolean) {
  const { contents, errors } = parseDocument(isList ? `[${typed}]` : typed);
  const isFit = errors.length === 0 && (isList ? isSeq(contents) : isScalar(contents));
  return isFit && contents !== null ? contents : new Scalar(typed);
}
