import type { Document, ErrorCode, Node, YAMLParseError } from 'yaml';

type Yaml = typeof import('yaml');

interface YamlProblem {
  readonly offset: number;
  readonly says: string;
}

const MARKED =
  'A value that begins with *, & or ! means something else in YAML: put it in quotes, if it is text.';
const OTHER = 'YAML can not read this: put a value with marks of its own in quotes.';
const SAYS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'A tab begins this line: indent by spaces.',
  DUPLICATE_KEY: 'This key is there twice: keep one of them.',
  BAD_INDENT: 'This line begins at another column than those beside it: indent them by the same spaces.',
  BLOCK_AS_IMPLICIT_KEY: 'There is a second colon in this line: put the value in quotes.',
  BLOCK_IN_FLOW: 'A comma is missing between two values in { } or [ ].',
  MULTILINE_IMPLICIT_KEY: 'This line is no key with a value: write a colon and a space behind the key.',
  BAD_SCALAR_START: 'YAML keeps this character for itself: put the value in quotes.',
  BAD_DQ_ESCAPE: 'This backslash means nothing in double quotes: write two of them, or single quotes.',
  MULTIPLE_DOCS: 'This line begins a second document: a plans file is one, without --- or ... inside.',
  NON_STRING_KEY: 'A key is a word, and no list or map.',
  KEY_OVER_1024_CHARS: 'A key has 1,024 characters at most.',
  BAD_DIRECTIVE: 'A line that begins with % is for YAML itself: take it out.',
  ALIAS_PROPS: MARKED,
  BAD_ALIAS: MARKED,
  BAD_COLLECTION_TYPE: MARKED,
  BAD_PROP_ORDER: MARKED,
  MULTIPLE_ANCHORS: MARKED,
  MULTIPLE_TAGS: MARKED,
  TAG_RESOLVE_FAILED: MARKED,
};
/** Mistakes whose codes say less than the parser's words do. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Flow (map|sequence)/, 'A { or [ is not closed before this: write its } or ].'],
  [/^Missing closing/, 'The text that begins here has no quote at its end.'],
  [/^Missing space after :/, 'A space is missing behind the colon.'],
  [/^Missing , /, 'A comma is missing between two values in { } or [ ].'],
  [/^Unexpected ,|empty item/, 'There is a comma too many.'],
  [/directives-end/, 'A line that begins with % is for YAML itself: take it out.'],
];

/** The first mistake of a document that is no YAML, in a sentence: those behind it mostly follow from it. */
export function yamlProblemOf(yaml: Yaml, document: Document.Parsed): YamlProblem | undefined {
  const [error] = document.errors as YAMLParseError[];
  if (error === undefined) return unresolvedAlias(yaml, document);
  const { code, message, pos } = error;
  const says = WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? SAYS[code] ?? OTHER;
  let [offset] = pos;
  // The parser names the end of a text without its quote, which is the end of the file.
  if (message.startsWith('Missing closing'))
    yaml.visit(document, {
      Scalar: (_key, { range }) => void (range?.[1] === pos[0] && ([offset] = range)),
    });
  return { offset, says };
}

function unresolvedAlias(yaml: Yaml, document: Document.Parsed): YamlProblem | undefined {
  let found: YamlProblem | undefined;
  yaml.visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = { offset: (alias as Node).range?.[0] ?? 0, says: MARKED };
      return yaml.visit.BREAK;
    },
  });
  return found;
}
