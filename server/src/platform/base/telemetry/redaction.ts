import { HIDDEN, LONGEST_SHAPE, withoutDeclaredSecrets } from '#platform/kernel';

const DEEPEST = 6;

/** Names under which secrets, tokens and people's texts travel: their values never reach a log. */
const SECRET_NAME =
  /authorization|cookie|token|secret|passw|api[-_]?key|idempotency[-_]?key|credential|signature|owner[-_]?key|private[-_]?key|database[-_]?url|direct[-_]?url|redis[-_]?url|dsn$/i;
const TEXT_NAME =
  /^(prompts?|body|bodies|raw|messages?_text|content|contents|text|input|output|completion|answer|reply|topic|instructions|audience|brand_voice|hook|cta|detail|parameters|values|where|query|email|full_name)$/i;
/** `token_count` and the like are figures, and `key_id` is no key. */
const HARMLESS_NAME = /(_id|_count|_tokens|tokens|_hash|_version|_seconds)$/i;

/** Shapes of secrets that are part of a sentence. */
const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  // JSON web tokens, whole.
  [/\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, HIDDEN],
  // Keys of ours and of vendors: a short prefix and a long random rest.
  [/\b(sk|pk|rk|whsec|plinth|pl[a-z]{0,3}|gh[opsu]|xox[a-z])[-_][\w-]{16,}/gi, HIDDEN],
  // A token of ours without a prefix: 256 random bits.
  [/(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{43}(?![\w-])/g, HIDDEN],
  // A password inside a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s@"']+@/gi, `$1:${HIDDEN}@`],
  [/\b(api[-_]?key|token|password|secret)(["']?\s*[:=]\s*["']?)[^\s"',;&}]{4,}/gi, `$1$2${HIDDEN}`],
];

/** Most texts of a line are ids, and none of the shapes fits one. */
const ID_LENGTH = 36;
const ID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** As much of a text as a log line has of it: the shapes take time by its square, and a text may be anybody's. */
const LONGEST_TEXT = 4_000;

/** Runs of characters that can be a secret in base64, in hex or as a URL has it: 16 bytes are the least that a shape fits. */
const ENCODED = /(?:[\w+/.~-]|%[\da-f]{2}){20,}={0,2}/gi;

/** A sentence without the parts that look like a secret, plain or encoded; a long text is cut. */
export function withoutSecrets(text: string): string {
  if (text.length === ID_LENGTH && ID.test(text)) return text;
  // One that the cut would halve is found whole.
  const known = withoutDeclaredSecrets(text.slice(0, LONGEST_TEXT + LONGEST_SHAPE));
  const short = known.length > LONGEST_TEXT ? `${known.slice(0, LONGEST_TEXT)}…` : known;
  return withoutShapes(short).replace(ENCODED, (run) => (isEncodedSecret(run) ? HIDDEN : run));
}

const withoutShapes = (text: string): string =>
  SECRET_SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text);

function isEncodedSecret(run: string): boolean {
  if (run.length === ID_LENGTH && ID.test(run)) return false;
  return decodings(run).some((text) => withoutShapes(withoutDeclaredSecrets(text)) !== text);
}

/** Texts that a run of characters may stand for. What is no base64 before it moves the place where base64 begins. */
function decodings(run: string): string[] {
  const texts = [0, 1, 2, 3].map((skipped) => Buffer.from(run.slice(skipped), 'base64').toString('latin1'));
  if (/^[\da-f]+$/i.test(run)) texts.push(Buffer.from(run, 'hex').toString('latin1'));
  if (run.includes('%'))
    texts.push(
      run.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
  return texts;
}

/** A copy of a value that is fit for a log: secrets and texts hidden by name, errors in plain form, depth bounded. */
export function fitForLog(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (depth >= DEEPEST) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => fitForLog(item, depth + 1));
  const entries =
    value instanceof Map
      ? [...value.entries()].map(([name, item]) => [String(name), item] as const)
      : Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, isHidden(name, item) ? HIDDEN : fitForLog(item, depth + 1)]),
  );
}

function isHidden(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  return typeof value !== 'number' && isHiddenName(name);
}

const isHiddenName = memoize((name) => {
  if (HARMLESS_NAME.test(name)) return false;
  return SECRET_NAME.test(name) || TEXT_NAME.test(name);
});

/** A sentence of ours, in which data is no part: there are few, and each is written many times. */
export const withoutSecretsInMessage = memoize(withoutSecrets);

const MOST_REMEMBERED = 1_000;
const LONGEST_REMEMBERED = 200;

/** Results for a word that comes again and again. Words may be made up: so many are kept, and no more. */
function memoize<T extends string | boolean>(find: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const found = find(word);
    if (known.size < MOST_REMEMBERED && word.length <= LONGEST_REMEMBERED) known.set(word, found);
    return found;
  };
}

/**
 * An error without what it may quote: parsers and databases repeat the text that they choke on. Errors of our own
 * (with a `status`) are written by us and keep their sentence; of all others what stands in quotes is cut out. The
 * stack is kept without its first line, which repeats the message.
 */
function plainError(error: Error, depth: number): Record<string, unknown> {
  const { code, status, constraint, severity, table, routine } = error as Error & Record<string, unknown>;
  const ours = error.name === 'AppError';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const plain = {
    type: error.name,
    message: withoutSecrets(ours ? error.message : withoutQuotes(error.message)),
    ...pickWords({ code, status, constraint, severity, table, routine }),
    stack: frames.map((line) => line.trim()).join('\n'),
  };
  const cause = error.cause === undefined || depth >= DEEPEST ? {} : { cause: causeOf(error.cause, depth) };
  const errors =
    error instanceof AggregateError ? { errors: error.errors.map((one) => fitForLog(one, depth + 1)) } : {};
  return { ...plain, ...cause, ...errors };
}

function causeOf(cause: unknown, depth: number): unknown {
  // A text as cause may be anybody's.
  return typeof cause === 'string' ? HIDDEN : fitForLog(cause, depth + 1);
}

function pickWords(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isWord(value)));
}

function isWord(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value));
}

function withoutQuotes(message: string): string {
  const line = message.length > 500 ? `${message.slice(0, 500)}…` : message;
  return line.replace(/(["'`“])[\s\S]*?(["'`”]|$)/g, '$1…$2').replace(/\s*\n[\s\S]*$/, '');
}
