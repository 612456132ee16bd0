import { parseSync } from 'oxc-parser';

const PLACEHOLDER = /%[a-z]|\$\{\}|\$[a-z][\w.]*/;
const WORD = /\p{L}{2}/u;

interface Titles {
  /** Every text of the code. */
  readonly written: ReadonlySet<string>;
  /** What a call is given first, with something after it, as a test is given its title; `${}` stands for what is put in. */
  readonly filled: readonly Filled[];
}

interface Filled {
  readonly pattern: RegExp;
  /** Whether it has no word of its own: it fits nearly any title. */
  readonly isBare: boolean;
}

/**
 * Whether code, of one file or of several together, has exactly this title: it is written there, or what its placeholders may be
 * filled with makes it. Where a title is little but placeholders, what fills them must be written too, as in the rows of a table.
 */
export function hasTitle(code: readonly string[], title: string): boolean {
  const all = code.map(titlesOf);
  const isWritten = (text: string) => all.some(({ written }) => written.has(text));
  const isFilled = ({ pattern, isBare }: Filled): boolean => {
    const [whole, ...put] = pattern.exec(title) ?? [];
    return whole !== undefined && (!isBare || put.every(isWritten));
  };
  return isWritten(title) || all.some(({ filled }) => filled.some(isFilled));
}

const known = new Map<string, Titles>();

function titlesOf(code: string): Titles {
  const titles = known.get(code) ?? read(code);
  known.set(code, titles);
  return titles;
}

function read(code: string): Titles {
  const written = new Set<string>();
  const filled: Filled[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const text = textOf(node);
    if (text !== undefined) written.add(text);
    const [first, second] = argumentsOf(node);
    const pattern = second === undefined ? undefined : patternOf(textOf(first) ?? '');
    if (pattern !== undefined) filled.push(pattern);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync('a.ts', code).program);
  return { written, filled };
}

/** The text that a node is, with `${}` for what is put into it. */
function textOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null || !('type' in node)) return undefined;
  if (node.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !('quasis' in node) || !Array.isArray(node.quasis)) return undefined;
  return node.quasis.map(({ value }: { value: { cooked: string } }) => value.cooked).join('${}');
}

function argumentsOf(node: object): readonly unknown[] {
  return 'arguments' in node && Array.isArray(node.arguments) ? node.arguments : [];
}

function patternOf(text: string): Filled | undefined {
  const parts = text.split(PLACEHOLDER);
  if (parts.length === 1) return undefined;
  const escaped = parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return {
    pattern: new RegExp(`^${escaped.join('(.+)')}$`, 's'),
    isBare: !parts.some((part) => WORD.test(part)),
  };
}
